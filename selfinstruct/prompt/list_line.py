"""One line of a reply that should be a list, and the marker of an item.

A marker is a number ("9.", "9)", "**9.**", "Task 9:", "9.-", "１．", "1、", "①") or a bullet.  "10:30", "3.5 million"
and "1.5x" have no marker: after the number a space, a capital or a letter without case has to follow.
"""

import unicodedata
from dataclasses import dataclass

from selfinstruct.prompt.rule_line import is_rule
from selfinstruct.text.pattern import lazy

NUMBER = lazy(
    r"(?P<indent>[ \t\u3000]{0,80})(?P<markup>(?:#{1,6}[ \t]+|>[ \t]*)?(?:\*\*|__)?)"
    r"(?:(?P<label>(?i:Task|Instruction|Prompt|Question|Tarea|Instrucción|Pregunta"
    r"|任务|任務|指令|タスク|指示|과제|작업|명령|지시)[ \t]*)"
    r"(?P<labelled>\d{1,3})"
    r"(?:(?:\*\*|__)?[ \t]?(?:[.):：．、]|[-–—](?=\s))(?P<closed>\*\*|__)?|(?P<bare>\*\*|__|(?=[ \t]*$)))"
    r"|[(（]?(?P<number>\d{1,3})(?:\*\*|__)?[ \t]?"
    r"(?:[)）．、]|[.](?:[-–](?=\s)|(?=[\s*_\"“'`<(\[]|$|[^\x00-\x7f]|[A-Z]))|[:：](?=\s|$)|：(?!\d))(?P<shut>\*\*|__)?"
    r"|(?P<circled>[①-⑳]))"
    r"(?P<text>.*)"
)
BULLET = lazy(r"(?P<indent>[ \t\u3000]{0,80})(?:[-*+–—‣▪●○◦](?=[ \t])|[•·・](?!\d))[ \t]*(?P<text>.*)")


@dataclass(frozen=True, slots=True)
class Style:
    """The form of the markers of one list."""

    is_numbered: bool
    is_labelled: bool = False
    is_markdown: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and its marker if it has one."""

    source: str
    text: str
    """The text after the marker."""
    style: Style | None = None
    number: int = 0
    indent: int = 0

    @property
    def is_blank(self) -> bool:
        """Whether it separates paragraphs: empty, or a rule."""
        return not self.source.strip() or (self.style is None and is_rule(self.source))


def read_line(source: str) -> Line:
    """Return the line, with its marker if it has one."""
    if match := NUMBER.match(source):
        markup = match["markup"].strip(" \t>#")
        opens_bold = markup and not (match["closed"] or match["shut"] or match["bare"])
        digits = match["labelled"] or match["number"]
        return Line(
            source,
            text=(markup if opens_bold else "") + match["text"].strip(),
            style=Style(
                is_numbered=True, is_labelled=match["label"] is not None, is_markdown=bool(match["markup"].strip())
            ),
            number=int(digits) if digits else int(unicodedata.numeric(match["circled"])),
            indent=width(match["indent"]),
        )
    if (match := BULLET.match(source)) and not is_rule(source):
        return Line(source, match["text"].strip(), Style(is_numbered=False), indent=width(match["indent"]))
    return Line(source, source.strip())


def width(indent: str) -> int:
    """Return the indentation in spaces; a tab counts as four."""
    return len(indent.expandtabs(4))
