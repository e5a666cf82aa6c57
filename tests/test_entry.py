"""The entry, in this process."""

import pytest

from selfinstruct.entry import help_text, refuse_secrets, with_kept_overrides
from selfinstruct.errors import ConfigError
from selfinstruct.folder import keep_config


def test_the_help_lists_every_option():
    text = help_text()

    assert "  model: anthropic, endpoint, gemini, " in text
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


def test_a_folder_remembers_what_was_overridden(tmp_path):
    keep_config(tmp_path, {}, ["model=openai", "+a.b=1", "~filters.x", "random_seed=3"])
    where = f'hydra.run.dir="{tmp_path}"'

    assert with_kept_overrides([where]) == ["model=openai", "+a.b=1", "~filters.x", "random_seed=3", where]
    assert with_kept_overrides([where, "random_seed=4", "a.b=2"]) == [
        *("model=openai", "~filters.x"),
        *(where, "random_seed=4", "a.b=2"),
    ]
    assert with_kept_overrides(["hydra.run.dir=elsewhere"]) == ["hydra.run.dir=elsewhere"]
    assert with_kept_overrides(["random_seed=4"]) == ["random_seed=4"]
