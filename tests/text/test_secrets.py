import logging

import pytest

from selfinstruct.actions.capsule import leaks
from selfinstruct.cli.main import refuse_secrets
from selfinstruct.cli.traces import cleaned
from selfinstruct.errors import ConfigError
from selfinstruct.model.secrets import Secrets
from selfinstruct.text.secrets import SHAPES, is_typed, variable, within

KEY = "sk-" + "0123456789abcdef"
LETTERS = "0123456789abcdefABCDEF"
EXAMPLES = {
    "OpenAI, Anthropic, OpenRouter, DeepSeek, Cerebras": [f"sk-ant-{LETTERS}", f"csk-{LETTERS}"],
    "xAI, Perplexity, NVIDIA": [f"xai-{LETTERS}", f"pplx-{LETTERS}", f"nvapi-{LETTERS}"],
    "Hugging Face, Groq, Together, Replicate": [f"{start}_{LETTERS}" for start in ("hf", "gsk", "tgp", "r8")],
    "Weights & Biases": [f"wandb_v1_{LETTERS}"],
    "GitHub": [f"ghp_{LETTERS}", f"github_pat_{LETTERS}"],
    "GitLab": [f"glpat-{LETTERS}"],
    "Slack": [f"xoxb-{LETTERS}"],
    "Google": [f"AIza{LETTERS}"],
    "AWS": ["AKIA0123456789ABCDEF"],
    "JSON web token": [f"eyJ{LETTERS}.eyJ{LETTERS}.{LETTERS}"],
    "bearer token": [f"Bearer {LETTERS}"],
    "private key": ["-----BEGIN RSA PRIVATE KEY-----"],
    "password in an address": ["postgres://me:secret@host"],
}
"""Keys of every shape."""
KEYS = [key for keys in EXAMPLES.values() for key in keys]


def test_each_shape_has_an_example():
    assert EXAMPLES.keys() == SHAPES.keys()


@pytest.mark.parametrize("key", KEYS)
def test_the_command_line_refuses_keys_of_every_shape(key):
    with pytest.raises(ConfigError, match="looks like a secret") as raised:
        refuse_secrets(["recipe=alpaca", f"+x={key}"])
    assert key not in str(raised.value)


@pytest.mark.parametrize("key", KEYS)
def test_a_config_with_a_key_of_any_shape_is_found(key):
    assert list(within({"seeds": {"text": f"My key is {key}, keep it."}})) == ["seeds.text"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("before", ["", "\\n"])
def test_a_capsule_with_a_key_of_any_shape_is_refused(key, before, tmp_path):
    (tmp_path / "pool.jsonl").write_text(f'{{"output": "It is:{before}{key}"}}\n')

    [found] = leaks(tmp_path, [])

    assert "pool.jsonl:1" in found
    assert key not in found


@pytest.mark.parametrize("key", KEYS)
def test_logs_and_messages_mask_keys_of_every_shape(key):
    clean = Secrets().out_of_message
    record = logging.LogRecord("httpx", logging.INFO, "", 0, "sent %s to the server", (key,), None)

    cleaned(clean, record)

    secret = key.partition("://")[2].partition("@")[0] or key.split()[-1]
    assert secret not in record.getMessage()
    assert secret not in clean(f"The key {key} is wrong.")


@pytest.mark.parametrize(
    "word",
    [
        *(
            "+model.api_key=x",
            "model.extra.apikey=x",
            "++a.access_token=x",
            "x.password=y",
            "+api_key=x",
            "+a.api-key=x",
        ),
        *(f"seeds.path={KEY}", f"seeds.path='{KEY}'", f'seeds.path="{KEY}"', f"random_seed=1,{KEY}", f"+x=[{KEY}]"),
        *("+model.extra={api_key: x}", '+model.extra={"api_key": x}', "+model.extra={a: {auth_token: x}}"),
        *(
            "model.api_base=https://u:p@host/v1",
            "hydra.job.env_set.OPENAI_API_KEY=x",
            "+hydra.job.env_set={OPENAI_API_KEY: x}",
        ),
        *(f"hydra.run.dir=out/{KEY}", f"--config-dir={KEY}", KEY, f"model={KEY}", f"+{KEY}=1", f"~seeds.path={KEY}"),
        *(
            "+x.Authorization=abc",
            "+x=Bearer 0123456789abcdef",
            "+x.AWS_SECRET_ACCESS_KEY=a",
            "+x=AKIAIOSFODNN7EXAMPLE",
        ),
        *("+x=hf_abcdefghijkl", "+x=AIzaabcdefghijkl", "+x=ghp_abcdefghijkl", "+x=eyJhbGciOiJIUzI1.eyJzdWIiOiIx.abc"),
    ],
)
def test_typed_secrets_are_recognized(word):
    assert is_typed(word)


@pytest.mark.parametrize(
    "word",
    [
        *("model.api_base=http://127.0.0.1:8000/v1", "model.key_env=OPENAI_API_KEY", "model.key_required=false", "-m"),
        *("recipe.x.max_tokens=5", "filters.tokenizer=rouge", "budget.tokens=100", "model.name=openai/gpt-5-nano"),
        *("recipe.x.prompt.template='risk-taking in a desk-bound job'", "seeds.path=a/b@c.jsonl", "hydra.run.dir=out"),
    ],
)
def test_words_that_only_mention_secrets_pass(word):
    assert not is_typed(word)


def test_secrets_are_found_anywhere_in_a_config():
    config = {
        "model": {"api_key": "abc", "key_env": "OPENAI_API_KEY", "headers": [{"x-api-key": "abc"}, {"a": f"x {KEY}"}]},
        "empty": {"api_key": None, "password": "", "secret": 5},
        "text": "the bearer of the password: nobody",
        KEY: "x",
    }

    assert list(within(config)) == ["model.api_key", "model.headers.0.x-api-key", "model.headers.1.a", "…"]


def test_a_config_may_read_the_environment_but_not_its_secrets(monkeypatch):
    monkeypatch.setenv("FOLDER_OF_MINE", "here")
    monkeypatch.setenv("SELFINSTRUCT_ALLOW_ENV", "FOLDER_OF_MINE,NOT_THERE,MY_API_KEY")
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("DB_PASS", "abc")
    monkeypatch.setenv("MY_API_KEY", "abc")

    assert variable("FOLDER_OF_MINE") == "here"
    assert variable("SLURM_JOB_ID") == "7"
    with pytest.raises(ValueError, match="may not read the environment variable DB_PASS"):
        variable("DB_PASS", "else")
    assert variable("NOT_THERE", "else") == "else"
    assert variable("NOT_THERE", None) is None
    with pytest.raises(ValueError, match="NOT_THERE is not set"):
        variable("NOT_THERE")
    with pytest.raises(ValueError, match="MY_API_KEY looks like a secret"):
        variable("MY_API_KEY", "else")
