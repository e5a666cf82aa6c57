"""The lines of a reply that open a field of a whole task: Instruction, Input and Output, and the lines between tasks.

A label counts at the beginning of a line only, with any numbering and markup: `4. Instruction:`, `**Input:**`,
`### Output`, `- 5) Input 5:`.  The number is read and never expected, so that "14. Input:" is not "4. Input:" with a
stray digit before it.  "Instructions:" is not a label: half of all recipes have it.

Between tasks there are blank lines, rules (`###`, `---`) and headings ("Task 5"), in any order.  The label after them
shows that they separate tasks; elsewhere a rule or a heading belongs to the text around it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

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
    r"(?:#?\d{1,4}[*_]{0,2}[ \t]?(?:$|[-–—.:：)](?P<title>.{0,300}))|[:：](?P<text>.{1,2000}))$"
)


@dataclass(frozen=True, slots=True)
class Label:
    """A line that opens a field."""

    line: int
    """Its number in the reply."""
    kind: Kind
    number: int | None
    rest: str
    """The text after the label on its line."""


class Separator(NamedTuple):
    """The lines between a task and the one before it."""

    start: int
    """Its first line, where the text before the task ends."""
    has_rule: bool
    heading: str
    """A heading with words of its own, if there is one."""


def label_of(line: str, number: int) -> Label | None:
    """Return the label that a line begins with, if any."""
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
    """Return the pattern of rules in a reply: where the prompt's own is used, the others are text."""
    return HASHES if any(map(HASHES.match, lines)) else RULE


def separator_before(lines: Sequence[str], end: int, rule: re.Pattern[str], start: int = 0) -> Separator:
    """Return the separator just before a line, and after another."""
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
    return Separator(end, has_rule, heading)


def last_words(lines: Sequence[str], end: int, start: int = 0) -> str:
    """Return the last line before another that is not blank."""
    return next((lines[at] for at in range(end - 1, start - 1, -1) if lines[at].strip()), "")
