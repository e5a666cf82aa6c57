"""The layout of a reply that should be a list: the text before the list, and the lines of each item.

The first marker of the outermost level shows how the markers of this list look.  A number that starts over is a new
list (models do restart, and split a list by headings), or a list inside the item: the latter after a line that ends in
a colon and announces no tasks, and wherever the reply has begun to solve tasks.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from selfinstruct.prompt.label_line import fenced
from selfinstruct.prompt.list_line import Line, Style, read_line
from selfinstruct.prompt.wording import announces_solutions, announces_tasks, is_remark, is_working
from selfinstruct.text.pattern import lazy

BARE_NUMBER = lazy(r"\s*\d{1,3}\s*")
"""A last line of this form is a marker at which the reply was cut off."""
INDENT = 2
"""Spaces by which a marker is further right than the list if it opens a list inside an item."""


@dataclass(slots=True)
class Outline:
    """The lines of a reply, in order."""

    lead: list[Line] = field(default_factory=list)
    """The lines before the first marker."""
    items: list[list[Line]] = field(default_factory=list)
    """The lines of each item, the marked one first."""
    ends: set[int] = field(default_factory=set)
    """The items after which numbering starts over, and the last: the lines at their end need not be theirs."""

    @property
    def numbers(self) -> list[int]:
        """The numbers of the items."""
        return [item[0].number for item in self.items]

    def prepend_lead(self) -> None:
        """Make the lead the first item; bullets after it are its body."""
        first = next(number for number, line in enumerate(self.lead) if not line.is_blank)
        item, self.lead = self.lead[first:], []
        if self.items and not self.items[0][0].number:
            item += [line for lines in self.items for line in lines]
            self.items, self.ends = [], {-1}
        self.items.insert(0, item)
        self.ends = {end + 1 for end in self.ends}


@dataclass(slots=True)
class Numbering:
    """The last numbers of a list, and of a list inside its last item."""

    coming: Counter[int]
    """How often each number is still to come."""
    last: int = 0
    nested: int = 0
    """The last number of the list inside; 0 without one."""

    def opens_item(self, number: int, *, may_restart: bool) -> bool:
        """Return whether this number opens an item of the list itself."""
        self.coming[number] -= 1
        is_next_inside = self.nested and number == self.nested + 1
        if is_next_inside and (number != self.last + 1 or self.coming[number] > 0):
            self.nested = number
            return False
        if number > self.last or may_restart:
            self.last, self.nested = number, 0
            return True
        self.nested = number
        return False


def outline(text: str) -> Outline:
    """Return the layout of a reply."""
    lines = marked(text)
    style, indent = main_style(lines)
    numbers = [line.number for line in lines if is_marker(line, style, indent)]
    numbering = Numbering(Counter(numbers))
    found = Outline()
    previous, solves = "", False
    for line in lines:
        if is_marker(line, style, indent) and opens_item(line, numbering, previous, solves=solves):
            restarts = bool(found.items) and line.number <= found.items[-1][0].number
            if restarts and line.number and line.number == numbering.last:
                found.ends.add(len(found.items) - 1)
            found.items.append([line])
        else:
            (found.items[-1] if found.items else found.lead).append(line)
            solves = solves or is_remark(line.text) or is_working(line.text) or announces_solutions(line.text)
        previous = previous if line.is_blank else line.text
    found.ends.add(len(found.items) - 1)
    return found


def marked(text: str) -> list[Line]:
    """Return the lines with their markers; a code fence inside an item has none."""
    found: list[Line] = []
    any_marker = False
    for source, fence in fenced(text.split("\n")):
        if fence.opens:
            is_code = any_marker
        if fence.closes and any_marker and not is_code:
            source = ""  # it closes a fence around items, and does not belong to the last
        line = Line(source, source.strip()) if fence.is_inside and is_code else read_line(source)
        any_marker = any_marker or line.style is not None
        found.append(line)
    if len(found) > 1 and BARE_NUMBER.fullmatch(found[-1].source):
        found[-1] = read_line(f"{found[-1].source.strip()}.")
    return found


def main_style(lines: Sequence[Line]) -> tuple[Style | None, int]:
    """Return the style of the markers of the outermost list, numbers before bullets, and their indentation."""
    markers = [line for line in lines if line.style]
    indent = min((line.indent for line in markers), default=0)
    outermost = [line.style for line in markers if line.indent < indent + INDENT]
    numbered = [style for style in outermost if style and style.is_numbered]
    return next(iter(numbered or outermost), None), indent


def is_marker(line: Line, style: Style | None, indent: int) -> bool:
    """Return whether a line is marked as the items of the outermost list are."""
    return line.style is not None and line.style == style and line.indent < indent + INDENT


def opens_item(line: Line, numbering: Numbering, previous: str, *, solves: bool) -> bool:
    """Return whether a marked line is an item of the outermost list."""
    if line.style is None or not line.style.is_numbered:
        return True
    announced = announces_tasks(previous) and not announces_solutions(previous)
    may_restart = announced or not (solves or previous.endswith((":", "：")))
    return numbering.opens_item(line.number, may_restart=may_restart)
