"""Files of seeds: from their bytes to the objects in them, and everything that is wrong on the way, by file and line.

What a reader makes of an object is its own affair.  Here is what all of them would have to do alike: say where a file
is not UTF-8, pass over a byte order mark, find the line where JSON breaks off, refuse a key that stands twice (one of
its values would be lost) and half a surrogate pair (which no file can keep).  Nothing is raised for it: a mistake
travels with its row, so that one run reports every bad row.

Lines are decoded one by one, since a single byte of another encoding must not hide what is wrong in the others.  A list
is taken item by item for the same reason, and because a mistake in the whole would have no line.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

from selfinstruct.errors import DataError
from selfinstruct.seeds.fields import shown
from selfinstruct.seeds.kinds import kind_of
from selfinstruct.text.encoding import HALF_A_PAIR, MARK, misread

SPACE = re.compile(r"[ \t\n\r]*")
LONGEST_TASK = 1_000_000
"""Characters; more than any model reads at once, so that a longer line is a file of another kind."""
NOT_JSON = "not JSON"


class Found(NamedTuple):
    """An object of a file, and everything that is wrong with it."""

    place: str
    """File and line, and in a list the item, for it may stand on a single line."""
    name: str
    """The same within its file: `line 3`, `item 3`."""
    row: dict[str, Any]
    """Empty where there is no object."""
    mistakes: list[str]


def lines_or_items(path: Path) -> Iterator[Found]:
    """Yield the objects of a JSONL file, or of one JSON list."""
    content = content_of(path, "<file> to a JSON or JSONL file of tasks")
    if kind := kind_of(path, content):
        raise DataError([f"{path}: {kind}"])
    if not content.removeprefix(MARK).lstrip().startswith(b"["):
        yield from lines_of(path, content)
    elif bad := list(misread(content)):
        yield from (Found(f"{path}:{number}", f"line {number}", {}, [mistake]) for number, mistake in bad)
    else:
        yield from items_of(path, content.removeprefix(MARK).decode())


def content_of(path: Path, wanted: str) -> bytes:
    """Return the bytes of a file; raises DataError where it cannot be read."""
    try:
        if path.exists() and not path.is_file():
            raise OSError(0, "it is not a file" if path.is_dir() else "it is not a file that can be read twice")
        return path.read_bytes()
    except (OSError, ValueError) as error:  # a ValueError for a path with NUL
        reason = error.strerror if isinstance(error, OSError) else error
    raise DataError([f"{path}: cannot be read ({reason}). Set seeds.path={wanted}."])


def lines_of(path: Path, content: bytes, longest: int = LONGEST_TASK) -> Iterator[Found]:
    """Yield each line that is not empty: its object, and everything that is wrong with it."""
    bad = dict(misread(content))
    if bad and content.startswith((b"\xff", b"\xfe")):
        yield Found(f"{path}:1", "line 1", {}, [bad[1]])
        return
    texts = content.removeprefix(MARK).split(b"\n")
    for number, line in enumerate(texts, 1):
        if number in bad:
            yield Found(f"{path}:{number}", f"line {number}", {}, [bad[number]])
        elif text := line.decode().strip():
            row, mistakes = parsed(text, longest)
            if number == len(texts) and mistakes and mistakes[0].startswith(NOT_JSON):
                mistakes = [f"{mistakes[0]}; the file ends within this line"]
            yield Found(f"{path}:{number}", f"line {number}", row, mistakes)


def items_of(path: Path, text: str) -> Iterator[Found]:
    """Yield each object of a JSON list, with the line on which it begins; nothing is read past broken JSON."""
    repeated: list[str] = []
    decoder = json.JSONDecoder(object_pairs_hook=lambda pairs: unique(pairs, repeated))
    at, line, counted, number = after_space(text, after_space(text, 0) + 1), 1, 0, 0
    is_open = text[at : at + 1] != "]"
    while is_open:
        line, counted, number = line + text.count("\n", counted, at), at, number + 1
        name = f"item {number}"
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            yield Found(f"{path}:{error.lineno}: {name}", name, {}, [not_json(error)])
            return
        except (ValueError, RecursionError) as error:
            yield Found(f"{path}:{line}: {name}", name, {}, [f"{NOT_JSON} that can be read ({error})"])
            return
        row, mistakes = examined(value, end - at, repeated)
        yield Found(f"{path}:{line}: {name}", name, row, mistakes)
        repeated.clear()
        at = after_space(text, end)
        is_open = text[at : at + 1] == ","
        at = after_space(text, at + 1) if is_open else at
    if text[at:].rstrip() != "]":
        line += text.count("\n", counted, at)
        what = (
            "more follows after the list" if text[at : at + 1] == "]" else "a comma or the end of the list is missing"
        )
        yield Found(f"{path}:{line}", f"item {number}", {}, [f"{NOT_JSON}: {what}"])


def after_space(text: str, at: int) -> int:
    """Return the next place that JSON does not pass over."""
    return cast(re.Match[str], SPACE.match(text, at)).end()


def parsed(text: str, longest: int = LONGEST_TASK) -> tuple[dict[str, Any], list[str]]:
    """Return the object that a text holds, and everything that is wrong with it."""
    if len(text) > longest:
        return {}, [too_long(len(text), longest)]
    repeated: list[str] = []
    try:
        value = json.loads(text, object_pairs_hook=lambda pairs: unique(pairs, repeated))
    except json.JSONDecodeError as error:
        return {}, [not_json(error)]
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or brackets within brackets
        return {}, [f"{NOT_JSON} that can be read ({error})"]
    return examined(value, len(text), repeated, longest)


def parsed_at(text: str, longest: int) -> tuple[dict[str, Any], list[str]]:
    """The object that a whole file holds, and everything that is wrong with it, with its line where it has one."""
    row, mistakes = parsed(text, longest)
    broken = bool(mistakes) and mistakes[0].startswith(f"{NOT_JSON} at")
    return row, [f":{line_of(text)}: {mistakes[0]}"] if broken else [f": {mistake}" for mistake in mistakes]


def line_of(text: str) -> int:
    """Return the line on which JSON breaks off."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno
    return 1


def examined(
    value: Any, length: int, repeated: list[str], longest: int = LONGEST_TASK
) -> tuple[dict[str, Any], list[str]]:
    """Return a value as an object, and everything that is wrong with it whatever its keys mean."""
    if length > longest:
        return {}, [too_long(length, longest)]
    if not isinstance(value, dict):
        return {}, [f"must be an object, not {shown(value)}"]
    if HALF_A_PAIR.search(json.dumps(value, ensure_ascii=False)):
        return {}, ["holds half of a surrogate pair, which no file can keep"]
    return value, [f"{shown(key)} stands twice in one object" for key in dict.fromkeys(repeated)]


def not_json(error: json.JSONDecodeError) -> str:
    """Return where on its line JSON breaks off, and why."""
    return f"{NOT_JSON} at column {error.colno} ({error.msg.removesuffix(' at')})"


def too_long(length: int, longest: int) -> str:
    """Return how long a task is, and how long it may be."""
    return f"has {length:,} characters; a task may have {longest:,}"


def unique(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    """The pairs of an object as a dict; keys that stand in it twice are noted, for one of the values would be lost."""
    made = dict(pairs)
    if len(made) < len(pairs):
        repeated += [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
    return made
