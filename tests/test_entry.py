"""The entry, in this process: what is told for errors that Hydra raises."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from hydra.types import RunMode

from selfinstruct.entry import go_on, help_text, leaves, meant, plain, refuse_secrets
from selfinstruct.errors import ConfigError


def test_a_key_that_does_not_exist_is_told_with_the_keys_of_that_name():
    assert meant("recipe.instructions.thresold") == "Did you mean recipe.instructions.filters.similarity.threshold?"
    assert meant("temperature").count(".prompt.decoding.temperature") == 3
    assert meant("zzzzzz") == "`python run.py --cfg job` shows all keys."


def test_other_errors_keep_their_words():
    assert plain(ValueError("as it is")) == "as it is"


def test_every_key_of_a_config_is_listed():
    assert list(leaves({"a": {"b": 1}, "c": [1]})) == ["a", "a.b", "c"]


def test_the_help_lists_every_option():
    text = help_text()

    assert "  model: anthropic, gemini, offline" in text
    assert "  prompt/self_instruct: classification, input_first" in text


@pytest.mark.parametrize(
    "word",
    [
        *("+model.api_key=x", "model.extra.apikey=x", "++a.access_token=x", "x.password=y", "+api_key=x"),
        *("seeds.path=sk-1234567890", "+model.extra={api_key: x}", "model.api_base=https://u:p@host/v1"),
    ],
)
def test_a_typed_secret_is_refused(word):
    with pytest.raises(ConfigError, match="looks like a secret"):
        refuse_secrets([word])


def test_a_key_that_only_names_a_secret_passes():
    refuse_secrets(["model.api_base=http://127.0.0.1:8000/v1"])
    refuse_secrets(["model.key_env=OPENAI_API_KEY", "recipe.x.max_tokens=5", "filters.tokenizer=rouge", "-m"])


def run_of(mode, *overrides):
    return SimpleNamespace(mode=mode, overrides=SimpleNamespace(task=list(overrides)))


def test_the_way_to_go_on_is_quoted_for_the_shell_and_for_hydra():
    assert go_on(Path("/runs/a-1"), run_of(RunMode.RUN)).endswith("hydra.run.dir=/runs/a-1")
    assert go_on(Path("/my runs/ä"), run_of(RunMode.RUN)).endswith("""'hydra.run.dir="/my runs/ä"'""")


def test_a_job_of_a_sweep_goes_on_alone():
    told = go_on(Path("/runs/0"), run_of(RunMode.MULTIRUN, "random_seed=1", "a={b: 1}"))

    assert told.endswith("run: python run.py random_seed=1 'a={b: 1}' hydra.run.dir=/runs/0")


def test_an_unknown_option_of_a_plural_group_is_told_with_those_there_are():
    text = plain(ValueError("In 'config': Could not load 'trackers/foo'.\nmore"))

    assert text == "In 'config': Could not load 'trackers/foo'. There are: console, wandb."
