"""The lines of a reply that open a field of a whole task: Instruction, Input and Output, and what stands between tasks.

A label counts at the beginning of a line only, however it is numbered and dressed: `4. Instruction:`, `**Input:**`,
`### Output`, `- 5) Input 5:`.  The number is read and never expected, so that "14. Input:" is no "4. Input:" with a
stray digit before it.  "Instructions:" is no label: half of all recipes have it.

Between tasks stand blank lines, rules (`###`, `---`) and headings ("Task 5"), in any order.  They are known by the
label that follows them; elsewhere a rule or a heading belongs to the text in which it stands.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

Kind = Literal["Instruction", "Input", "Output"]

BOLD = r"(?:\*\*|__)?"
LABEL_LINE = re.compile(
    rf"[ \t]{{0,12}}(?:>[ \t]?)?(?:[-•+*][ \t]{{1,4}})?(?P<heading>#{{1,6}}[ \t]{{1,4}})?(?P<bold>{BOLD})"
    rf"(?:(?:Task|Example)[ \t]{{0,4}}#?(?P<labelled>\d{{1,4}}){BOLD}[ \t]?[-–—.:：)]?{BOLD}[ \t]{{0,4}}"
    rf"|[(（]?(?P<digits>\d{{1,4}})[ \t]?[.):：、）．]{BOLD}[ \t]{{0,4}})?(?P<inner>{BOLD})"
    r"(?P<kind>[Ii]nstruction|INSTRUCTION|[Ii]nput|INPUT|[Oo]utput|OUTPUT)"
    rf"(?:[ \t]{{0,4}}#?(?P<after>\d{{1,4}}))?(?P<end>{BOLD}[ \t]{{0,4}}[:：]{BOLD}|{BOLD}(?=[ \t]*$))(?P<rest>.*)"
)
HASHES = re.compile(r"[ \t]*#{2,40}[ \t]*$")
"""The rule that the prompt itself puts between tasks; alone on a line it is no heading of Markdown."""
RULE = re.compile(r"[ \t]*(?:#{2,40}|-{3,40}|\*{3,40}|={3,40}|[-*][ \t][-*][ \t][-*])[ \t]*$")
"""What models part tasks with; a row of underscores is rather a place to write on."""
NUMBER_ALONE = re.compile(r"[ \t]*[#*_(]{0,4}[ \t]?\d{1,4}[.):：．]?[*_)]{0,3}[.:：]?[ \t]*$")
HEADING = re.compile(
    r"[ \t]{0,12}(?:[-•+][ \t]{1,4})?(?:#{1,6}[ \t]{1,4})?(?:\*\*|__)?(?:Task|TASK|Example|Exercise)[ \t]{0,4}"
    r"(?:#?\d{1,4}[*_]{0,2}[ \t]?(?:$|[-–—.:：)](?P<title>.{0,300}))|[:：](?P<text>.{1,2000}))$"
)


@dataclass(frozen=True, slots=True)
class Label:
    """A line that opens a field."""

    line: int
    """Its place in the reply."""
    kind: Kind
    number: int | None
    rest: str
    """What follows the label on its line."""


class Gap(NamedTuple):
    """What stands between a task and the one before it."""

    start: int
    """The line with which it begins: the text before the task ends there."""
    has_rule: bool
    heading: str
    """A heading that holds words of its own, if there is one."""


def label_of(line: str, number: int) -> Label | None:
    """The field that a line opens, if any."""
    match = LABEL_LINE.match(line)
    if match is None:
        return None
    digits = match["digits"] or match["labelled"] or match["after"]
    is_marked = digits is not None or bool(match["heading"] or match["bold"] or match["inner"])
    has_colon = ":" in match["end"] or "：" in match["end"]
    if not is_marked and (not has_colon or match["kind"].islower()):
        return None
    opens_bold = bool(match["bold"] or match["inner"]) and match[0][: match.start("rest")].count("**") % 2
    rest = match["rest"].strip()
    rest = rest.removesuffix("**").rstrip() if opens_bold and rest.count("**") % 2 else rest
    return Label(number, cast(Kind, match["kind"].capitalize()), int(digits) if digits else None, rest)


def rule_of(lines: Sequence[str]) -> re.Pattern[str]:
    """What rules look like in a reply: where the prompt's own is used, the others are text."""
    return HASHES if any(map(HASHES.match, lines)) else RULE


def gap_before(lines: Sequence[str], end: int, rule: re.Pattern[str], start: int = 0) -> Gap:
    """What stands between tasks just before a line, and after another."""
    has_rule, heading = False, ""
    while end > start:
        line = lines[end - 1]
        before = lines[end - 2] if end - 2 >= start else ""
        if rule.match(line):
            has_rule = True
        elif (not before.strip() or rule.match(before)) and (match := HEADING.match(line)):
            heading = line.strip() if (match["title"] or match["text"] or "").strip("*_ ") else heading
        elif line.strip():
            if not NUMBER_ALONE.match(line):
                break
            words = last_words(lines, end - 1, start)
            if not (rule.match(words) or (not words and not start)):
                break
        end -= 1
    return Gap(end, has_rule, heading)


def last_words(lines: Sequence[str], end: int, start: int = 0) -> str:
    """The last line before another that is not blank."""
    return next((lines[at] for at in range(end - 1, start - 1, -1) if lines[at].strip()), "")
