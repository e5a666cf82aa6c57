from selfinstruct.pages.listing import (
    cut,
    fields_of,
    repeats,
    shown_rejections,
    shown_tasks,
    text_of,
    with_judged,
)
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance


def test_a_long_text_is_cut_and_says_by_how_much():
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcdef… (1 more character)"
    assert cut("abcdefgh", 6) == "abcdef… (2 more characters)"


def test_a_task_is_shown_with_its_first_instance_and_no_empty_input(task):
    one = task(instances=(Instance("", "Out."), Instance("In.", "Other.")))

    assert fields_of(one) == [("instruction", one.instruction), ("output", "Out.")]


def test_a_rejected_candidate_is_shown_with_the_instance_that_was_judged():
    candidate = Candidate("Sum.", instances=(Instance("1 2", "3"), Instance("2 2", "5")), position=1)

    assert text_of(Rejection("x", "y", candidate=candidate)) == "Sum.\n\n2 2\n\n5"
    assert text_of(Rejection("parse", "y", text="?!")) == "?!"


def test_a_rejected_verdict_is_shown_with_the_answer_that_was_judged(task):
    answered = task(instances=(Instance("1 2", "3"),))
    verdict = Rejection("quality", "judged '2'", candidate=Candidate(answered.instruction), task=answered.id)

    assert text_of(with_judged(verdict, answered)) == f"{answered.instruction}\n\n1 2\n\n3"
    assert repeats(verdict, answered)
    assert with_judged(verdict, None) == verdict
    assert with_judged(Rejection("parse", "y", text="?!"), answered).candidate is None


def test_of_more_rows_than_there_is_room_for_some_are_drawn_evenly_and_it_is_said(task):
    found = shown_tasks([task(number) for number in range(10)], 5)

    assert [row[0] for row in found["rows"]] == [f"seed_task_{number}" for number in (0, 2, 4, 6, 8)]
    assert found["note"] == "Of 10, these 5, evenly drawn."
    assert found["title"] == "Tasks (10)"


def test_without_room_for_rows_there_are_none(task):
    assert shown_tasks([task()], 0)["rows"] == []
    assert shown_rejections([], 5)["rows"] == []
