from rated import SYSTEMS, answers, pairs, protocol, rate, source, stored_sheet

from selfinstruct.rating.entries import Entry
from selfinstruct.rating.order import is_swapped
from selfinstruct.rating.sheet import made
from selfinstruct.rating.verdicts import of_system, raters


def test_a_choice_of_a_side_is_a_choice_of_a_system(tmp_path):
    sheet, key = stored_sheet(tmp_path, "pairwise", pairs(20))

    def first_system(item):  # as somebody does who always takes the answer of the first system, wherever it stands
        is_left = (source(key, item)["systems"][0] == SYSTEMS[0]) != is_swapped(sheet, "ann", item)
        return "left" if is_left else "right"

    (ann,) = raters(sheet, key, [rate(tmp_path, sheet, "ann", first_system)])
    assert {said["choice"] for said in ann.said.values()} == {"left"}
    assert {*ann.left.values()} == {True, False}


def test_the_judge_of_a_run_is_one_more_rater():
    judged = [
        Entry(systems=("a",), task=f"t{n}", texts={"instruction": f"Do {n}."}, answers=("x",), judged={"gpt": grade})
        for n, grade in enumerate(["A", "C", None, "?"])
    ]
    sheet, key = made(protocol("user_oriented"), judged, 1, together=True)
    (judge,) = raters(sheet, key, [])

    assert (judge.name, judge.is_judge) == ("judge (gpt)", True)
    assert sorted(said["grade"] for said in judge.said.values()) == ["A", "C"]


def test_an_answer_that_two_systems_share_counts_for_both(tmp_path):
    same = [Entry(systems=(name,), task="t", texts={"instruction": "Do."}, answers=("x",)) for name in SYSTEMS]
    sheet, key = stored_sheet(tmp_path, entries=same)
    (ann,) = raters(sheet, key, [rate(tmp_path, sheet, "ann", lambda item: "A")])

    assert [len(of_system(ann, key, name)) for name in SYSTEMS] == [1, 1]


def test_what_was_skipped_is_a_gap(tmp_path):
    sheet, key = stored_sheet(tmp_path, entries=answers(2))
    (ann,) = raters(sheet, key, [rate(tmp_path, sheet, "ann", lambda item: None)])

    assert ann.said == {}


def test_a_judge_may_answer_every_question_and_leave_some_out():
    said = [{"instruction": "yes", "input": "no", "output": "no"}, {"instruction": "no", "input": "?"}, {"output": "?"}]
    judged = [
        Entry(systems=("a",), task=f"t{n}", texts={"instruction": f"Do {n}."}, answers=("x",), judged={"gpt": verdict})
        for n, verdict in enumerate(said)
    ]
    sheet, key = made(protocol("spot_check"), judged, 1, together=True)
    (judge,) = raters(sheet, key, [])

    assert sorted(judge.said.values(), key=len) == [{"instruction": "no"}, said[0]]
