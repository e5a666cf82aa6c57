"""The fields of one block of a reply: an instruction, an input and an output, in this order.

Where the labels of a block carry its own number, only those count, so that "Input:" in an instruction or "Output:" in
an answer is text; else the first that come in order do.  An "Output" both before and after the "Input" could be read in
two ways, so it is not read at all.  The rule of the prompt (`###` alone on its line) ends an output anywhere; a
Markdown heading does not, for it has words.

A block with the labels of another number after its output has swallowed the next task, whose own "Instruction" is
missing.  It is split at the line that shows the beginning (a rule, "Task: …", the number with a text); without one it
is unknown where the first output ends, and the whole is a rejection.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from selfinstruct.prompt.rule_line import without_rules
from selfinstruct.prompt.task_blocks import Block, place_of
from selfinstruct.prompt.task_line import HASHES, HEADING, RULE, Kind, Label, last_words, separator_before
from selfinstruct.text.pattern import lazy


@dataclass(frozen=True, slots=True)
class Fields:
    """The parts of a block."""

    instruction: str
    input: str
    output: str | None
    """None where the block has no output label."""
    rest: str
    """The text after a rule, or a second label, that ends the output."""
    is_closed: bool
    """Whether there is such a rule or label."""
    has_second: bool
    """Whether it is a second label of the block's own number."""
    is_ambiguous: bool = False
    """Whether an output precedes the input, so that either may be text."""


def split(lines: Sequence[str], block: Block, rule: re.Pattern[str]) -> list[Block]:
    """Return the block, split where it holds further tasks; one that cannot be split is doubtful."""
    outputs = {label.number: label.line for label in block.labels if label.kind == "Output"}
    found: list[Block] = []
    while (swallowed := foreign(block, outputs)) is not None:
        first = next(label for label in block.labels if label.kind == "Output")
        at = next((at for at in range(swallowed.line, first.line, -1) if begins_task(lines, at, swallowed)), None)
        if at is None:
            return [*found, replace(block, is_doubtful=True)]
        separator = separator_before(lines, at, rule, first.line + 1)
        text = NUMBER.sub("", lines[at], count=1) if at < swallowed.line else ""
        middle = place_of(block.labels, at)
        found.append(replace(block, end=separator.start, labels=block.labels[:middle]))
        block = Block(swallowed.number, at, text, block.end, block.labels[middle:])
    return [*found, block]


NUMBER = lazy(r"[ \t]*\d{1,4}[.):][ \t]+")


def foreign(block: Block, outputs: Mapping[int | None, int]) -> Label | None:
    """Return the first label of another task after the output of a numbered block, if there is one.

    `outputs` are the lines of the last output of each number.
    """
    first = pick(block.labels, "Output", block.number)
    if block.number is None or first is None:
        return None
    for label in block.labels[place_of(block.labels, first.line + 1) :]:
        is_other = label.kind == "Input" and label.number not in (None, block.number)
        if is_other and outputs.get(label.number, -1) > label.line:
            return label
    return None


def begins_task(lines: Sequence[str], at: int, label: Label) -> bool:
    """Return whether a task whose next label is this one begins at a line, by its number or the line before it."""
    if not lines[at].strip() or RULE.match(lines[at]) or HEADING.match(lines[at]):
        return False
    number = NUMBER.match(lines[at])
    has_number = at < label.line and number is not None and int(re.sub(r"\D", "", number[0])) == label.number
    before = last_words(lines, at)
    return has_number or HASHES.match(before) is not None or HEADING.match(before) is not None


def pick(labels: Sequence[Label], kind: Kind, number: int | None) -> Label | None:
    """Return the first label of a kind with the block's own number; without one, the first at all."""
    found = (label for label in labels if label.kind == kind)
    first = next(found, None)
    return (
        first
        if first is None or first.number == number
        else next((one for one in found if one.number == number), first)
    )


def fields(lines: Sequence[str], block: Block) -> Fields:
    """Return the parts of a block."""
    own = [label for label in block.labels if label.number == block.number]
    is_own = any(label.kind == "Output" for label in own)
    labels = own if is_own else block.labels
    input_label, output = in_order(labels)
    is_ambiguous = input_label is not None and any(
        one.kind == "Output" and one.line < input_label.line for one in labels
    )
    if input_label is None and output is not None:
        input_label = next((one for one in block.labels if one.kind == "Input" and one.line < output.line), None)
    heads = [label for label in (input_label, output) if label is not None]
    ends = [*(label.line for label in heads), block.end]
    instruction = joined(block.first, lines[block.start + 1 : ends[0]] if ends[0] > block.start else [])
    text = "" if input_label is None else joined(input_label.rest, lines[input_label.line + 1 : ends[1]])
    if output is None:
        return Fields(instruction, text, None, "", False, False)
    body = list(lines[output.line + 1 : block.end])
    second = [label for label in own if label.line > output.line and block.number is not None]
    most = second[0].line - output.line - 1 if second else len(body)
    output_lines = list(takewhile(lambda line: not HASHES.match(line), body[:most]))
    rest = joined("", body[len(output_lines) :])
    return Fields(
        instruction,
        text,
        joined(output.rest, output_lines),
        rest,
        len(output_lines) < len(body),
        bool(second) and len(output_lines) == most,
        is_ambiguous,
    )


def in_order(labels: Sequence[Label]) -> tuple[Label | None, Label | None]:
    """Return the labels of input and output that come in order."""
    input_label = next((label for label in labels if label.kind == "Input"), None)
    after = [
        label for label in labels if label.kind == "Output" and (input_label is None or label.line > input_label.line)
    ]
    if after:
        return input_label, after[0]
    return None, next((label for label in labels if label.kind == "Output"), None)


def joined(first: str, lines: Sequence[str]) -> str:
    """Return a text without the blank lines and rules around it."""
    text = without_rules("\n".join([first, *lines]), is_own_line=False).strip()
    return text.removesuffix("**").rstrip() if text.count("**") % 2 and text.endswith("**") else text
