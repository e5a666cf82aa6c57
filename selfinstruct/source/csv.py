"""Annotated data as CSV: a header line with the columns, then a row a line.

Every value is text.  A row with more or fewer fields than the header is a mistake and not a guess, and so is a quote
that is never closed; both are reported with the line on which the row began.  A field may be as long as a line:
Python's own limit, which is there against quotes that are never closed, rejects a text of 131,073 characters.
"""

import csv
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import BeforeValidator, Field

from selfinstruct.part import part
from selfinstruct.source import REMEDY, Mistake, Row
from selfinstruct.text.files import LONGEST_LINE, Files, Line


def typed(delimiter: object) -> object:
    """Return a delimiter as it is meant: neither YAML without quotes nor Hydra's command line makes a tab of `\\t`."""
    return "\t" if delimiter == "\\t" else delimiter


@part
class Csv:
    """Reads CSV files: one, or all in a folder or a zip archive, each a task."""

    path: Path
    """The file, folder or archive; a relative path starts where the command runs."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1), BeforeValidator(typed)]
    """What stands between two fields; a tab may be typed as `\\t`."""

    @cached_property
    def _files(self) -> Files:
        return Files(self.path, ".tsv" if self.delimiter == "\t" else ".csv", REMEDY)

    def tasks(self) -> list[str]:
        """Return the names of the files."""
        return self._files.names()

    def digest(self) -> str:
        """Return the SHA-256 of the files."""
        return self._files.digest()

    def rows(self, task: str) -> Iterator[Row | Mistake]:
        """Yield the rows of a file, and what is wrong in it."""
        place, name = self._files.place(task), PurePosixPath(task)
        csv.field_size_limit(LONGEST_LINE)
        taken = Taken(self._files.lines(task))
        reader = csv.reader(taken, delimiter=self.delimiter, strict=True)
        header: list[str] | None = None
        is_read = False
        while True:
            first = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                is_read = True
                yield Mistake(f"{place}:{first}", f"is not a row of CSV ({error}){taken.ending}")
                continue
            if taken.mistakes:
                yield from (Mistake(f"{place}:{number}", text) for number, text in taken.mistakes)
                taken.mistakes.clear()
                if header is None:
                    return
            elif header is None:
                header = fields
                if wrong := mistake_in_header(header):
                    yield Mistake(f"{place}:{first}", wrong)
                    return
            elif fields and len(fields) != len(header):
                yield Mistake(f"{place}:{first}", f"has {len(fields)} fields, the header {len(header)}{taken.ending}")
            elif fields:
                yield Row(name.stem, f"{name.name}:{first}", dict(zip(header, fields, strict=True)))
        if header is None and not is_read:
            yield Mistake(place, "is empty; its first line must name the columns")


class Taken(Iterator[str]):
    """Lines on their way to the reader of CSV, with what was wrong in those that it took."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self.mistakes: list[tuple[int, str]] = []
        self.ending = ""
        """What to add of a row that the file may have been cut off in."""

    def __next__(self) -> str:
        line = next(self._lines)
        if line.mistake is not None:
            self.mistakes.append((line.number, line.mistake))
        self.ending = "" if line.is_whole else "; the file ends within this line"
        return line.text


def mistake_in_header(header: list[str]) -> str | None:
    """Return what is wrong with the names of the columns."""
    if not header:
        return "is empty, but must name the columns"
    for number, name in enumerate(header, 1):
        if not name.strip():
            return f"column {number} has no name"
        if name in header[: number - 1]:
            return f"column {name!r} stands twice"
    return None
