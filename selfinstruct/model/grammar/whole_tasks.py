"""Replies that hold whole tasks, one after the other: instruction, input and output at once, as Alpaca asks for them.

The form is read from the prompt: how many tasks it shows and wants, and whether it ends in an open label.  A spoiled
reply has the faults that were seen in real ones, and in the released data of Alpaca.
"""

import re
from collections.abc import Callable, Sequence
from itertools import count
from random import Random
from typing import NamedTuple

from selfinstruct.model import grammar
from selfinstruct.model.grammar.answers import answered, near_copy
from selfinstruct.request import Request

LABEL = re.compile(r"^(\d+)\. Instruction: *(\S.*)$", re.MULTILINE)
OPEN_LABEL = re.compile(r"(?:^|\n)((\d+)\. Instruction:)\s*$")
ENDS = re.compile(r"\b(?:end with number|numbered (?:from )?\d+ (?:to|through)) (\d+)\b")
IN_ALL = re.compile(r"\b(\d+)(?: \w+){0,3} tasks\b")
IN_LIST = 20
"""How many tasks a list has where the prompt does not say."""
NO_INPUT = ("None", "N/A", "No input required.", "(no input)", "<NoInput>", "")
RULE = "\n###\n"


class Written(NamedTuple):
    """A task as the grammar writes it."""

    instruction: str
    input: str
    output: str


def opened_label(request: Request) -> str:
    """The label with which the prompt ends, if the reply is to go on from it."""
    opened = OPEN_LABEL.search(request.text)
    return opened[1] if opened and not request.chat else ""


def whole_tasks(request: Request, rng: Random, repeats: float, spoiled: bool) -> str:
    """New tasks that go on with the list of the prompt."""
    shown = LABEL.findall(request.text)
    first = max((int(number) for number, _ in shown), default=0) + 1
    said = ENDS.search(LABEL.sub("", request.text)) or IN_ALL.search(request.text)
    last = max(int(said[1]) if said else IN_LIST, first)
    instructions = [text for _, text in shown]
    tasks: list[Written] = []
    for _ in range(first, last + 1):
        is_copy = bool(instructions) and rng.random() < repeats
        text = near_copy(rng.choice(instructions), rng) if is_copy else grammar.instruction(rng)
        tasks.append(Written(text, *answered(text, rng)))
        instructions.append(text)
    spoil = rng.choice(FAULTS) if spoiled else plainly
    return spoil(tasks, first, rng).removeprefix(opened_label(request))


def block(task: Written, number: int | str, no_input: str = "<noinput>") -> str:
    """A task in the form of the prompt."""
    mark = f"{number}. " if number else ""
    given = f"{task.input or no_input}\n" if task.input or no_input else ""
    return f"{mark}Instruction: {task.instruction}\n{mark}Input:\n{given}{mark}Output:\n{task.output}"


def plainly(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """As the prompt asks."""
    return RULE.join(map(block, tasks, count(first)))


def other_words(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """Other words for "no input"."""
    return RULE.join(block(task, number, rng.choice(NO_INPUT)) for number, task in enumerate(tasks, first))


def restarted(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """Numbers that start over."""
    middle = max(len(tasks) // 2, 1)
    numbers = [*range(first, first + middle), *range(1, len(tasks) - middle + 1)]
    return RULE.join(map(block, tasks, numbers))


def unnumbered(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """No numbers but the first, which the prompt may hold."""
    return RULE.join(block(task, "" if place else first) for place, task in enumerate(tasks))


def unruled(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """No rules between the tasks."""
    return "\n\n".join(map(block, tasks, count(first)))


def run_together(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """One task in the output of another: its rule, number and word are missing."""
    blocks = list(map(block, tasks, count(first)))
    place = rng.randrange(len(blocks))
    if place:
        blocks[place - 1 : place + 1] = [f"{blocks[place - 1]}\n{blocks[place].partition(': ')[2]}"]
    return RULE.join(blocks)


def without_output(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """One task whose output is empty."""
    place = rng.randrange(len(tasks))
    return plainly([task._replace(output="") if at == place else task for at, task in enumerate(tasks)], first, rng)


def in_markdown(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """Headings, bold labels and other rules."""
    made = [
        f"### Task {number}\n\n**Instruction:** {task.instruction}\n\n**Input:** {task.input or 'None'}\n\n"
        f"**Output:** {task.output}"
        for number, task in enumerate(tasks, first)
    ]
    return "\n\n---\n\n".join(made)


FAULTS: tuple[Callable[[Sequence[Written], int, Random], str], ...] = (
    other_words,
    restarted,
    unnumbered,
    unruled,
    run_together,
    without_output,
    in_markdown,
)
"""The ways in which a reply is spoiled."""
