"""A run that was stopped between two moments of its life and resumed ends with the bytes of one that never was.

Budgets stop it where requests or tokens end, several times in a row; a torn first line of `rounds.jsonl` is what a kill
within the very first commit leaves.
"""

import json
import zlib
from pathlib import Path

import pytest

from selfinstruct.errors import RunFolderError

FILES = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl")
SHARED = ("trackers=[]", "formats=[alpaca]")
SEEDS = Path(__file__).parents[1] / "golden" / "evol_instruct_seeds.jsonl"
ANNOTATING = tuple(f"recipe.{name}.requests_per_round=4" for name in ("classification", "output_first", "input_first"))
GROWING = (
    "recipe.instructions.until=12",
    "recipe.instructions.requests_per_round=2",
    "recipe.instructions.rounds_ahead=2",
)
RECIPES = {
    "self_instruct": (*GROWING, *ANNOTATING),
    "self_instruct that is saturated": (
        *(
            *GROWING,
            *ANNOTATING,
            "recipe.instructions.until=500",
            "recipe.instructions.filters.similarity.threshold=0.25",
        ),
        *("recipe.instructions.saturation.rounds=3", "recipe.instructions.saturation.kept_share=0.3"),
    ),
    "paper": ("experiment=paper", "recipe.instructions.until=8"),
    "alpaca": (
        "recipe=alpaca",
        "recipe.tasks.until=40",
        "recipe.tasks.requests_per_round=1",
        "recipe.tasks.rounds_ahead=2",
    ),
    "evol_instruct": (
        *("recipe=evol_instruct", f"seeds.path={SEEDS}", "recipe/judge@recipe=difficulty"),
        *("recipe.evolution.generations=2", "recipe.evolution.requests_per_round=2"),
        *("recipe.equality.requests_per_round=3", "recipe.answers.requests_per_round=2"),
    ),
    "instruction_induction": (
        *("recipe=instruction_induction", "seeds.only=[antonyms,sum]", "recipe.induction.requests_per_round=2"),
        *("recipe.induction.sampler.prompts=3", "recipe.execution.sampler.inputs=3"),
        "recipe.execution.requests_per_round=4",
    ),
}
"""Recipe to a small run of it."""


def contents(folder):
    return {name: (folder / name).read_bytes() for name in (*FILES, "dataset/alpaca.jsonl")}


@pytest.fixture
def execute(composed, built):
    def execute(folder, *words, actions="actions=[generate]"):
        run = built(composed(*words, *SHARED, actions), folder)
        run.execute()
        return run

    return execute


@pytest.mark.parametrize("recipe", RECIPES)
def test_budgets_stop_a_run_and_leave_its_bytes_as_they_were(recipe, execute, tmp_path):
    words, everything = RECIPES[recipe], "actions=[generate,export]"
    execute(tmp_path / "whole", *words, actions=everything)
    whole = contents(tmp_path / "whole")
    rows = [json.loads(line) for line in whole["rounds.jsonl"].splitlines()]
    requests = sum(row["asked"] for row in rows)
    tokens = sum(row["prompt_tokens"] + row["completion_tokens"] for row in rows)

    for budget in (f"requests={requests // 3}", f"tokens={tokens * 5 // 9}", f"requests={requests * 7 // 8}"):
        run = execute(tmp_path / "stopped", *words, f"budget.{budget}")
        made = {name: (tmp_path / "stopped" / name).read_bytes() for name in FILES}

        assert run.stopped.limit == budget.partition("=")[0]
        assert all(whole[name].startswith(made[name]) for name in FILES)

    run = execute(tmp_path / "stopped", *words, actions=everything)
    assert run.stopped is None
    assert contents(tmp_path / "stopped") == whole


def test_what_is_committed_can_be_exported_after_a_budget_stop(execute, tmp_path):
    words = (*RECIPES["self_instruct"], "recipe.instructions.until=24", "budget.requests=45")
    run = execute(tmp_path, *words, actions="actions=[generate,export]")
    rows = (tmp_path / "dataset" / "alpaca.jsonl").read_text(encoding="utf-8").splitlines()
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))

    assert run.stopped is not None
    assert (summary["completed"], summary["stopped_by"]) == (True, "requests")
    assert len(rows) == summary["tasks"]["with_instances"] > 0


