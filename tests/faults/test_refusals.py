"""An account that is empty stops a run, and what is refused for itself is a rejection."""

import json
import re
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from selfinstruct.errors import ModelError
from selfinstruct.model.refusals import PROBE

GOLDEN = Path(__file__).parents[1] / "golden"
PATHS = {
    "endpoint": ("model=endpoint", "model.concurrency=4"),
    "litellm chat": ("model=openai", "model.name=openai/some", "model.concurrency=4"),
    "litellm completion": (
        *("model=openai", "model.name=openai/some", "model.mode=completion"),
        "model.concurrency=4",
    ),
}
RECIPES = {
    "self_instruct": (
        *(
            "recipe.instructions.until=8",
            "recipe.instructions.requests_per_round=2",
            "recipe.instructions.rounds_ahead=1",
        ),
        *("recipe.classification.requests_per_round=4", "recipe.output_first.requests_per_round=3"),
        "recipe.input_first.requests_per_round=3",
    ),
    "alpaca": (
        *("recipe=alpaca", "recipe.tasks.until=60", "recipe.tasks.requests_per_round=1"),
        "recipe.tasks.rounds_ahead=2",
    ),
    "evol_instruct": (
        *("recipe=evol_instruct", f"seeds.path={GOLDEN}/evol_instruct_seeds.jsonl", "recipe.evolution.generations=2"),
        *("recipe.evolution.requests_per_round=2", "recipe.answers.requests_per_round=2"),
    ),
    "instruction_induction": (
        *("recipe=instruction_induction", "seeds.only=[antonyms,sum]", "recipe.induction.sampler.prompts=3"),
        *("recipe.execution.sampler.inputs=3", "recipe.execution.requests_per_round=4"),
    ),
}


@pytest.fixture(autouse=True)
def keyed(monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)


@pytest.fixture
def failing(server):
    """Have the server fail as a function of the question says."""

    def fail(fault):
        server.begin()
        server.fault = fault

    yield fail
    server.__dict__.pop("fault", None)


@pytest.fixture
def well(server):
    """Have the server answer everything."""

    def answer():
        server.__dict__.pop("fault", None)
        server.begin()

    return answer


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def stored(folder):
    with closing(sqlite3.connect(folder / "completions.sqlite")) as connection:
        return set(connection.execute("SELECT prompt, sent FROM completions").fetchall())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_an_account_that_is_empty_stops_the_run_which_resumes_to_the_same_when_it_is_not(
    recipe, path, server, failing, well, composed, built, made, tmp_path
):
    words = (*PATHS[path], *RECIPES[recipe], "formats=[alpaca]", "trackers=[]", f"model.api_base={server.url}")
    config = composed(*words)
    well()
    built(config, tmp_path / "whole").execute()
    whole, count = made(tmp_path / "whole"), len(server.asked)
    assert count > 10

    for paid in (0, count // 2, count - 2) if path == "endpoint" else (count // 2,):
        folder = tmp_path / f"after {paid}"
        failing(lambda question, paid=paid: "400" if len(server.asked) >= paid else None)
        with pytest.raises(ModelError, match=r"HTTP 400, not now \(Every request of \w+ is refused now"):
            built(config, folder).execute()
        assert not [row for row in lines(folder / "rejected.jsonl") if row["filter"] == "model"]
        assert [row["failed"] for row in lines(folder / "rounds.jsonl") if row["failed"]] == []
        kept = stored(folder)
        well()
        built(config, folder).execute()
        assert made(folder) == whole
        assert kept.isdisjoint(asked.question for asked in server.asked)


def is_refused(question):
    return PROBE not in question[0] and zlib.crc32(question[0].encode()) % 4 == 0


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_is_refused_for_itself_is_a_rejection_and_the_same_at_any_concurrency(
    recipe, server, failing, composed, built, made, tmp_path
):
    found = []
    failing(lambda question: "400" if is_refused(question) else None)
    for concurrency in (1, 3, 32):
        words = (*PATHS["endpoint"], *RECIPES[recipe], "formats=[alpaca]", "trackers=[]")
        words += (f"model.api_base={server.url}", f"model.concurrency={concurrency}")
        folder = tmp_path / f"{concurrency}"
        built(composed(*words), folder).execute()
        found.append(made(folder))
        reasons = {row["reason"] for row in lines(folder / "rejected.jsonl") if row["filter"] == "model"}
        assert reasons == {"HTTP 400, not now"}
        assert all(PROBE not in prompt for prompt, _ in stored(folder))

    assert found[0] == found[1] == found[2]


def test_a_run_without_money_says_so_and_does_not_end_as_done(server, words, run, failing, tmp_path):
    failing(lambda question: "400" if len(server.asked) > 20 else None)

    code, output, message = run(*words, "hydra.run.dir=run")

    assert code == 1
    assert re.search(r"HTTP 400, not now \(Every request of \w+ is refused now", message)
    assert "To resume, run: " in message
    assert "Done" not in output + message
    assert "/probe failed (HTTP 400, not now)" in (tmp_path / "run/run.log").read_text(encoding="utf-8")
    summary = json.loads((tmp_path / "run/summary.json").read_text(encoding="utf-8"))
    assert summary["completed"] is False


def test_a_run_whose_server_refuses_everything_asks_a_few_requests_only(server, words, run, failing, tmp_path):
    failing(lambda question: "400")

    code, _, message = run(*words, "hydra.run.dir=run", "model.concurrency=2")

    assert code == 1
    assert len(server.asked) <= 8
    assert (tmp_path / "run/rounds.jsonl").read_text(encoding="utf-8") == ""
    assert "Every request of instructions is refused now" in message


def test_a_stage_whose_prompts_are_all_too_long_stops_though_the_probe_is_answered(
    server, words, run, failing, tmp_path
):
    failing(lambda question: None if question[0] == PROBE else "413")

    code, _, message = run(*words, "hydra.run.dir=run", "recipe.instructions.requests_per_round=5")

    assert code == 1
    assert "HTTP 413, not now" in message
    assert "check the length and the content of recipe.instructions.prompt" in message
    assert (tmp_path / "run/rounds.jsonl").read_text(encoding="utf-8") == ""
