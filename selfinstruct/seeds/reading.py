"""Files of seeds: from their bytes to the objects in them, and everything that is wrong on the way, by file and line.

Nothing is raised for a bad row: a mistake travels with its row, so that one run reports every bad row.  A list is taken
item by item for the same reason, and because a mistake in the whole would have no line.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, cast

from selfinstruct.errors import DataError
from selfinstruct.seeds.kinds import kind_of
from selfinstruct.text.encoding import MARK, misread
from selfinstruct.text.files import Files, lines_in
from selfinstruct.text.json_objects import UniqueKeys, examined, parsed, read_object, unread

SPACE = re.compile(r"[ \t\n\r]*")
LONGEST_TASK = 1_000_000
"""Characters; more than any model reads at once, so that a longer line is a file of another kind."""
REMEDY = "Set seeds.path=<file> to a JSON or JSONL file of tasks."


class Found(NamedTuple):
    """An object of a file, and everything that is wrong with it."""

    place: str
    """File and line, and in a list the item, for it may stand on a single line."""
    row: dict[str, Any]
    """Empty where there is no object."""
    mistakes: list[str]


def lines_or_items(path: Path) -> Iterator[Found]:
    """Yield the objects of a JSONL file, or of one JSON list; raises DataError for a file of another kind."""
    content = Files(path, "", REMEDY).content(path.name)
    if kind := kind_of(path, content):
        raise DataError([f"{path}: {kind}"])
    if not content.removeprefix(MARK).lstrip().startswith(b"["):
        yield from lines_of(path, content)
    elif bad := list(misread(content)):
        yield from (Found(f"{path}:{number}", {}, [mistake]) for number, mistake in bad)
    else:
        yield from items_of(path, content.removeprefix(MARK).decode())


def lines_of(path: Path, content: bytes) -> Iterator[Found]:
    """Yield each line that is not empty: its object, and everything that is wrong with it."""
    for line in lines_in(BytesIO(content)):
        place = f"{path}:{line.number}"
        if line.mistake is not None:
            yield Found(place, {}, [line.mistake])
        elif text := line.text.strip():
            row, mistakes, broken = parsed(text, LONGEST_TASK)
            if broken is not None and not line.is_whole:
                mistakes = [f"{mistakes[0]}; the file ends within this line"]
            yield Found(place, row, mistakes)


def items_of(path: Path, text: str) -> Iterator[Found]:
    """Yield each object of a JSON list, with the line on which it begins; nothing is read past broken JSON."""
    decoder = UniqueKeys()
    at, line, counted, number = after_space(text, after_space(text, 0) + 1), 1, 0, 0
    is_open = text[at : at + 1] != "]"
    while is_open:
        line, counted, number = line + text.count("\n", counted, at), at, number + 1
        name = f"item {number}"
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            _, mistakes, broken = unread(error)
            yield Found(f"{path}:{broken or line}: {name}", {}, mistakes)
            return
        row, mistakes, _ = examined(value, text[at:end], decoder, LONGEST_TASK)
        yield Found(f"{path}:{line}: {name}", row, mistakes)
        at = after_space(text, end)
        is_open = text[at : at + 1] == ","
        at = after_space(text, at + 1) if is_open else at
    if text[at:].rstrip() != "]":
        line += text.count("\n", counted, at)
        is_closed = text[at : at + 1] == "]"
        what = "more follows after the list" if is_closed else "a comma or the end of the list is missing"
        yield Found(f"{path}:{line}", {}, [f"not JSON: {what}"])


def after_space(text: str, at: int) -> int:
    """Return the next place that JSON does not pass over."""
    return cast(re.Match[str], SPACE.match(text, at)).end()


def object_in(files: Files, name: str) -> tuple[dict[str, Any], list[str]]:
    """Return the object that a whole file holds, and everything that is wrong with it, with its place."""
    row, mistakes, broken = read_object(files, name)
    place = files.place(name) if broken is None else f"{files.place(name)}:{broken}"
    return row, [f"{place}: {mistake}." for mistake in mistakes]
