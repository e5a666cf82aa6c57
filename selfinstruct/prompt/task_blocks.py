"""The whole tasks in a reply: the lines of each, and the labels (Instruction, Input, Output) in them.

A label counts at the beginning of a line only, with any numbering and markup: `4. Instruction:`, `**Input:**`,
`### Output`, `- 5) Input 5:`.  The number is read and never expected, so that "14. Input:" is not "4. Input:" with a
stray digit before it.  "Instructions:" is not a label: half of all recipes have it.

The words may also be a part of a task (one about prompts, for example), so an "Instruction" opens a task only where
something else shows it: a rule before it, the number that comes next, or an "Output" of the same number before the next
"Instruction".  Code fences hide labels, within one task.  Between tasks there are blank lines, rules (`###`, `---`) and
headings ("Task 5"), in any order.

Rejected: the reference code's way, which looks for the number it expects and loses a task when counting starts over,
and a grammar of the whole reply, which loses all tasks with the first odd line.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, cast

from selfinstruct.prompt.label_line import fenced
from selfinstruct.text.pattern import lazy

Kind = Literal["Instruction", "Input", "Output"]

BOLD = r"(?:\*\*|__)?"
LABEL_LINE = lazy(
    rf"[ \t]{{0,12}}(?:>[ \t]?)?(?:[-•+*][ \t]{{1,4}})?(?P<heading>#{{1,6}}[ \t]{{1,4}})?(?P<bold>{BOLD})"
    rf"(?:(?:Task|Example)[ \t]{{0,4}}#?(?P<labelled>\d{{1,4}}){BOLD}[ \t]?[-–—.:：)]?{BOLD}[ \t]{{0,4}}"
    rf"|[(（]?(?P<digits>\d{{1,4}})[ \t]?[.):：、）．]{BOLD}[ \t]{{0,4}})?(?P<inner>{BOLD})"
    r"(?P<kind>[Ii]nstruction|INSTRUCTION|[Ii]nput|INPUT|[Oo]utput|OUTPUT)"
    rf"(?:[ \t]{{0,4}}#?(?P<after>\d{{1,4}}))?(?P<end>{BOLD}[ \t]{{0,4}}[:：]{BOLD}|{BOLD}(?=[ \t]*$))(?P<rest>.*)"
)
HASHES = lazy(r"[ \t]*#{2,40}[ \t]*$")
"""The rule that the prompt itself puts between tasks; alone on a line it is not a Markdown heading."""
RULE = lazy(r"[ \t]*(?:#{2,40}|-{3,40}|\*{3,40}|={3,40}|[-*][ \t][-*][ \t][-*])[ \t]*$")
"""The rules of models between tasks; a row of underscores is rather a place to write on."""
NUMBER_ALONE = lazy(r"[ \t]*[#*_(]{0,4}[ \t]?\d{1,4}[.):：．]?[*_)]{0,3}[.:：]?[ \t]*$")
HEADING = lazy(
    r"[ \t]{0,12}(?:[-•+][ \t]{1,4})?(?:#{1,6}[ \t]{1,4})?(?:\*\*|__)?(?:Task|TASK|Example|Exercise)[ \t]{0,4}"
    r"(?:#?\d{1,4}[*_]{0,2}[ \t]?(?:$|[-–—.:：)].{0,300})|[:：].{1,2000})$"
)


@dataclass(frozen=True, slots=True)
class Label:
    """A line that opens a field."""

    line: int  # its number in the reply
    kind: Kind
    number: int | None
    rest: str  # the text after the label on its line


@dataclass(slots=True)
class Block:
    """The lines of a reply that should be one task."""

    number: int | None
    start: int  # its first line
    first: str  # the text after the label on the first line
    end: int = 0  # the line after its last
    labels: list[Label] = field(default_factory=list)  # the "Input" and "Output" labels in it
    is_doubtful: bool = False  # whether it may hold another task


def label_of(line: str, number: int) -> Label | None:
    """Return the label that a line begins with, if any."""
    match = LABEL_LINE.match(line)
    if match is None:
        return None
    digits = match["digits"] or match["labelled"] or match["after"]
    is_bold = bool(match["bold"] or match["inner"])
    is_marked = digits is not None or is_bold or match["heading"]
    if not is_marked and (match["end"].strip(" \t*_") == "" or match["kind"].islower()):
        return None
    rest = match["rest"].strip()
    if is_bold and match[0][: match.start("rest")].count("**") % 2 and rest.count("**") % 2:
        rest = rest.removesuffix("**").rstrip()
    return Label(number, cast(Kind, match["kind"].capitalize()), int(digits) if digits else None, rest)


def rule_of(lines: Sequence[str]) -> re.Pattern[str]:
    """Return the pattern of rules in a reply: where the prompt's own is used, the others are text."""
    return HASHES if any(map(HASHES.match, lines)) else RULE


