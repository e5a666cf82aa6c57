from collections import Counter
from itertools import pairwise

import pytest
from rated import answers, pairs, protocol

from selfinstruct.rating.order import is_swapped, order
from selfinstruct.rating.sheet import made

EXAMPLE = {"instruction": "Say hi.", "answers": ["hi"], "expected": {"grade": "A"}, "reason": "It does."}


def sheet_of(together=True, tasks=20, **changes):
    return made(protocol("user_oriented", **changes), answers(tasks), 1, together=together)[0]


def test_a_rater_has_the_same_order_every_time():
    assert order(sheet_of(), "ann") == order(sheet_of(), "ann")


@pytest.mark.parametrize("together", [True, False])
def test_two_raters_have_orders_of_their_own(together):
    sheet = sheet_of(together)

    assert [item.id for item in order(sheet, "ann")] != [item.id for item in order(sheet, "bob")]
    assert {item.id for item in order(sheet, "ann")} == {item.id for item in order(sheet, "bob")}


def test_all_answers_to_a_task_stand_together_where_that_is_wanted():
    tasks = [item.task for item in order(sheet_of(together=True), "ann")]

    assert all(tasks[place] == tasks[place + 1] for place in range(0, len(tasks), 2))


def test_answers_to_a_task_stand_apart_otherwise():
    tasks = [item.task for item in order(sheet_of(together=False), "ann")]

    assert sum(one == other for one, other in pairwise(tasks)) < 5


def test_practice_comes_first():
    sheet = sheet_of(practice=[EXAMPLE, EXAMPLE])

    assert [item.id for item in order(sheet, "ann")][:2] == ["practice-1", "practice-2"]


def test_sides_are_drawn_for_each_item_and_rater():
    sheet = made(protocol("pairwise"), pairs(200), 1, together=True)[0]
    sides = {rater: [is_swapped(sheet, rater, item) for item in sheet.items] for rater in ("ann", "bob")}

    assert sides["ann"] != sides["bob"]
    assert all(70 < Counter(found)[True] < 130 for found in sides.values())


def test_a_single_answer_has_no_sides():
    assert not any(is_swapped(sheet_of(), "ann", item) for item in sheet_of().items)
