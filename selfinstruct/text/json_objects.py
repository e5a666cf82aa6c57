"""JSON objects as a person wrote them: one is read only if all of it can be kept, and each mistake is reported.

Besides broken JSON, a key that stands twice is a mistake (one of its values would be lost), and so is half a surrogate
pair, which no file can hold.
"""

import json
import re
from collections import Counter
from typing import Any, NamedTuple

from selfinstruct.errors import DataError
from selfinstruct.text.encoding import HALF_A_PAIR, MARK, misread
from selfinstruct.text.files import LARGEST_FILE, Files

ESCAPED_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""Where a surrogate may stand in the text of an object."""


class Parsed(NamedTuple):
    """An object, and everything that is wrong with it."""

    row: dict[str, Any]
    """Empty where there is no object."""
    mistakes: list[str]
    broken: int | None = None
    """The line on which the text is not JSON, or not UTF-8, where there is one."""


class UniqueKeys(json.JSONDecoder):
    """A decoder that notes the keys that stand twice in one object."""

    def __init__(self) -> None:
        self.repeated: list[str] = []
        super().__init__(object_pairs_hook=self._made)

    def _made(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            self.repeated += [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
        return made


def parsed(text: str, longest: int) -> Parsed:
    """Return the object that a text of at most so many characters holds."""
    if len(text) > longest:
        return Parsed({}, [f"has {len(text):,} characters, more than {longest:,}"])
    decoder = UniqueKeys()
    try:
        value = decoder.decode(text)
    except (ValueError, RecursionError) as error:
        return unread(error)
    return examined(value, text, decoder, longest)


def unread(error: Exception) -> Parsed:
    """Return where on its line JSON breaks off, and why."""
    if isinstance(error, json.JSONDecodeError):
        return Parsed({}, [f"not JSON at column {error.colno} ({error.msg.removesuffix(' at')})"], error.lineno)
    return Parsed({}, [f"not JSON that can be read ({error})"])  # a number of thousands of digits, or nested brackets


def examined(value: Any, text: str, decoder: UniqueKeys, longest: int) -> Parsed:
    """Return a value as an object, and what is wrong with it whatever its keys mean; `text` is what was decoded."""
    repeated, decoder.repeated = dict.fromkeys(decoder.repeated), []
    if len(text) > longest:
        return Parsed({}, [f"has {len(text):,} characters, more than {longest:,}"])
    if not isinstance(value, dict):
        return Parsed({}, [f"must be an object, not {shown(value)}"])
    if ESCAPED_HALF.search(text) and HALF_A_PAIR.search(json.dumps(value, ensure_ascii=False)):
        return Parsed({}, ["holds half of a surrogate pair, which no file can keep"])
    return Parsed(value, [f"{shown(key)} stands twice in one object" for key in repeated])


def read_object(files: Files, name: str) -> Parsed:
    """Return the object that a whole file holds; of a file that is not UTF-8 the first wrong byte is reported."""
    try:
        content = files.content(name)
    except DataError as error:
        return Parsed({}, [text.removeprefix(f"{files.place(name)}: ").removesuffix(".") for text in error.problems])
    if bad := list(misread(content)):
        number, mistake = bad[0]
        return Parsed({}, [mistake], number)
    return parsed(content.removeprefix(MARK).decode(), LARGEST_FILE)


def shown(value: Any) -> str:
    """Return a value as JSON, short enough for a message."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
