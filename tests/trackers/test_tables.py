from dataclasses import replace

import pytest

from selfinstruct.round import Candidate, Rejection, Round
from selfinstruct.task import Instance, Task
from selfinstruct.trackers.tables import KEPT, MOST_TEXTS, REJECTED, Texts, cut, kept, rejected


def a_round(number=1):
    return Round(
        stage="instructions",
        number=number,
        asked=2,
        failed=0,
        parsed=1,
        kept=0,
        tasks=(),
        rejections=(),
        pool=175,
        prompt_tokens=1000,
        completion_tokens=234,
        cost_usd=None,
        seconds=1.5,
    )


def test_a_kept_task_is_shown_with_its_first_instance():
    task = Task("a", "tasks", "Do.", True, (Instance("x", "y"), Instance("z", "w")))

    assert dict(zip(KEPT, kept(task, a_round(7)), strict=True)) == {
        "id": "a",
        "stage": "instructions",
        "round": 7,
        "instruction": "Do.",
        "is_classification": True,
        "instances": 2,
        "input": "x",
        "output": "y",
    }


def test_a_kept_task_without_instances_has_empty_texts():
    assert kept(Task("a", "tasks", "Do."), a_round())[-4:] == [None, 0, "", ""]


@pytest.mark.parametrize(
    ("rejection", "text"),
    [
        (Rejection("parse", "no number", text="Sure!", request="r/1/1"), "Sure!"),
        (Rejection("parse", "no number", candidate=Candidate("Do."), request="r/1/1"), "Do."),
        (
            Rejection("parse", "no number", candidate=Candidate("Do.", None, (Instance("x", "y"),)), request="r/1/1"),
            "Do.\n\nx\n\ny",
        ),
    ],
)
def test_a_rejection_is_shown_with_all_its_text(rejection, text):
    assert dict(zip(REJECTED, rejected(rejection, a_round(7)), strict=True)) == {
        "request": "r/1/1",
        "stage": "instructions",
        "round": 7,
        "filter": "parse",
        "reason": "no number",
        "text": text,
    }


def test_long_texts_are_cut():
    assert len(cut("x" * 5000)) == 2000
    assert cut("x" * 2000) == "x" * 2000


def test_a_stage_has_so_many_texts_and_no_more():
    texts, many = Texts(), tuple(Task(str(number), "tasks", "Do.") for number in range(MOST_TEXTS))

    texts.add(replace(a_round(), tasks=many[:5]))
    texts.add(replace(a_round(), tasks=many))
    texts.add(replace(a_round(), stage="later", tasks=many[:2]))

    assert len(texts.rows[KEPT]) == MOST_TEXTS + 2
    assert texts.rows[REJECTED] == []