def separator_before(lines: Sequence[str], end: int, rule: re.Pattern[str], start: int = 0) -> tuple[int, bool]:
    """Return the first line of what separates a task from the text before it, and whether there is a rule."""
    has_rule = False
    while end > start:
        line, before = lines[end - 1], lines[end - 2] if end - 2 >= start else ""
        is_heading = (not before.strip() or rule.match(before)) and HEADING.match(line)
        if rule.match(line):
            has_rule = True
        elif line.strip() and not is_heading:
            words = next((lines[at] for at in range(end - 2, start - 1, -1) if lines[at].strip()), "")
            if not NUMBER_ALONE.match(line) or not (rule.match(words) or (not words and not start)):
                break
        end -= 1
    return end, has_rule


def blocks_of(lines: list[str], number: int | None, *, is_cut_off: bool) -> list[Block]:
    """Return the tasks in a reply; `number` is that of the task which it may continue without a label."""
    rule = rule_of(lines)
    labels = [label for at, line in enumerate(lines) if (label := label_of(line, at)) is not None]
    separators = {
        label.line: separator_before(lines, label.line, rule) for label in labels if label.kind == "Instruction"
    }
    labels = visible(lines, labels, separators, number)
    starts = [at for at, label in enumerate(labels) if label.kind == "Instruction"]
    lead = labels[: starts[0] if starts else None]
    found: list[Block] = []
    is_loose = False
    if any(label.kind == "Output" for label in lead):
        found.append(Block(next((label.number for label in lead if label.number is not None), None), 0, lines[0]))
    for start, end in pairwise([*starts, len(labels)]):
        label, outputs = labels[start], [one.number for one in labels[start:end] if one.kind == "Output"]
        if not found:
            is_loose = bool(outputs) and label.number not in outputs  # each line of a task has a number of its own
        if separators[label.line][1] or opens(label, outputs, found, is_cut_off, is_loose):
            found.append(Block(label.number, label.line, label.rest))
    ends = [*(separators[block.start][0] for block in found[1:]), len(lines)]
    for block, end in zip(found, ends, strict=False):
        block.end = max(end, block.start + 1)
        within = labels[place_of(labels, block.start) : place_of(labels, block.end)]
        block.labels = [label for label in within if label.kind != "Instruction"]
    return found


def place_of(labels: Sequence[Label], line: int) -> int:
    """Return the number of labels before a line; the labels are in order."""
    return bisect_left(labels, line, key=lambda label: label.line)


def visible(
    lines: list[str], labels: Sequence[Label], separators: dict[int, tuple[int, bool]], number: int | None
) -> list[Label]:
    """Return the labels that no code fence hides; none hides a label with the number of its own task."""
    numbers = {0: number}
    inside = {at for at, (_, fence) in enumerate(fenced(lines)) if fence.is_inside}
    for label in labels:
        if label.kind == "Instruction":
            is_separated = separators[label.line][1] and not (label.line in inside and label.number)
            if is_separated or (number is not None and label.number == number + 1):
                numbers[label.line] = label.number
            number = label.number or number
    hidden: set[int] = set()
    for start, end in pairwise([*numbers, len(lines)]):
        inside = {at for at, (_, fence) in enumerate(fenced(lines[start:end]), start) if fence.is_inside}
        within = labels[place_of(labels, start) : place_of(labels, end)]
        hidden |= inside - {start, *(label.line for label in within if label.number == numbers[start] is not None)}
    return [label for label in labels if label.line not in hidden]


def opens(
    label: Label, outputs: Sequence[int | None], found: Sequence[Block], is_cut_off: bool, is_loose: bool
) -> bool:
    """Return whether an "Instruction" opens a task; `outputs` are the numbers of the outputs before the next."""
    agrees = label.number in outputs
    last = next((block.number for block in reversed(found) if block.number is not None), None)
    if not found or is_loose:
        return True
    if label.number is not None:
        return agrees or not outputs or label.number - 1 == last
    if last is None:
        return agrees or (is_cut_off and not outputs)
    if agrees and found[-1].number not in outputs:
        found[-1].is_doubtful = True  # of numbered tasks this one has none: it may be text, or another task
    return False
