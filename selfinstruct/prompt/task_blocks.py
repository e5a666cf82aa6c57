"""The first and the last line of each whole task in a reply.

A task begins with an "Instruction" label.  The words may also be a part of a task (one about prompts, for example), so
a label opens a task only where something else shows it: a rule before it, the number that comes next, or an "Output"
label of the same number after it and before the next "Instruction".  In a reply that numbers its tasks, a label without
a number is judged by the numbers around it: between 4 and 5 it is text, between 4 and 6 it is a task, and where they do
not decide, the block is two tasks in one and no part of it can be trusted.

Code fences hide labels, within one task: a fence that is never closed hides nothing of the next, and none hides a label
with the number of its own task.

Rejected: the reference code's way, which looks for the number it expects and loses a task when counting starts over,
and a grammar of the whole reply, which loses all tasks with the first odd line.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from selfinstruct.prompt.label_line import fenced
from selfinstruct.prompt.task_line import Label, Separator, label_of, rule_of, separator_before
from selfinstruct.text.pattern import lazy

NAMED_FENCE = lazy(r"[ \t]*```\w")
"""A fence that names a language opens, and never closes."""


@dataclass(slots=True)
class Block:
    """The lines of a reply that should be one task."""

    number: int | None
    start: int
    """Its first line."""
    first: str
    """The text after the label on the first line."""
    end: int = 0
    """The line after its last."""
    labels: list[Label] = field(default_factory=list)
    """The "Input" and "Output" labels in it."""
    is_doubtful: bool = False
    """Whether it may hold another task."""


@dataclass(slots=True)
class Layout:
    """The tasks of a reply, and the lines around them."""

    lines: list[str]
    lead: int = 0
    """The lines before the first task."""
    blocks: list[Block] = field(default_factory=list)
    is_loose: bool = False
    """Whether the labels of one task have different numbers, as the lines of a list."""
    headings: dict[int, str] = field(default_factory=dict)
    """The headings with words of their own, by the first line of the task after them."""
    last: int | None = None
    """The number of the last task that has one."""

    def open(self, number: int | None, start: int, first: str) -> None:
        """Start another task."""
        self.blocks.append(Block(number, start, first))
        self.last = self.last if number is None else number


def layout(text: str, number: int | None, *, is_cut_off: bool) -> Layout:
    """Return the tasks in a reply; `number` is that of the task which it may continue without a label."""
    lines = text.split("\n")
    labels = [label for at, line in enumerate(lines) if (label := label_of(line, at)) is not None]
    rule = rule_of(lines)
    separators = {
        label.line: separator_before(lines, label.line, rule) for label in labels if label.kind == "Instruction"
    }
    seen = visible(lines, labels, separators, number)
    found = Layout(lines, lead=len(lines))
    groups = parts(seen)
    lead = groups.pop(0)
    if any(label.kind == "Output" for label in lead):
        number = next((label.number for label in lead if label.number is not None), None)
        found.open(number, 0, lines[0])
    for (label, *inside), following in zip(groups, numbers_after(groups), strict=True):
        outputs = [one.number for one in inside if one.kind == "Output"]
        if not found.blocks:
            found.is_loose = bool(outputs) and label.number not in outputs
        if separators[label.line].has_rule or opens(label, outputs, found, following, is_cut_off=is_cut_off):
            found.open(label.number, label.line, label.rest)
    if found.blocks:
        close(found, seen, separators)
    return found


def parts(labels: Sequence[Label]) -> list[list[Label]]:
    """Return the labels in groups that begin with an "Instruction"; the first group holds those before any."""
    found: list[list[Label]] = [[]]
    for label in labels:
        if label.kind == "Instruction":
            found.append([])
        found[-1].append(label)
    return found


def numbers_after(groups: Sequence[Sequence[Label]]) -> list[int | None]:
    """Return for each group the next number with which a later one begins."""
    found: list[int | None] = []
    number: int | None = None
    for label, *_ in reversed(groups):
        found.append(number)
        number = number if label.number is None else label.number
    return found[::-1]


def place_of(labels: Sequence[Label], line: int) -> int:
    """Return the number of labels before a line; the labels are in order."""
    return bisect_left(labels, line, key=lambda label: label.line)


def visible(
    lines: Sequence[str], labels: Sequence[Label], separators: dict[int, Separator], number: int | None
) -> list[Label]:
    """Return the labels that no code fence hides."""
    hidden: set[int] = set()
    numbers = {0: number}
    expected = None if number is None else number + 1
    inside = [fence.is_inside for _, fence in fenced(list(lines))]
    for label in labels:
        if label.kind == "Instruction":
            is_separated = separators[label.line].has_rule and not (inside[label.line] and label.number)
            if is_separated or label.number == expected is not None:
                numbers[label.line] = label.number
            if label.number is not None:
                expected = label.number + 1
    for start, end in pairwise([*numbers, len(lines)]):
        is_around, opened = False, start
        for at, (line, fence) in enumerate(fenced(list(lines[start:end])), start):
            if fence.closes and NAMED_FENCE.match(line):
                hidden -= set(range(opened, at))  # it opens another one: the first was never closed
            if fence.opens:
                opened = at
                is_around = start == 0 and not place_of(labels, at)
            if fence.is_inside and not is_around:
                hidden.add(at)
        within = labels[place_of(labels, start) : place_of(labels, end)]
        hidden -= {start, *(label.line for label in within if label.number == numbers[start] is not None)}
    return [label for label in labels if label.line not in hidden]


def opens(
    label: Label, outputs: Sequence[int | None], found: Layout, following: int | None, *, is_cut_off: bool
) -> bool:
    """Return whether an "Instruction" label opens a task.

    `outputs` are the numbers of the outputs before the next such label, `following` is the next number of one.
    """
    if not found.blocks:
        return True
    block, agrees = found.blocks[-1], label.number in outputs
    if label.number is not None:
        return agrees or not outputs or found.is_loose or label.number - 1 == found.last
    if found.last is None:
        return agrees or (is_cut_off and not outputs)
    if not agrees or block.number in outputs:
        return False
    if following is None or following <= found.last:
        block.is_doubtful = True
        return False
    return following > found.last + 1


def close(found: Layout, labels: Sequence[Label], separators: dict[int, Separator]) -> None:
    """Set the end and the labels of each block."""
    first = separators.get(found.blocks[0].start, Separator(0, False, ""))
    found.lead = first.start
    before = [first, *(separators[block.start] for block in found.blocks[1:])]
    ends = [*(separator.start for separator in before[1:]), len(found.lines)]
    for block, separator, end in zip(found.blocks, before, ends, strict=True):
        if separator.heading:
            found.headings[block.start] = separator.heading
        block.end = max(end, block.start + 1)
        within = labels[place_of(labels, block.start) : place_of(labels, block.end)]
        block.labels = [label for label in within if label.kind != "Instruction"]
