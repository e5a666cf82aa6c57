"""Replies that hold whole tasks, one after the other: instruction, input and output at once, as Alpaca asks for them.

A spoiled reply has the faults that were seen in real ones, and in the released data of Alpaca.
"""

import re
from collections.abc import Callable, Sequence
from itertools import count
from random import Random
from typing import NamedTuple

from selfinstruct.model.grammar.instructions import new_instructions
from selfinstruct.model.grammar.parsed_prompt import ParsedPrompt
from selfinstruct.model.grammar.tasks import answered
from selfinstruct.text.pattern import lazy

LABEL = lazy(r"^(\d+)\. Instruction: *(\S.*)$", re.MULTILINE)
OPEN_LABEL = lazy(r"(?:^|\n)((\d+)\. Instruction:)\s*$")
ENDS = lazy(r"\b(?:end with number|numbered (?:from )?\d+ (?:to|through)) (\d+)\b")
IN_ALL = lazy(r"\b(\d+)(?: \w+){0,3} tasks\b")
IN_LIST = 20  # how many tasks a list has where the prompt does not say
NO_INPUT = ("None", "N/A", "No input required.", "(no input)", "<NoInput>", "")
RULE = "\n###\n"


class Written(NamedTuple):
    """A task as the offline model writes it."""

    instruction: str
    input: str
    output: str


def opened_label(prompt: ParsedPrompt) -> str:
    """Return the label with which the prompt ends, if the reply is to continue from it."""
    opened = OPEN_LABEL.search(prompt.text)
    return opened[1] if opened and not prompt.request.chat else ""


def whole_tasks(prompt: ParsedPrompt) -> str:
    """Return new tasks that continue the list of the prompt, in its form."""
    tasks = continued(prompt)
    write = prompt.rng.choice(FAULTS) if prompt.spoiled else plainly
    return write(tasks, first_number(prompt), prompt.rng).removeprefix(opened_label(prompt))


def continued(prompt: ParsedPrompt) -> list[Written]:
    """Return new tasks, as many as the list of the prompt lacks."""
    said = ENDS.search(LABEL.sub("", prompt.text)) or IN_ALL.search(prompt.text)
    wanted = (int(said[1]) if said else IN_LIST) - first_number(prompt) + 1
    instructions = new_instructions(prompt, [text for _, text in LABEL.findall(prompt.text)], max(wanted, 1))
    return [Written(text, *answered(text, prompt.rng)) for text in instructions]


def first_number(prompt: ParsedPrompt) -> int:
    """Return the number of the first new task."""
    return max((int(number) for number, _ in LABEL.findall(prompt.text)), default=0) + 1


def block(task: Written, number: int | str, no_input: str = "<noinput>") -> str:
    """Return a task in the form of the prompt."""
    mark = f"{number}. " if number else ""
    given = f"{task.input or no_input}\n" if task.input or no_input else ""
    return f"{mark}Instruction: {task.instruction}\n{mark}Input:\n{given}{mark}Output:\n{task.output}"


def plainly(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """Return the tasks as the prompt asks."""
    return RULE.join(map(block, tasks, count(first)))


def other_words(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """Return the tasks with other words for "no input"."""
    return RULE.join(block(task, number, rng.choice(NO_INPUT)) for number, task in enumerate(tasks, first))


def restarted(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """Return the tasks with numbers that start again at 1."""
    middle = max(len(tasks) // 2, 1)
    return RULE.join(map(block, tasks, [*range(first, first + middle), *range(1, len(tasks) - middle + 1)]))


def unnumbered(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """Return the tasks without numbers, except the first one, which the prompt may contain."""
    return RULE.join(block(task, "" if place else first) for place, task in enumerate(tasks))


def without_output(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """Return the tasks, one of them with an empty output."""
    place = rng.randrange(len(tasks))
    return plainly([task._replace(output="") if at == place else task for at, task in enumerate(tasks)], first, rng)


def in_markdown(tasks: Sequence[Written], first: int, rng: Random) -> str:
    """Return the tasks with headings, bold labels and other lines between them."""
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
    without_output,
    in_markdown,
)
"""The ways in which a reply is spoiled."""
