"""What a run's W&B history says of its rounds."""

import pytest

from selfinstruct.round import Candidate, Rejection, Round
from selfinstruct.task import Instance, Task
from selfinstruct.trackers.history import History, counts, metrics, nearest


def a_round(number=1, stage="grow", kept=3, rejected=("length",), **changes):
    known = {
        "stage": stage,
        "number": number,
        "asked": 2,
        "failed": 0,
        "parsed": kept,
        "kept": kept,
        "tasks": (),
        "rejections": tuple(Rejection(name, "why") for name in rejected),
        "pool": 10 * number,
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "cost_usd": 0.25,
        "seconds": 1.5,
    }
    return Round(**{**known, **changes})


def rows(*rounds):
    history = History()
    return [history.row(round_) for round_ in rounds]


def test_figures_of_a_round_stand_under_their_stage():
    (row,) = rows(a_round(4, generation=2, figures={"score/all": 0.5}))

    assert row["grow/round"] == 4
    assert (row["grow/kept"], row["grow/kept_share"], row["grow/rejected/length"]) == (3, 0.75, 1)
    assert (row["grow/generation"], row["grow/score/all"], row["grow/seconds"]) == (2, 0.5, 1.5)


def test_totals_are_those_of_all_stages_so_far():
    found = rows(a_round(1), a_round(2), a_round(1, stage="answers", kept=1, pool=20))
    names = ("requests", "kept", "tokens", "cost_usd", "seconds", "pool")

    assert [[row[name] for name in names] for row in found] == [
        [2, 3, 120, 0.25, 1.5, 10],
        [4, 6, 240, 0.5, 3.0, 20],
        [6, 7, 360, 0.75, 4.5, 20],
    ]


def test_what_is_unknown_is_left_out_and_so_is_every_total_after_it():
    found = rows(a_round(1), a_round(2, cost_usd=None, completion_tokens=None), a_round(3))

    assert ["cost_usd" in row for row in found] == [True, False, False]
    assert ["tokens" in row for row in found] == [True, False, False]
    assert ["grow/cost_usd" in row for row in found] == [True, False, True]


def test_a_round_without_candidates_has_no_share():
    assert "grow/kept_share" not in rows(a_round(kept=0, rejected=()))[0]


def test_a_filter_that_rejected_before_has_a_zero_in_its_own_stage():
    found = rows(a_round(1), a_round(2, rejected=("keywords",)), a_round(1, stage="answers", rejected=()))

    assert [row.get("grow/rejected/length") for row in found] == [1, 0, None]
    assert [row.get("grow/rejected/keywords") for row in found] == [None, 1, None]
    assert "answers/rejected/length" not in found[2]


def test_texts_are_not_figures():
    (row,) = rows(a_round(ended="done", source="abc"))

    assert not {key for key in row if key in ("grow/ended", "grow/stage", "grow/source")}
    assert all(isinstance(value, int | float) for value in row.values())


def made(score, number=1, stage="grow"):
    return Task("t", stage, "Do.", round=number, most_similar=(("seed", score),), instances=(Instance("", "x"),))


def test_novelty_counts_kept_and_rejected_instructions_of_the_round_alone():
    near = Rejection("similarity", "near", candidate=Candidate("Do."), nearest=("seed", 0.9))
    round_ = a_round(1, tasks=(made(0.3), made(0.4, stage="earlier")), rejections=(near, Rejection("length", "short")))

    assert nearest(round_) == [0.3, 0.9]
    assert rows(round_)[0]["grow/nearest"] == pytest.approx(0.6)


def test_novelty_is_unknown_where_kept_instructions_were_not_measured():
    near = Rejection("similarity", "near", candidate=Candidate("Do."), nearest=("seed", 0.9))
    unmeasured = Task("t", "grow", "Do.", round=1)

    assert nearest(a_round(1, tasks=(unmeasured,), rejections=(near,))) == []


def test_bins_are_the_same_for_all_scores_and_hold_the_ends():
    found, edges = counts([0.0, 0.05, 0.999, 1.0])

    assert (found[0], found[1], found[-1], sum(found)) == (1, 1, 2, 4)
    assert (len(found), edges[0], edges[-1]) == (20, 0.0, 1.0)


def test_the_keys_of_a_stage_are_drawn_against_its_rounds():
    assert [(one["name"], one.get("step_metric")) for one in metrics("grow")] == [
        ("grow/round", None),
        ("grow/*", "grow/round"),
    ]
