"""Annotated data as JSONL: one object a line, whose keys are the columns."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from selfinstruct.part import part
from selfinstruct.source import REMEDY, Mistake, Row
from selfinstruct.text.files import LONGEST_LINE, Files
from selfinstruct.text.json_objects import parsed


@part
class Jsonl:
    """Reads JSONL files: one, or all in a folder or a zip archive, each a task."""

    path: Path
    """The file, folder or archive; a relative path starts where the command runs."""

    @cached_property
    def _files(self) -> Files:
        return Files(self.path, ".jsonl", REMEDY)

    def tasks(self) -> list[str]:
        """Return the names of the files."""
        return self._files.names()

    def digest(self) -> str:
        """Return the SHA-256 of the files."""
        return self._files.digest()

    def rows(self, task: str) -> Iterator[Row | Mistake]:
        """Yield the rows of a file, and what is wrong in it; empty lines are skipped."""
        name, file = PurePosixPath(task), self._files.place(task)
        for line in self._files.lines(task):
            place = f"{file}:{line.number}"
            if line.mistake is not None:
                yield Mistake(place, line.mistake)
            elif line.text.strip():
                values, mistakes, broken = parsed(line.text, LONGEST_LINE)
                ending = "" if line.is_whole or broken is None else "; the file ends within this line"
                yield from (Mistake(place, f"{mistake}{ending}") for mistake in mistakes)
                if not mistakes:
                    yield Row(name.stem, f"{name.name}:{line.number}", values)
