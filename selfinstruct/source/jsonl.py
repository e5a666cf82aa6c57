"""Annotated data as JSONL: one object a line, whose keys are the columns."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from selfinstruct.part import part
from selfinstruct.source import Mistake, Row
from selfinstruct.source.files import Files


@part
class Jsonl:
    """Reads JSONL files: one, or all in a folder or a zip archive, each a task."""

    path: Path
    """The file, folder or archive; a relative path starts where the command runs."""

    def tasks(self) -> list[str]:
        """Return the names of the files."""
        return Files(self.path, ".jsonl").names()

    def digest(self) -> str:
        """Return the SHA-256 of the files."""
        return Files(self.path, ".jsonl").digest()

    def rows(self, task: str) -> Iterator[Row | Mistake]:
        """Yield the rows of a file, and what is wrong in it; empty lines are none."""
        files, name = Files(self.path, ".jsonl"), PurePosixPath(task)
        for line in files.lines(task):
            place = f"{files.place(task)}:{line.number}"
            if line.mistake is not None:
                yield Mistake(place, line.mistake)
            elif line.text.strip():
                values, wrong = read(line.text)
                ending = "" if line.is_whole or wrong is None else "; the file ends within this line"
                if wrong is None:
                    yield Row(name.stem, f"{name.name}:{line.number}", values)
                else:
                    yield Mistake(place, f"{wrong}{ending}")


def read(text: str) -> tuple[dict[str, Any], str | None]:
    """Return a line's object, and what is wrong with it."""
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        return {}, f"not JSON at column {error.colno} ({error.msg.removesuffix(' at')})"
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or brackets within brackets
        return {}, f"not JSON that can be read ({error})"
    return (values, None) if isinstance(values, dict) else ({}, "must be an object with the columns as keys")
