"""Files of annotated data: a single one, all in a folder, or all in a zip archive, which is read where it lies.

Each file is a task.  They are taken in the order of their names, on every machine the same, and read line by line: a
byte of another encoding, or a line without end, is a mistake of its own line and hides nothing in the others.
"""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from selfinstruct.errors import DataError
from selfinstruct.text.archives import UNREADABLE, is_hidden
from selfinstruct.text.encoding import MARK, UTF_16, WIDE, wrong_byte

LONGEST_LINE = 10_000_000
"""Bytes; a longer line is a file of another kind."""


class Line(NamedTuple):
    """A line of a file, without the mark before the first."""

    number: int
    text: str
    mistake: str | None
    """What is wrong with it; its text is of no use then."""
    is_whole: bool
    """Whether it ends with a line end."""


class Files:
    """The files of one kind below a path."""

    def __init__(self, path: Path, suffix: str) -> None:
        self.path = path
        self.suffix = suffix

    def names(self) -> list[str]:
        """Return the names of the files, in order; raises DataError where no file can be read."""
        try:
            found = self._found()
        except UNREADABLE as error:
            reason = (error.strerror or str(error)) if isinstance(error, OSError) else error
            raise DataError([f"{self.path}: cannot be read ({reason}). Set the path of the source."]) from None
        if not found:
            raise DataError([f"{self.path}: holds no {self.suffix} file; source=<another> reads other kinds."])
        return found

    @property
    def is_zip(self) -> bool:
        """Return whether the path is an archive."""
        return self.path.suffix.lower() == ".zip" and self.path.is_file()

    def _found(self) -> list[str]:
        if self.is_zip:
            with zipfile.ZipFile(self.path) as archive:
                return sorted({name for name in archive.namelist() if self._is_ours(PurePosixPath(name))})
        if self.path.is_dir():
            found = (path for path in self.path.rglob("*") if path.is_file())
            names = (PurePosixPath(path.relative_to(self.path).as_posix()) for path in found)
            return sorted(str(name) for name in names if self._is_ours(name))
        if not self.path.is_file():
            self.path.stat()
            raise OSError(0, "it is not a file that can be read twice")
        return [self.path.name] if self._is_ours(PurePosixPath(self.path.name)) else []

    def _is_ours(self, name: PurePosixPath) -> bool:
        return name.suffix.lower() == self.suffix and not is_hidden(str(name))

    def place(self, name: str) -> str:
        """Return a file as a person finds it."""
        return str(self.path / name) if self.is_zip or self.path.is_dir() else str(self.path)

    def file(self, name: str) -> Path:
        """Return where a file lies; not for those in an archive."""
        return self.path / name if self.path.is_dir() else self.path

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """A file, to be read once from its beginning; raises DataError where that cannot be."""
        try:
            if self.is_zip:
                with zipfile.ZipFile(self.path) as archive, archive.open(name) as member:
                    yield member
            else:
                with self.file(name).open("rb") as file:
                    yield file
        except UNREADABLE as error:
            raise DataError([f"{self.place(name)}: cannot be read ({error})."]) from None

    def lines(self, name: str) -> Iterator[Line]:
        """Yield the lines of a file, one at a time."""
        with self.opened(name) as file:
            number = 0
            while content := file.readline(LONGEST_LINE):
                number += 1
                if number == 1 and content.startswith(WIDE):
                    yield Line(1, "", UTF_16, True)
                    return
                if len(content) >= LONGEST_LINE:  # an archive may give more than it is asked for
                    yield Line(number, "", f"has {LONGEST_LINE:,} bytes and more", True)
                    return
                yield decoded(number, content.removeprefix(MARK) if number == 1 else content)

    def digest(self) -> str:
        """Return the SHA-256 of all files, with their names."""
        found = hashlib.sha256()
        if self.path.is_file():
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        for name in self.names():
            with self.opened(name) as file:
                found.update(f"{name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())  # type: ignore[arg-type]
        return found.hexdigest()


def decoded(number: int, content: bytes) -> Line:
    """Return a line as text."""
    try:
        return Line(number, content.decode(), None, content.endswith(b"\n"))
    except UnicodeDecodeError as error:
        wrong = wrong_byte(content, error)
        return Line(number, content.decode("utf-8", "replace"), wrong, content.endswith(b"\n"))
