"""Replies that were read wrongly once, with what is right; the file lies beside the checkout."""

import json
from pathlib import Path
from typing import Any

import pytest

from selfinstruct.prompt import Parser
from selfinstruct.prompt.answer import Answer
from selfinstruct.prompt.input_first import InputFirst
from selfinstruct.prompt.label_first import LabelFirst
from selfinstruct.prompt.numbered_list import NumberedList
from selfinstruct.prompt.rewritten_text import RewrittenText
from selfinstruct.prompt.single_instruction import SingleInstruction
from selfinstruct.prompt.yes_no import YesNo
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Task

FILE = Path(__file__).parents[2].parent / "shared" / "cases" / "parsing.jsonl"
CASES = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()] if FILE.exists() else []
PARSERS: dict[str, Parser] = {
    "numbered_list": NumberedList(casing="keep", cut_off="keep_whole"),
    "input_first": InputFirst(),
    "label_first": LabelFirst(),
    "rewritten_text": RewrittenText(),
    "answer": Answer(),
    "single_instruction": SingleInstruction(rules="strict"),
    "yes_no": YesNo(),
}
TASK = Task(id="seed_task_1", origin="human", instruction="Say what kind of thing it is.")

pytestmark = pytest.mark.skipif(not CASES, reason="needs the cases")


def kept(candidate: Candidate, parser: str) -> str | list[str]:
    """What the file lists of a candidate."""
    if candidate.instance is None:
        return candidate.instruction
    return candidate.instance.output if parser == "answer" else [candidate.instance.input, candidate.instance.output]


@pytest.mark.parametrize("case", CASES, ids=[f"{case['parser']}: {case['why']}" for case in CASES])
def test_a_recorded_case_gives_what_is_right(case: dict[str, Any]) -> None:
    completion = Completion(text=case["reply"], finish_reason=case["finish_reason"])
    shown = {"tasks": [TASK] * 8, "task": TASK, "input": "", "chat": case["mode"] == "chat"}

    found = PARSERS[case["parser"]].parse(completion, shown)

    whole = [piece for piece in found if isinstance(piece, Candidate) and not piece.truncated]
    assert [kept(piece, case["parser"]) for piece in whole] == case["keep"]
    assert found
    if "reject" in case:
        rejected = [piece.text for piece in found if isinstance(piece, Rejection)]
        assert len(rejected) == len(case["reject"])
        assert all(text in one for text, one in zip(case["reject"], rejected, strict=True))
