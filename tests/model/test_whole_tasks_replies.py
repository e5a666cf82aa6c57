"""The offline model answers prompts for whole tasks, and our parser reads what it writes."""

from random import Random

import pytest

from selfinstruct.model.grammar.whole_tasks import FAULTS, Written, whole_tasks, without_output
from selfinstruct.prompt.whole_tasks import WholeTasks
from selfinstruct.request import Completion
from selfinstruct.round import Candidate

SHOWN = "\n###\n".join(
    f"{n}. Instruction: Name {n} rivers.\n{n}. Input:\n<noinput>\n{n}. Output:\nx" for n in (1, 2, 3)
)
CHAT = f"A list of 20 different tasks.\n\n###\n{SHOWN}\n###\n\nGo on with number 4, and end with number 9."
OPEN = f"A list of 9 different tasks.\n\n###\n{SHOWN}\n###\n4. Instruction:"
TASKS = [Written(f"Name tree {n}.", "" if n % 2 else f"in place {n}", f"Tree {n}") for n in range(6)]


@pytest.mark.parametrize(("text", "chat"), [(CHAT, True), (OPEN, False)])
def test_the_list_continues_to_the_number_that_the_prompt_says(asking, text, chat):
    said = whole_tasks(asking(text, chat=chat))

    assert said.startswith("4. Instruction: ") is chat
    assert said.count(". Output:") == 6
    assert said.count("\n###\n") == 5


def test_without_a_word_on_the_end_there_are_twenty(asking):
    assert whole_tasks(asking("Tasks, please.")).count("Instruction:") == 20


def test_copies_are_nearly_the_text_before(asking):
    assert whole_tasks(asking(CHAT, repeats=1.0)).count("rivers") >= 6


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("seed", range(4))
def test_a_spoiled_reply_is_still_read_task_by_task(fault, seed):
    text = fault(TASKS, 4, Random(seed))
    pieces = WholeTasks().parse(Completion(text=text), {"tasks": (), "chat": True})

    read = {(p.instruction, p.instance.input, p.instance.output) for p in pieces if isinstance(p, Candidate)}
    assert len({(task.instruction, task.input, task.output) for task in TASKS} - read) <= (fault is without_output)
