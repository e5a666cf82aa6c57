"""What one rater has said: a file of lines to which only is added.

The last line of an item wins, so that an answer can be given again and every earlier one is still there.  A line is on
disk before the next item is shown; one that a kill has torn was never promised, and is cut off.  Each rater has a file
of their own, so several rate at once.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from selfinstruct.errors import RunFolderError
from selfinstruct.protocol import Protocol
from selfinstruct.rating.order import order
from selfinstruct.rating.sheet import Item, Sheet
from selfinstruct.storage.journal import line
from selfinstruct.storage.remedies import unwritable
from selfinstruct.text.plain_files import check_plain

NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""What a rater or a sheet may be called; it becomes the name of a file."""
LONGEST_NOTE = 10_000


@dataclass(frozen=True, kw_only=True)
class Rating:
    """What a rater said about an item."""

    item: str
    answers: Mapping[str, str] = field(default_factory=dict)
    """Question to grade; empty where the rater skipped it."""
    note: str = ""
    swapped: bool = False
    """Whether the second answer of a pair was shown on the left."""
    opened_reference: bool | None = None
    """None where the page could not know."""
    seconds: float | None = None
    """How long the item was shown."""
    time: str = ""


rows = cache(lambda: TypeAdapter(Rating))
"""Checks what lines say; made when it is first needed."""


class Journal:
    """The file of one rater; raises RunFolderError for one of another sheet, ValueError for a name that cannot be."""

    def __init__(self, folder: Path, sheet: Sheet, rater: str) -> None:
        if not NAME.fullmatch(rater):
            raise ValueError("a rater's name has 1 to 40 letters of a to z, digits, _ or -")
        self.sheet, self.rater, self.path = sheet, rater, folder / f"{rater}.jsonl"
        check_plain(folder)
        if (other := of_another_case(folder, rater)) is not None:
            raise ValueError(f"{other} rates already; choose a name that differs in more than the case of its letters")
        content = self.path.read_bytes() if self.path.exists() else b""
        self.ratings: dict[str, Rating] = {}
        """Item to what was said last."""
        for number, text in enumerate(whole(content).splitlines(), 1):
            rating = read(f"{self.path}:{number}", text, sheet)
            self.ratings[rating.item] = rating

    def append(self, rating: Rating) -> None:
        """Write what was said to disk; raises ValueError where the sheet has no such item or grade."""
        check(rating, self.sheet)
        row = {"sheet": self.sheet.sha256, **rating.__dict__}
        try:
            with self.path.open("ab") as file:
                content = self.path.read_bytes()
                kept = whole(content)
                file.truncate(min(len(kept), len(content)))
                file.write(kept[len(content) :] + line(row).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise unwritable(self.path, error) from None
        self.ratings[rating.item] = rating

    @property
    def counted(self) -> dict[str, Rating]:
        """Return what was said, without practice."""
        return {name: rating for name, rating in self.ratings.items() if name not in self.sheet.practice}

    @property
    def skipped(self) -> list[str]:
        """Return the items that were skipped, in the rater's order."""
        skipped = {name for name, rating in self.counted.items() if not rating.answers}
        return [item.id for item in order(self.sheet, self.rater) if item.id in skipped]

    @property
    def is_done(self) -> bool:
        """Return whether every item that counts was rated or skipped."""
        return len(self.counted) == len(self.sheet.items)

    @property
    def next(self) -> Item | None:
        """Return the first item that nothing was said about; None where there is none."""
        return next((item for item in order(self.sheet, self.rater) if item.id not in self.ratings), None)


def of_another_case(folder: Path, rater: str) -> str | None:
    """Return the rater whose file a new one would share on a disk that ignores the case of letters."""
    names = {path.stem for path in folder.glob("*.jsonl")}
    alike = (name for name in sorted(names) if name.casefold() == rater.casefold())
    return None if rater in names else next(alike, None)


def whole(content: bytes) -> bytes:
    """Return the lines of a file without one that a kill has torn.

    A last line that lacks nothing but its end counts: an editor or a mail program may have taken that.
    """
    before, end, last = content.rpartition(b"\n")
    try:
        json.loads(last)
    except ValueError:
        return before + end
    return content + b"\n"


def journals(folder: Path, sheet: Sheet) -> list[Journal]:
    """Return the files of all raters, by name; raises RunFolderError for a file that is not of this sheet."""
    names = sorted(path.stem for path in folder.glob("*.jsonl") if NAME.fullmatch(path.stem))
    return [Journal(folder, sheet, name) for name in names]


def read(where: str, text: bytes, sheet: Sheet) -> Rating:
    """Return what a line says; raises RunFolderError for one that does not fit the sheet."""
    try:
        row: dict[str, Any] = json.loads(text)
        said = row.pop("sheet", None)
        rating = rows().validate_python(row)
        if said == sheet.sha256:
            check(rating, sheet)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:  # a ValidationError is a ValueError
        problem = error if type(error) is ValueError else "it is not a rating"
        raise RunFolderError(f"{where}: cannot be used: {problem}.") from None
    if said != sheet.sha256:
        raise RunFolderError(
            f"{where}: these are ratings of another sheet. Move the file to the sheet that it belongs to."
        )
    return rating


def check(rating: Rating, sheet: Sheet) -> None:
    """Raise ValueError where a rating does not fit its sheet."""
    if rating.item not in sheet.all:
        raise ValueError(f"the sheet has no item {rating.item!r}")
    if len(rating.note) > LONGEST_NOTE:
        raise ValueError(f"a note has at most {LONGEST_NOTE:,} characters")
    check_answers(rating.answers, sheet.protocol)


def check_answers(answers: Mapping[str, str], protocol: Protocol) -> None:
    """Raise ValueError where not all questions are answered, or one by what is not a grade."""
    if answers and answers.keys() != protocol.questions.keys():
        raise ValueError("every question needs an answer, or none of them")
    for name, grade in answers.items():
        if grade not in protocol.questions[name].grades:
            raise ValueError(f"{grade!r} is not a grade of {name}")
