"""A parameter that only a later stage sends, and its model refuses: found before anything is paid, or changed later."""

import json

import pytest

from selfinstruct.errors import ConfigError, ModelError

LATER = ("classification", "output_first", "input_first")
WITHOUT = [f"recipe.{stage}.prompt.decoding.temperature=null" for stage in LATER]
"""What keeps every stage but the first from sending a temperature, also when it asks again."""
PATHS = {
    "endpoint": (),
    "litellm": ("model=openai", "model.timeout_seconds=20", "model.name=openai/default"),
}


def refuses_later_stages(question):
    return "403" if json.loads(question[1]).get("temperature") == 0 else None


@pytest.mark.parametrize("path", PATHS)
def test_what_only_a_later_stage_is_refused_can_be_changed_in_the_same_folder(
    path, server, words, composed, built, made, monkeypatch, tmp_path, key
):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    words = (*words, *PATHS[path], "recipe.instructions.until=12", f"model.api_base={server.url}")
    monkeypatch.setattr(server, "fault", refuses_later_stages)
    with pytest.raises(ModelError, match="HTTP 403, not now"):
        built(composed(*words), tmp_path / "run").execute()
    paid = {asked.question for asked in server.asked if asked.fault is None}
    server.asked.clear()

    built(composed(*words, *WITHOUT), tmp_path / "run").execute()

    assert server.asked
    assert paid.isdisjoint(asked.question for asked in server.asked)
    built(composed(*words, *WITHOUT), tmp_path / "anew").execute()
    assert made(tmp_path / "run") == made(tmp_path / "anew")


def test_the_folder_alone_says_what_was_changed_in_it(server, words, run, monkeypatch, tmp_path):
    monkeypatch.setattr(server, "fault", refuses_later_stages)
    assert run(*words, "recipe.instructions.until=12", "hydra.run.dir=run")[0] == 1
    assert run("hydra.run.dir=run", *WITHOUT, "model.concurrency=2")[::2] == (0, "")
    (tmp_path / "run/dataset/alpaca.jsonl").unlink()

    assert run("hydra.run.dir=run")[::2] == (0, "")

    assert (tmp_path / "run/dataset/alpaca.jsonl").exists()
    kept = json.loads((tmp_path / "run/config.json").read_text())
    assert set(WITHOUT) < set(kept["overrides"])
    assert "model.concurrency=16" in kept["overrides"]  # it shapes no round, and is as it was
    decoding = kept["config"]["recipe"]["input_first"]["prompt"]["decoding"]
    assert decoding["temperature"] is None


def test_what_the_first_stage_was_asked_with_stays(server, words, run, monkeypatch):
    monkeypatch.setattr(server, "fault", refuses_later_stages)
    run(*words, "recipe.instructions.until=12", "hydra.run.dir=run")
    server.asked.clear()

    code, _, message = run("hydra.run.dir=run", "model.unsupported=[temperature]")

    assert code == 1
    assert "recipe.instructions.prompt.decoding.temperature was 0.7 and is null" in message
    assert server.asked == []


def test_a_parameter_of_a_later_stage_that_litellm_knows_of_is_found_before_anything_is_sent(
    server, words, composed, built, tmp_path
):
    model = ("model=anthropic", "model.unsupported=[]", "model.key_required=false", f"model.api_base={server.url}")
    said = "presence_penalty=1.5 (of input_first)"

    with pytest.raises(ConfigError) as message:
        built(composed(*words, *model, "recipe.input_first.prompt.decoding.presence_penalty=1.5"), tmp_path).execute()

    assert message.value.problems == [
        f"anthropic/claude-haiku-4-5 does not take {said}. Set model.unsupported=[presence_penalty]"
    ]
    assert server.asked == []
    assert not list(tmp_path.iterdir())


def test_a_second_attempt_of_a_model_without_a_temperature_has_none(server, words, composed, built, tmp_path):
    words = (*words, "recipe.instructions.until=12", "model.unsupported=[temperature,top_p]")
    server.begin(null=0.3)  # so that many questions are asked again

    built(composed(*words), tmp_path).execute()

    sent = [json.loads(asked.question[1]) for asked in server.asked]
    assert not any({"temperature", "top_p"} & set(parameters) for parameters in sent)


@pytest.mark.parametrize("path", PATHS)
def test_one_key_names_the_token_limit_in_every_stage(path, server, words, composed, built, tmp_path, monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    words = (*words, *PATHS[path], "recipe.instructions.until=12", f"model.api_base={server.url}")

    built(composed(*words, "model.max_tokens_parameter=max_completion_tokens"), tmp_path).execute()

    sent = [json.loads(asked.question[1]) for asked in server.asked]
    assert all("max_completion_tokens" in parameters and "max_tokens" not in parameters for parameters in sent)
    rounds = (tmp_path / "rounds.jsonl").read_text().splitlines()
    assert {json.loads(row)["stage"] for row in rounds} > {"instructions"}
