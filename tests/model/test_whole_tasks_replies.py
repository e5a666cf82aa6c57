"""The offline grammar answers prompts for whole tasks, and our parser reads what it writes."""

from random import Random

import pytest

from selfinstruct.model.grammar.replies import between, reply
from selfinstruct.model.grammar.whole_tasks import (
    FAULTS,
    NO_INPUT,
    Written,
    opened_label,
    other_words,
    run_together,
    whole_tasks,
    without_output,
)
from selfinstruct.prompt.whole_tasks import WholeTasks
from selfinstruct.request import Completion, Decoding, Request
from selfinstruct.round import Candidate

SHOWN = "\n###\n".join(
    f"{n}. Instruction: Name {n} rivers.\n{n}. Input:\n<noinput>\n{n}. Output:\nx" for n in (1, 2, 3)
)
CHAT = f"A list of 20 different tasks.\n\n###\n{SHOWN}\n###\n\nGo on with number 4, and end with number 9."
OPEN = f"A list of 9 different tasks.\n\n###\n{SHOWN}\n###\n4. Instruction:"
TASKS = [Written(f"Name tree {n}.", "" if n % 2 else f"in place {n}", f"Tree {n}") for n in range(6)]


def request(text=CHAT, *, chat=True):
    return Request("tasks/1/1", "tasks", 1, text, None, chat, Decoding(), "whole_tasks")


def read(text, *, chat=True):
    return WholeTasks().parse(Completion(text=text), {"tasks": (), "chat": chat})


def found(text, **how):
    return [piece for piece in read(text, **how) if isinstance(piece, Candidate)]


@pytest.mark.parametrize(("text", "chat"), [(CHAT, True), (OPEN, False)])
def test_the_list_goes_on_to_the_number_that_the_prompt_says(text, chat):
    said = reply(request(text, chat=chat), Random(1), 0.0, False)

    assert said.startswith("4. Instruction: ") is chat
    assert said.count(". Output:") == 6
    assert said.count("\n###\n") == 5
    assert "\n9. Output:\n" in said


def test_without_a_word_on_the_end_there_are_twenty():
    assert reply(request("Tasks, please."), Random(1), 0.0, False).count("Instruction:") == 20


def test_copies_are_nearly_what_stands_before():
    assert "rivers" in reply(request(), Random(3), 1.0, False)


def test_a_preamble_says_the_open_label_again():
    assert "\n\n4. Instruction: x" in between(" x", request(OPEN, chat=False), Random(1))
    assert opened_label(request(OPEN)) == ""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("seed", range(4))
def test_a_spoiled_reply_is_still_read_task_by_task(fault, seed):
    pieces = found(fault(TASKS, 4, Random(seed)))

    wanted = {(task.instruction, task.input, task.output) for task in TASKS}
    lost = wanted - {(piece.instruction, piece.instance.input, piece.instance.output) for piece in pieces}
    assert len(pieces) + len(lost) >= 6
    assert len(lost) <= (2 if fault in (run_together, without_output) else 0)


def test_other_words_for_no_input_and_empty_outputs_occur():
    assert any(f"Input:\n{said}" in other_words(TASKS, 4, Random(seed)) for said in NO_INPUT for seed in range(9))
    assert [piece.instance.output for piece in found(without_output(TASKS, 4, Random(1)))].count("") == 1


def test_every_fault_is_chosen_at_some_time():
    spoiled = {whole_tasks(request(), Random(seed), 0.0, True)[:60] for seed in range(40)}

    assert any("### Task 4" in text for text in spoiled)
