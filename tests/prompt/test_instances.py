from typing import Any

import pytest

from selfinstruct.prompt.instances import candidates, lines_after_task, own_fields, preamble, without_farewell
from selfinstruct.prompt.label_line import Field, Kind
from selfinstruct.prompt.reply import Reply, rejection
from selfinstruct.round import Candidate
from selfinstruct.task import Instance, Task

SHOWN: dict[str, Any] = {"task": Task(id="a", origin="human", instruction="Translate it.")}
KINDS: tuple[Kind, ...] = ("Input", "Output")
FIRST, SECOND = Instance("a", "b"), Instance("c", "d")


def own(text: str, shown: dict[str, Any] = SHOWN) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The fields, and the rejections with what they hold."""
    found, rejections = own_fields(Reply(text, ()), shown, KINDS)
    return [(field.kind, field.text) for field in found], [(piece.reason, piece.text) for piece in rejections]


def test_a_reply_that_says_no_task_is_all_about_the_one_asked_for() -> None:
    assert own("Input: a\nOutput: b") == ([("text", ""), ("Input", "a"), ("Output", "b")], [])


def test_what_a_reply_says_of_further_tasks_is_one_rejection() -> None:
    found, rejections = own("Output: b\n\nTask: Write a poem.\nOutput: c\nTask: Sing.\nOutput: d")

    assert found == [("text", ""), ("Output", "b")]
    assert rejections == [("further task", "Task: Write a poem.\nOutput: c\nTask: Sing.\nOutput: d")]


def test_the_text_before_a_repeated_task_belongs_to_the_task_asked_for() -> None:
    found, rejections = own("Output: x\nTask: Translate it.\nOutput: b")

    assert found == [("text", ""), ("Output", "x")]
    assert rejections == [("further task", "Task: Translate it.\nOutput: b")]


def test_text_without_fields_before_a_repeated_task_is_rejected() -> None:
    found, rejections = own("An example.\nTask: Translate it.\nOutput: b")

    assert found == [("text", ""), ("Output", "b")]
    assert rejections == [("further task", "An example.")]


def test_text_after_a_repeated_task_is_not_lost() -> None:
    found, _ = own("Task: Translate it.\nInto French.\nOutput: b")

    assert found == [("text", "Into French."), ("Output", "b")]


def test_where_its_task_is_said_twice_the_first_counts() -> None:
    found, rejections = own("Task: Translate it.\nOutput: b\nTask: Translate it.\nOutput: c")

    assert found == [("text", ""), ("Output", "b")]
    assert [reason for reason, _ in rejections] == ["further task"]


def test_no_opening_is_about_a_task_that_was_not_shown() -> None:
    opening = Field("Task", [" Translate it."])

    assert lines_after_task(opening, SHOWN) == []
    assert lines_after_task(opening, {}) is None


def test_no_opening_is_about_a_task_without_words() -> None:
    nothing = {"task": Task(id="a", origin="human", instruction=" ")}

    assert lines_after_task(Field("Task", [""]), nothing) is None


@pytest.mark.parametrize("asked", ["Sort these words:", "Sort\nthese words", "Sort these words"])
@pytest.mark.parametrize("said", ["Sort these words", "Sort these words:"])
def test_a_task_is_recognised_as_the_prompt_says_it(asked: str, said: str) -> None:
    shown = {"task": Task(id="a", origin="human", instruction=asked)}

    assert own(f"Task: {said}\nInput: a\nOutput: b", shown) == ([("text", ""), ("Input", "a"), ("Output", "b")], [])


def test_a_longer_task_is_another() -> None:
    assert lines_after_task(Field("Task", [" Translate it. Then sing."]), SHOWN) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I'm sorry, but I can't help with that.", "refusal"),
        ("Sure! Here you go:", "preamble"),
        ("Some thoughts on cats.", "explanation"),
    ],
)
def test_the_text_before_the_first_field_is_named(text: str, reason: str) -> None:
    assert preamble(text) == [rejection(reason, text)]


def test_nothing_before_the_first_field_is_no_rejection() -> None:
    assert preamble(" \n") == []


def test_a_farewell_is_taken_off_the_last_field() -> None:
    found = [Field("Input", [" a"]), Field("Output", [" b", "", "I hope this helps!", ""])]

    assert without_farewell(found) == [rejection("farewell", "I hope this helps!")]
    assert found[-1].text == "b"


@pytest.mark.parametrize("lines", [[" b", "I hope this helps!"], ["I hope this helps!"], [" b", "", "c"], []])
def test_a_last_line_is_a_farewell_only_in_a_paragraph_after_an_answer(lines: list[str]) -> None:
    found = [Field("Output", [*lines])]

    assert without_farewell(found) == []
    assert found[-1].lines == lines


def test_each_instance_is_a_candidate_beside_the_others_in_order() -> None:
    second_output = rejection("second output", "x")

    assert candidates([FIRST, second_output, SECOND], is_cut_off=False) == [
        Candidate(instances=(FIRST, SECOND), position=0),
        second_output,
        Candidate(instances=(FIRST, SECOND), position=1),
    ]


def test_the_instance_that_the_reply_broke_off_in_is_truncated() -> None:
    found = candidates([FIRST, SECOND], is_cut_off=True)

    assert [piece.truncated for piece in found if isinstance(piece, Candidate)] == [False, True]


def test_an_instance_before_the_piece_that_the_reply_broke_off_in_is_whole() -> None:
    found = candidates([FIRST, rejection("second output", "x")], is_cut_off=True)

    assert found[0] == Candidate(instances=(FIRST,))


def test_several_closing_sentences_are_taken_off_with_the_rules_between() -> None:
    found = [Field("Output", [" b", "", "---", "", "I hope this helps!", "", "---", "Let me know.", "---"])]

    assert [piece.text for piece in without_farewell(found)] == ["I hope this helps!", "Let me know."]
    assert found[0].text == "b"
