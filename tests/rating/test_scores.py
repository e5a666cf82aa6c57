import pytest
from rated import SYSTEMS, answers, pairs, protocol, rate, source, stored_sheet

from selfinstruct.metrics.intervals import wilson
from selfinstruct.rating import scores
from selfinstruct.rating.entries import CONTROLS, Entry
from selfinstruct.rating.order import is_swapped
from selfinstruct.rating.verdicts import raters

ANSWERS = {"instruction": "yes", "input": "no", "output": "yes"}


def by(key, grades):
    """Say of each answer what a table has for its system."""
    return lambda item: grades[source(key, item)["systems"][0]]


@pytest.fixture
def two(tmp_path):
    """Two raters of 20 answers: ann says A and C, bob B and C."""
    sheet, key = stored_sheet(tmp_path, entries=answers(10))
    people = [
        rate(tmp_path, sheet, "ann", by(key, dict(zip(SYSTEMS, "AC", strict=True)))),
        rate(tmp_path, sheet, "bob", by(key, dict(zip(SYSTEMS, "BC", strict=True)))),
    ]
    return sheet, key, raters(sheet, key, people)


def test_shares_are_those_of_each_rater_and_their_mean(two):
    found = {(row["system"], row["share"], row["rater"]): row for row in scores.shares(*two)}

    assert found["davinci", "A", "ann"]["value"] == 1
    assert found["davinci", "A", "bob"]["value"] == 0
    assert found["davinci", "A", scores.PEOPLE]["value"] == 0.5
    assert found["davinci", "A_or_B", scores.PEOPLE]["value"] == 1
    assert found["ours", "A_or_B", "ann"]["value"] == 0
    assert found["davinci", "A", "ann"]["low"] == pytest.approx(wilson(10, 10)[0], abs=1e-6)


def test_the_mean_of_one_person_is_not_shown_twice(tmp_path):
    sheet, key = stored_sheet(tmp_path)
    ann = raters(sheet, key, [rate(tmp_path, sheet, "ann", lambda item: "A")])

    assert {row["rater"] for row in scores.shares(sheet, key, ann)} == {"ann"}


def test_systems_are_compared_task_by_task(two):
    found = {row["share"]: row for row in scores.differences(*two)}

    assert (found["A"]["value"], found["A_or_B"]["value"]) == (0.5, 1.0)
    assert (found["A"]["low"], found["A"]["high"], found["A"]["n"]) == (0.5, 0.5, 10)  # each task says the same


def test_ranks_share_their_mean_where_grades_are_equal(two):
    found = {(row["system"], row["rater"]): row["value"] for row in scores.ranks(*two)}

    assert found == {("davinci", "ann"): 1, ("ours", "ann"): 2, ("davinci", "bob"): 1, ("ours", "bob"): 2}
    assert scores.places([3, 1, 3, 0]) == [1.5, 3, 1.5, 4]


def test_controls_are_told_apart(tmp_path):
    mixed = [
        Entry(systems=(name,), task=f"{name}{n}", texts={"instruction": f"{name} {n}."}, answers=("x",))
        for name in ("run", CONTROLS)
        for n in range(4)
    ]
    sheet, key = stored_sheet(tmp_path, "spot_check", mixed)
    good = dict.fromkeys(ANSWERS, "yes")
    said = raters(sheet, key, [rate(tmp_path, sheet, "ann", by(key, {"run": ANSWERS, CONTROLS: good}))])
    found = {(row["system"], row["question"]): row["value"] for row in scores.shares(sheet, key, said)}

    assert found["run", "instruction"] == found["run", "output"] == 1
    assert found["run", "input"] == found["run", "all questions"] == 0
    assert found[CONTROLS, "all questions"] == 1


def test_the_papers_interval_is_that_of_the_page():
    low, high = wilson(108, 200)  # 54 % of 200

    assert (round(100 * low), round(100 * high)) == (47, 61)


def test_who_always_takes_the_left_is_found_out(tmp_path):
    sheet, key = stored_sheet(tmp_path, "pairwise", pairs(40))
    said = raters(sheet, key, [rate(tmp_path, sheet, "ann", lambda item: "left")])
    (row,) = scores.preferences(sheet, key, said)

    assert row["left_chosen"]["value"] == 1
    assert row["win"]["value"] + row["loss"]["value"] == 1
    assert 0.2 < row["win_rate"]["value"] < 0.8


def test_who_always_takes_the_longer_is_found_out(tmp_path):
    sheet, key = stored_sheet(tmp_path, "pairwise", pairs(20))

    def longer(item):
        is_left = (len(item.answers[0]) > len(item.answers[1])) != is_swapped(sheet, "ann", item)
        return "left" if is_left else "right"

    said = raters(sheet, key, [rate(tmp_path, sheet, "ann", longer)])
    (row,) = scores.preferences(sheet, key, said)

    assert row["longer_chosen"]["value"] == 1
    assert row["loss"]["value"] == 1  # the second system's answers are longer
    assert 0.1 < row["left_chosen"]["value"] < 0.9


def test_ties_and_bad_pairs_are_half_a_win(tmp_path):
    sheet, key = stored_sheet(tmp_path, "pairwise", pairs(8))
    half = {item.id for item in sheet.items[:4]}
    said = raters(sheet, key, [rate(tmp_path, sheet, "ann", lambda item: "tie" if item.id in half else "both_bad")])
    (row,) = scores.preferences(sheet, key, said)

    assert (row["win_rate"]["value"], row["tie"]["value"], row["both_bad"]["value"]) == (0.5, 0.5, 0.5)
    assert row["left_chosen"]["value"] is row["longer_chosen"]["value"] is None


def test_length_stands_beside_the_shares(two):
    sheet, key, _ = two

    assert scores.words(sheet, key) == [{"system": "davinci", "words": 3.0}, {"system": "ours", "words": 4.0}]


def test_a_question_without_shares_is_counted_by_none():
    assert scores.measures(protocol("pairwise")).keys() == {("choice", "tie"), ("choice", "both_bad")}
