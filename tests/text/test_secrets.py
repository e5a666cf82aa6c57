import pytest

from selfinstruct.text.secrets import is_typed, variable, within

KEY = "sk-" + "0123456789abcdef"


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
def test_a_typed_secret_is_seen(word):
    assert is_typed(word)


@pytest.mark.parametrize(
    "word",
    [
        *("model.api_base=http://127.0.0.1:8000/v1", "model.key_env=OPENAI_API_KEY", "model.key_required=false", "-m"),
        *("recipe.x.max_tokens=5", "filters.tokenizer=rouge", "budget.tokens=100", "model.name=openai/gpt-5-nano"),
        *("recipe.x.prompt.template='risk-taking in a desk-bound job'", "seeds.path=a/b@c.jsonl", "hydra.run.dir=out"),
    ],
)
def test_what_only_speaks_of_secrets_passes(word):
    assert not is_typed(word)


def test_secrets_are_found_wherever_they_stand_in_a_config():
    config = {
        "model": {"api_key": "abc", "key_env": "OPENAI_API_KEY", "headers": [{"x-api-key": "abc"}, {"a": f"x {KEY}"}]},
        "empty": {"api_key": None, "password": "", "secret": 5},
        "text": "the bearer of the password: nobody",
        KEY: "x",
    }

    assert list(within(config)) == ["model.api_key", "model.headers.0.x-api-key", "model.headers.1.a", "…"]


def test_a_config_may_read_the_environment_but_no_secret(monkeypatch):
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
    with pytest.raises(ValueError, match="no environment variable NOT_THERE"):
        variable("NOT_THERE")
    with pytest.raises(ValueError, match="MY_API_KEY looks like a secret"):
        variable("MY_API_KEY", "else")
