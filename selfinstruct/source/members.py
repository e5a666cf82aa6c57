"""A JSON object from a file, one member at a time, so that a list of millions in it is never in memory as a whole.

Rejected: `ijson`, a dependency for forty lines; `json.load`, which takes ten times the size of the file.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from selfinstruct.text.files import LONGEST_LINE, Line

CHUNK = 1 << 16
"""Characters that are read at once."""
SPACE = " \t\r\n"


class Malformed(ValueError):
    """The file is not a JSON object; the message says where and why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


class Member(NamedTuple):
    """A member of the object; of the list that is taken apart, one item."""

    key: str
    value: Any
    line: int


def members(lines: Iterator[Line], apart: str) -> Iterator[Member]:
    """Yield the members of the object, the list under the key `apart` item by item; raises Malformed."""
    text = Text(lines)
    text.take("{")
    while text.peek() != "}":
        key, line = text.value(), text.line
        text.take(":")
        if key == apart and text.peek() == "[":
            text.take("[")
            while text.peek() != "]":
                line = text.line
                yield Member(key, text.value(), line)
                text.separate("]")
            text.take("]")
        else:
            yield Member(str(key), text.value(), line)
        text.separate("}")
    text.take("}")
    text.end()


class Text:
    """The text of a file, read as far as it is looked at."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._text = ""
        self._place = 0
        self._counted = 0
        """How far the lines of the text are counted: each once, since all of a file may stand on one."""
        self._line = 1

    @property
    def line(self) -> int:
        """Return the line that comes next."""
        self._count()
        return self._line

    def _count(self) -> None:
        self._line += self._text.count("\n", self._counted, self._place)
        self._counted = self._place

    def _more(self, size: int) -> bool:
        """Read on, and forget what was taken; whether there was more."""
        self._count()
        pieces, length = [self._text[self._place :]], 0
        self._place = self._counted = 0
        while length < size and (line := next(self._lines, None)) is not None:
            if line.mistake is not None:
                raise Malformed(line.number, line.mistake)
            pieces.append(line.text)
            length += len(line.text)
        self._text = "".join(pieces)
        return length > 0

    def _next(self) -> str:
        """Return the next character that is not a space; empty where the file ends."""
        while True:
            while self._place < len(self._text):
                if (character := self._text[self._place]) not in SPACE:
                    return character
                self._place += 1
            if not self._more(CHUNK):
                return ""

    def peek(self) -> str:
        """Return the next character that is not a space."""
        if not (character := self._next()):
            raise Malformed(self.line, "the file ends within the object")
        return character

    def end(self) -> None:
        """Nothing may follow the object."""
        if self._next():
            raise Malformed(self.line, "not JSON: more follows after the object")

    def take(self, character: str) -> None:
        """Go past a character that must be there."""
        if (found := self.peek()) != character:
            raise Malformed(self.line, f"not JSON: {character!r} should stand here, not {found!r}")
        self._place += 1

    def separate(self, end: str) -> None:
        """Go past a comma, unless the end comes next."""
        if self.peek() != end:
            self.take(",")
            if self.peek() == end:
                raise Malformed(self.line, "not JSON: a comma stands before the end")

    def value(self) -> Any:
        """Return the next value, whole."""
        self.peek()
        size = CHUNK
        while True:
            try:
                value, end = json.JSONDecoder().raw_decode(self._text, self._place)
                if end < len(self._text):  # a number might go on
                    self._place = end
                    return value
                why, line = "the file ends within the object", self.line
            except json.JSONDecodeError as error:
                why, line = f"not JSON ({error.msg})", self.line + self._text.count("\n", self._place, error.pos)
            except (ValueError, RecursionError) as error:
                raise Malformed(self.line, f"not JSON that can be read ({error})") from None
            if size > LONGEST_LINE or not self._more(size):
                raise Malformed(line, why)
            size *= 2
