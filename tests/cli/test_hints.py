"""What is shown for errors that Hydra raises."""

import pytest

from selfinstruct.cli.hints import (
    at_once,
    causes,
    chosen,
    in_one_line,
    known_keys,
    meant,
    plain,
)
from selfinstruct.text.command import program


def test_a_key_that_does_not_exist_is_reported_with_the_keys_of_that_name():
    assert meant("recipe.instructions.thresold") == "Did you mean recipe.instructions.filters.similarity.threshold?"
    assert meant("temperature").count(".prompt.decoding.temperature") == 3
    assert meant("zzzzzz") == f"`{program()} --cfg job` shows all keys."


def test_keys_are_looked_for_in_the_options_that_are_chosen():
    words = chosen(["recipe=alpaca,self_instruct", "-m", "recipe.tasks.untl=5", "formats=[chat]", "random_seed=1"])

    assert words == ("recipe=alpaca", "formats=[chat]")
    assert "recipe.tasks.until" in known_keys(words)
    assert "recipe.tasks.until" not in known_keys(("recipe=none",))


@pytest.mark.parametrize(
    ("words", "key", "hint"),
    [
        (["actions=[plan]"], "plan.lke", "Did you mean plan.like?"),
        (["actions=[explain]"], "explain.i", "Did you mean explain.id?"),
        (["actions=[compare]"], "compare.rusn", "Did you mean compare.runs?"),
        (["actions=[plan,export]"], "plan.lik", "Did you mean plan.like?"),
        ([], "compare.runs", "Keys of compare need actions=[compare]. Did you mean compare.runs?"),
        ([], "compare.rusn", "Keys of compare need actions=[compare]. Did you mean compare.runs?"),
    ],
)
def test_a_misspelled_key_of_an_action_gets_a_suggestion(words, key, hint, monkeypatch):
    monkeypatch.setattr("sys.argv", ["run.py", *words])

    assert meant(key) == hint


def test_an_option_of_a_group_without_a_place_is_reported_with_the_way_to_add_one():
    for key in ("metrics", "metrics@recipe"):
        assert meant(key) == "To add an option of a group, say where: +metrics@<key>=<option>."


def test_other_errors_keep_their_words():
    assert plain(ValueError("as it is")) == "as it is"


def test_an_unknown_option_of_a_plural_group_is_reported_with_those_there_are():
    text = plain(ValueError("In 'config': Could not load 'trackers/foo'.\nmore"))

    own = "Options of your own need --config-dir <folder>."
    assert text == f"In 'config': Could not load 'trackers/foo'. There are: console, tensorboard, trackio, wandb. {own}"


@pytest.mark.parametrize("group", ["experiment", "recipe", "prompt", "prompt/self_instruct"])
def test_an_unknown_option_is_reported_with_those_there_are_and_with_the_flag_for_ones_own(
    group, tmp_path, monkeypatch
):
    (tmp_path / group / "deeper").mkdir(parents=True)
    (tmp_path / group / "own.yaml").touch()
    text = f"In 'config': Could not find '{group}/mine'\n\nAvailable options"

    monkeypatch.setattr("sys.argv", ["run.py"])
    without = plain(ValueError(text))
    monkeypatch.setattr("sys.argv", ["run.py", f"--config-dir={tmp_path}"])
    with_folder = plain(ValueError(text))

    assert without.startswith(f"In 'config': Could not find '{group}/mine'. There are: ")
    assert without.endswith(". Options of your own need --config-dir <folder>.")
    assert ", own" in with_folder


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("model.path", "model=predictions and model=scripted have it."),
        ("recipe.tasks.until", "recipe=alpaca has it."),
    ],
)
def test_a_key_of_another_option_is_reported_with_that_option(key, hint):
    assert meant(key) == hint


def test_an_option_that_is_chosen_twice_is_reported_with_the_way_to_choose_another():
    text = "Multiple values for recipe/judge@recipe. To override a value use 'override recipe/judge@recipe: [quality]'"

    assert plain(ValueError(text)) == (
        "recipe/judge@recipe is chosen already. Leave out the +: recipe/judge@recipe=[quality];"
        " in a config file: override recipe/judge@recipe: [quality]."
    )


def test_a_plugin_that_is_not_installed_is_reported_with_the_way_to_install_it():
    text = "In 'hydra/config': Could not find 'hydra/launcher/submitit_slurm'\n\nAvailable options"

    assert plain(ValueError(text)).endswith("not installed: pip install 'selfinstruct[submitit]'")


def test_a_key_that_the_config_would_have_is_reported_with_what_hides_it():
    assert meant("recipe.instructions.until") == (
        "A config file or another option has put something else in the place of recipe.instructions."
    )


def test_one_mistake_stands_alone_and_twenty_are_enough():
    assert at_once(["a"]) == "a"
    assert at_once(["a", "b"]) == "There are 2 mistakes:\n  a\n  b"
    assert at_once(["a"] * 1021).endswith("\n  a\n  and 1,001 more.")


def test_an_error_without_words_is_reported_by_its_cause_or_its_name():
    error = ValueError()
    assert in_one_line(error) == "ValueError"
    error.__cause__ = KeyError("why")
    assert in_one_line(error) == "'why'"


def test_keys_are_looked_for_in_a_config_folder_too(tmp_path, monkeypatch):
    (tmp_path / "filters").mkdir()
    (tmp_path / "filters/mine.yaml").write_text("mine:\n  _target_: x\n  shortest: 1\n")
    monkeypatch.setattr("sys.argv", ["run.py", "+filters@recipe.instructions.filters=mine", f"--config-dir={tmp_path}"])

    assert (
        meant("recipe.instructions.filters.mine.shortst") == "Did you mean recipe.instructions.filters.mine.shortest?"
    )


def test_causes_that_go_in_a_circle_are_reported_once():
    first, second = ValueError("a"), ValueError("b")
    first.__context__, second.__context__ = second, first

    assert list(causes(first)) == [first, second]
