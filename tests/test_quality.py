"""A judge of generated tasks and several answers to each, whole: what it keeps out, and that no stop shows."""

import json
import time

import commands
import pytest
from interrupting import is_stopped_after
from rated import protocol

from selfinstruct.rating.entries import entries
from selfinstruct.rating.result import agreements
from selfinstruct.rating.sheet import made
from selfinstruct.rating.verdicts import Rater, raters

pytestmark = pytest.mark.slow

FILES = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl", "scores.json", "dataset/alpaca.jsonl")
WORDS = (
    *("recipe=alpaca", "recipe/stages@recipe=answers", "recipe/judge@recipe=[choice,quality]", "recipe.tasks.until=16"),
    *("recipe.answers.answers=3", "filters@recipe.quality.filters=[quality,incorrect_output]", "trackers=[]"),
    *(f"recipe.{stage}.requests_per_round=4" for stage in ("answers", "choice", "quality")),
    "formats=[alpaca]",
)


@pytest.fixture(scope="module")
def whole(composed, built, tmp_path_factory):
    """A run that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole")
    built(composed(*WORDS), folder).execute()
    return folder


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def contents(folder):
    return {name: (folder / name).read_bytes() for name in FILES}


def pool_of(folder):
    return {row["id"]: row for row in lines(folder / "pool.jsonl") if row["origin"] != "human"}


def test_each_task_has_its_verdict_and_what_a_filter_rejects_stays_out_of_the_dataset(whole):
    pool = pool_of(whole)
    kept = {name for name, row in pool.items() if "rejected" not in row["attributes"]}
    dropped = [row for row in lines(whole / "rejected.jsonl") if row["filter"] in ("quality", "incorrect_output")]

    assert all(row["attributes"]["quality"] in range(1, 6) for row in pool.values())
    assert {row["id"] for row in lines(whole / "dataset" / "alpaca.jsonl")} == kept
    assert {row["task"] for row in dropped} == pool.keys() - kept
    assert 0 < len(kept) < len(pool) == 16


def test_the_chosen_answer_is_the_output_and_none_has_a_higher_score(whole):
    chosen = 0
    for row in pool_of(whole).values():
        found = row["attributes"]["alternatives"]
        (best,) = (one for one in found if one["chosen"])
        assert best["output"] == row["instances"][0]["output"]
        assert best["score"] == max(one["score"] for one in found)
        chosen += best is not found[0]
    assert chosen


def test_scores_and_card_say_who_judged_and_what_was_found(whole):
    figures = json.loads((whole / "summary.json").read_text())["scores"]["quality"]

    assert 1 <= figures["rating"] <= 5
    assert 0 <= figures["all_three"] <= figures["correct_output"] <= 1
    assert "offline judged 16 tasks: rating " in (whole / "dataset" / "README.md").read_text()


def test_a_run_stopped_after_every_round_ends_with_the_same_bytes(whole, composed, built, tmp_path):
    stops = 0
    while is_stopped_after(built(composed(*WORDS), tmp_path)):
        stops += 1

    assert stops == len(lines(whole / "rounds.jsonl"))
    assert contents(tmp_path) == contents(whole)


def test_a_run_killed_while_it_draws_answers_ends_with_the_same_bytes(whole, tmp_path):
    process = commands.begin(*WORDS, f"hydra.run.dir={tmp_path}")
    rounds = tmp_path / "rounds.jsonl"
    while process.poll() is None and not (rounds.exists() and '"stage": "answers"' in rounds.read_text()):
        time.sleep(0.001)
    process.kill()
    process.communicate()
    done = commands.run(f"hydra.run.dir={tmp_path}")

    assert done.returncode == 0, done.stderr
    assert contents(tmp_path) == contents(whole)


def test_a_stricter_filter_needs_no_new_verdicts(whole, composed, built, tmp_path, capsys):
    strict = (*WORDS, "recipe.quality.filters.quality.values.4=true")
    built(composed(*strict), tmp_path / "paid").execute()
    built(composed(*strict, "actions=[refilter,export]", f"refilter.run={whole}"), tmp_path / "free").execute()

    free, paid = (tmp_path / name / "dataset" / "alpaca.jsonl" for name in ("free", "paid"))
    assert pool_of(tmp_path / "free") == pool_of(tmp_path / "paid") != pool_of(whole)
    now, then = (
        sum("rejected" in row["attributes"] for row in pool_of(one).values()) for one in (tmp_path / "free", whole)
    )
    said = f"The verdicts of judges keep {now} of them out of the dataset; in the run they kept out {then}."
    assert said in capsys.readouterr().out
    assert free.read_bytes() == paid.read_bytes()


def test_the_judge_is_a_rater_of_all_three_questions_of_a_spot_check(whole):
    asked = protocol("spot_check", controls=0)
    sheet, key = made(asked, entries(asked, {"run": whole}, None, 1), 1, together=True)
    (judge,) = raters(sheet, key, [])
    person = Rater(name="ann", said=judge.said)
    found = agreements(sheet, key, [person, judge])["agreement"]

    assert (judge.name, len(judge.said)) == ("judge (offline)", 16)
    assert [row["question"] for row in found] == ["instruction", "input", "output"]
    assert all(row["n"] == 16 and row["percent"]["value"] == 1 for row in found)
    assert {row["kappa"]["value"] for row in found} <= {1.0, None}