def test_no_stage_runs_on_what_another_has_not_finished(execute, tmp_path):
    """A question of `classification` fits where one of `instructions`, with its longer reply, does not."""
    execute(tmp_path, *RECIPES["self_instruct"], "recipe.instructions.until=100", "budget.tokens=9000")
    stages = {json.loads(line)["stage"] for line in (tmp_path / "rounds.jsonl").read_bytes().splitlines()}

    assert stages == {"instructions"}


@pytest.mark.parametrize("left", [1, 0.5, -1])
def test_a_kill_within_the_first_line_of_the_rounds_is_forgotten(left, execute, tmp_path):
    words, everything = RECIPES["self_instruct"], "actions=[generate,export]"
    execute(tmp_path, *words, actions=everything)
    whole = contents(tmp_path)
    first = whole["rounds.jsonl"].split(b"\n")[0] + b"\n"
    row = json.loads(first)
    for name in FILES[:2]:
        (tmp_path / name).write_bytes(whole[name][: row[f"bytes/{name}"]])
    (tmp_path / "rounds.jsonl").write_bytes(first[: int(left * len(first)) if isinstance(left, float) else left])
    (tmp_path / "dataset" / "alpaca.jsonl").unlink()

    execute(tmp_path, *words, actions=everything)

    assert contents(tmp_path) == whole


def test_a_budget_that_no_first_round_fits_is_named_where_there_is_nothing_to_score(execute, tmp_path):
    words = (*RECIPES["instruction_induction"], "budget.requests=1")

    with pytest.raises(RunFolderError, match=r"holds nothing to score: .* 0 of 1 requests .* budget.requests=2 to"):
        execute(tmp_path, *words, actions="actions=[generate,score]")


def test_a_dataset_that_no_judge_has_read_yet_is_exported_and_this_is_printed(execute, tmp_path):
    words = (*RECIPES["alpaca"], "recipe/judge@recipe=quality", "budget.requests=20")
    run = execute(tmp_path, *words, actions="actions=[generate,score,export]")

    assert (tmp_path / "dataset" / "alpaca.jsonl").read_bytes()
    assert [text.partition(":")[0] for text in run.remarks if "score" in text] == ["Nothing was scored"]


@pytest.mark.parametrize("path", ["endpoint", "litellm"])
@pytest.mark.parametrize("share", [1, 3])
def test_replies_that_are_not_counted_use_as_much_of_a_budget_when_a_run_is_resumed(
    share, path, server, words, key, execute, tmp_path, monkeypatch
):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setattr(
        server, "fault", lambda question: "uncounted" if zlib.crc32(question[0].encode()) % share == 0 else None
    )
    if path == "litellm":
        words = (*words, "model=openai", "model.name=openai/some", f"model.api_base={server.url}")
    prices = ("model.price.prompt=1000", "model.price.completion=1000")
    for name, whole, part in (("tokens", 24_000, 12_000), ("usd", 24, 12)):
        run = execute(tmp_path / name, *words, *prices, f"budget.{name}={whole}")
        expected = {file: (tmp_path / name / file).read_bytes() for file in FILES}
        stopped = execute(tmp_path / f"half {name}", *words, *prices, f"budget.{name}={part}").stopped
        resumed = execute(tmp_path / f"half {name}", *words, *prices, f"budget.{name}={whole}")

        assert stopped.needed is not None
        assert resumed.stopped == run.stopped
        assert {file: (tmp_path / f"half {name}" / file).read_bytes() for file in FILES} == expected


def test_what_was_spent_is_unknown_where_replies_without_counts_are_no_longer_stored(
    server, words, execute, tmp_path, monkeypatch
):
    monkeypatch.setattr(server, "fault", lambda question: "uncounted")
    execute(tmp_path, *words, "budget.tokens=12000")
    (tmp_path / "completions.sqlite").unlink()

    stopped = execute(tmp_path, *words, "budget.tokens=24000").stopped

    assert (stopped.reason, stopped.needed) == ("budget: an unknown part of 24,000 tokens spent", None)
