"""The entry, in this process: what is told for errors that Hydra raises."""

import pytest

from selfinstruct.entry import help_text, leaves, main, meant, plain


def test_a_key_that_does_not_exist_is_told_with_the_keys_of_that_name():
    assert meant("recipe.instructions.thresold") == "Did you mean recipe.instructions.filters.similarity.threshold?"
    assert meant("temperature").startswith("Did you mean recipe.instructions.prompt.decoding.temperature or ")
    assert meant("zzzzzz") == "`python run.py --cfg job` shows all keys."


def test_other_errors_keep_their_words():
    assert plain(ValueError("as it is")) == "as it is"


def test_every_key_of_a_config_is_listed():
    assert list(leaves({"a": {"b": 1}, "c": [1]})) == ["a", "a.b", "c"]


def test_the_help_lists_every_option():
    text = help_text()

    assert "  model: anthropic, gemini, offline" in text
    assert "  prompt/self_instruct: classification, input_first" in text


@pytest.fixture
def command(monkeypatch, tmp_path):
    def run(*words):
        monkeypatch.setattr("sys.argv", ["run.py", *words, f"hydra.run.dir={tmp_path}/run"])
        monkeypatch.chdir(tmp_path)
        main()

    return run


def test_a_run_in_this_process(command, tmp_path):
    command("recipe.instructions.until=3", "trackers=[console]")

    assert (tmp_path / "run/summary.json").exists()


def test_a_mistake_ends_with_1(command, capsys):
    with pytest.raises(SystemExit, match="1"):
        command("recipe.instructions.until=0")

    assert "recipe.instructions.until must be greater than or equal to 1 (got 0)." in capsys.readouterr().err
