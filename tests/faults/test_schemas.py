"""Servers that hold replies to the schema they are sent, that ignore it, and that refuse it."""

import hashlib
import json
from random import Random

import commands
import pytest
from jsonschema import Draft202012Validator

from selfinstruct.errors import ModelError
from selfinstruct.round import NO_SCHEMA

HELD = ("model=endpoint", "trackers=[]", "formats=[alpaca]", "actions=[generate,export]", "structured=true")
SMALL = (
    *("recipe.instructions.until=12", "recipe.instructions.requests_per_round=2", "recipe.instructions.rounds_ahead=1"),
)
RECIPES = [
    SMALL,
    ("recipe=alpaca", "recipe.tasks.until=12", "recipe.tasks.requests_per_round=2"),
    ("recipe=evol_instruct", "recipe/judge@recipe=difficulty", "recipe.evolution.generations=1"),
    ("recipe=instruction_induction", "seeds.only=[sum]"),
    ("recipe=user_oriented", "recipe/judge@recipe=rating"),
    ("recipe=superni", "seeds.per_task=1"),
    ("experiment=domain", "recipe.instructions.until=12"),
]


def written(schema, rng):
    """A value of a schema, with anything in it that a schema allows."""
    if "enum" in schema:
        return rng.choice(schema["enum"])
    if schema["type"] == "object":
        assert schema["required"] == list(schema["properties"]), "OpenAI asks for all of them"
        assert schema["additionalProperties"] is False, "so it does for no others"
        return {name: written(inner, rng) for name, inner in schema["properties"].items()}
    if schema["type"] == "array":
        return [written(schema["items"], rng) for _ in range(rng.randint(1, 4))]
    if schema["type"] == "boolean":
        return rng.random() < 0.5
    if schema["type"] == "integer":
        return rng.randint(schema["minimum"], schema["maximum"])
    words = " ".join(f"{rng.getrandbits(32):x}" for _ in range(8))
    return f'Describe "the {words}"\n1. Output: {{\\'


def honoring(asked, prompt):
    """The reply of a server that validates the schema it is sent, and holds the model to it."""
    assert asked["strict"]
    Draft202012Validator.check_schema(asked["schema"])
    value = written(asked["schema"], Random(hashlib.sha256(prompt.encode()).digest()))
    Draft202012Validator(asked["schema"]).validate(value)
    return json.dumps(value, indent=1)


@pytest.fixture
def execute(another, composed, built, tmp_path):
    """Run against a server that answers schemas in this way; its folder."""

    def run(held, *more):
        with another() as server:
            server.held = held
            built(composed(*HELD, *more, f"model.api_base={server.url}"), tmp_path / "run").execute()
        return tmp_path / "run"

    return run


def summary(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("words", RECIPES, ids=lambda words: words[0])
def test_no_reply_of_a_server_that_honors_schemas_is_unreadable(words, execute, caplog):
    folder = execute(honoring, *words)

    found = summary(folder)
    assert found["kept"] > 10
    assert found["rejected"].get("parse", 0) == 0
    assert "schema_ignored" not in found
    assert NO_SCHEMA not in caplog.messages


def test_replies_of_a_server_that_ignores_schemas_are_read_as_text_and_this_is_reported_once(
    execute, plausible, caplog
):
    folder = execute(lambda asked, prompt: plausible(prompt, 0.0), *SMALL)

    found = summary(folder)
    assert found["stages"]["instructions"]["kept"] == 12
    assert found["schema_ignored"] == found["asked"]
    assert found["stages"]["classification"]["schema_ignored"] == found["stages"]["classification"]["asked"]
    assert caplog.messages.count(NO_SCHEMA) == 1


def test_a_server_that_refuses_schemas_ends_the_run_with_the_key_to_set(execute):
    with pytest.raises(ModelError, match=r"response_format is not supported.*set structured=false") as error:
        execute(lambda asked, prompt: None, *SMALL)

    assert str(error.value).count("structured=false") == 1


def test_a_run_that_is_killed_resumes_to_the_same_bytes(another, composed, built, made, tmp_path):
    with another() as server:
        server.held = honoring
        words = (*HELD, *SMALL, f"model.api_base={server.url}")
        built(composed(*words), tmp_path / "whole").execute()
        needed, place = len(server.asked), f"hydra.run.dir={tmp_path / 'parts'}"
        process = commands.begin(*words, place, folder=tmp_path)

        def killing(asked, prompt):
            if len(server.asked) >= needed + 9 and process.returncode is None:
                process.kill()
            return honoring(asked, prompt)

        server.held = killing
        process.communicate(timeout=120)
        server.held = honoring
        ended = commands.run(*words, place, folder=tmp_path)

    assert process.returncode == -9
    assert ended.returncode == 0, ended.stderr
    assert made(tmp_path / "parts") == made(tmp_path / "whole")
