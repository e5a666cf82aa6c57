"""Files of data: a single one, all in a folder, or all in a zip archive, which is read where it lies.

They are taken in the order of their names, on every machine the same, and read line by line: a byte of another
encoding, or a line without end, is a mistake of its own line and hides nothing in the others.
"""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

from selfinstruct.errors import DataError
from selfinstruct.text.archives import UNREADABLE, is_hidden
from selfinstruct.text.encoding import MARK, UTF_16, WIDE, wrong_byte

LONGEST_LINE = 10_000_000
"""Bytes; a longer line is a file of another kind."""
LARGEST_FILE = 100_000_000
"""Bytes of a file that is read as a whole, unpacked, so that a small zip cannot fill the memory; the largest published
file has 30 million."""


class Line(NamedTuple):
    """A line of a file, without the mark before the first."""

    number: int
    text: str
    mistake: str | None
    """What is wrong with it; its text is of no use then."""
    is_whole: bool
    """Whether it ends with a line end."""


class Files:
    """The files of one kind at a path; a suffix of "" is for a single file of any name."""

    def __init__(self, path: Path, suffix: str, remedy: str) -> None:
        self.path = path
        self.suffix = suffix
        self._remedy = remedy
        """What to do where nothing can be read, as a sentence."""

    def names(self) -> list[str]:
        """Return the names of the files, in order; raises DataError where no file can be read."""
        try:
            found = self._found()
        except UNREADABLE as error:
            raise self._unreadable(self.path, error) from None
        if not found:
            raise DataError([f"{self.path}: holds no {self.suffix} file. {self._remedy}"])
        return found

    def _unreadable(self, place: object, error: BaseException) -> DataError:
        reason = (error.strerror or error) if isinstance(error, OSError) else error
        remedy = f" {self._remedy}" if str(place) == str(self.path) else ""
        return DataError([f"{place}: cannot be read ({reason}).{remedy}"])

    @cached_property
    def is_zip(self) -> bool:
        """Whether the path is an archive."""
        if not self.path.is_file():
            return False
        return self.suffix != "" and (self.path.suffix.lower() == ".zip" or zipfile.is_zipfile(self.path))

    @cached_property
    def _archive(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.path)

    def _found(self) -> list[str]:
        if self.is_zip:
            return sorted({name for name in self._archive.namelist() if self._is_ours(PurePosixPath(name))})
        if self.path.is_dir():
            found = (path for path in self.path.rglob("*") if path.is_file())
            names = (PurePosixPath(path.relative_to(self.path).as_posix()) for path in found)
            return sorted(str(name) for name in names if self._is_ours(name))
        self._check_file(self.path)
        return [self.path.name] if self._is_ours(PurePosixPath(self.path.name)) else []

    def _is_ours(self, name: PurePosixPath) -> bool:
        return name.suffix.lower() == self.suffix and not is_hidden(str(name))

    def _check_file(self, path: Path) -> None:
        path.stat()
        if not path.is_file():
            raise OSError(0, "it is not a file" if path.is_dir() else "it is not a file that can be read twice")

    def place(self, name: str) -> str:
        """Return a file as a person finds it."""
        return str(self.path / name if self.is_zip else self.file(name))

    def file(self, name: str) -> Path:
        """Return where a file lies; not for those in an archive."""
        return self.path / name if self.suffix and self.path.is_dir() else self.path

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """Open a file, to be read once from its beginning; raises DataError where that cannot be."""
        try:
            if self.is_zip:
                with self._archive.open(name) as member:
                    yield member
            else:
                self._check_file(self.file(name))
                with self.file(name).open("rb") as file:
                    yield file
        except UNREADABLE as error:
            raise self._unreadable(self.place(name), error) from None

    def content(self, name: str) -> bytes:
        """Return a whole file; raises DataError for one that cannot be read, or is too large."""
        with self.opened(name) as file:
            found = file.read(LARGEST_FILE + 1)
        if len(found) > LARGEST_FILE:
            raise DataError([f"{self.place(name)}: is larger than {LARGEST_FILE:,} bytes."])
        return found

    def lines(self, name: str) -> Iterator[Line]:
        """Yield the lines of a file, one at a time."""
        with self.opened(name) as file:
            yield from lines_in(file)

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


def lines_in(file: IO[bytes]) -> Iterator[Line]:
    """Yield the lines of an open file, one at a time."""
    number = 0
    while content := file.readline(LONGEST_LINE):
        number += 1
        if number == 1 and content.startswith(WIDE):
            yield Line(1, "", UTF_16, True)
            return
        if len(content) >= LONGEST_LINE:  # an archive may give more than it is asked for
            yield Line(number, "", f"has {LONGEST_LINE:,} bytes and more", True)
            return
        content, is_whole = content.removeprefix(MARK) if number == 1 else content, content.endswith(b"\n")
        try:
            yield Line(number, content.decode(), None, is_whole)
        except UnicodeDecodeError as error:
            yield Line(number, content.decode("utf-8", "replace"), wrong_byte(content, error), is_whole)
