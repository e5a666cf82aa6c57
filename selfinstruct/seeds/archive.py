"""The JSON files in a folder, in a zip, or one alone: each by its name, read one at a time.

A zip is read where it is and nothing of it is unpacked.  A file may be as large as published ones are and no larger,
whatever the zip says of it, so that a few bytes cannot fill the memory.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from selfinstruct.errors import DataError
from selfinstruct.text.archives import UNREADABLE, is_hidden

LARGEST_FILE = 256 << 20
"""Bytes of one file, unpacked; the largest that was published has some 30 million."""
WANTED = "<file> to a folder, a zip or a JSON file of tasks"


class Member(NamedTuple):
    """A file among others."""

    path: Path
    """Where it is, as a person finds it."""
    content: bytes
    mistake: str | None
    """Why it cannot be read, if it cannot."""

    @property
    def stem(self) -> str:
        """Its name without folder and ending."""
        return self.path.stem


def members(path: Path) -> Iterator[Member]:
    """The JSON files at a place, in the order of their names; raises DataError where there are none to be read."""
    try:
        if path.is_dir():
            names = sorted(found for found in path.rglob("*.json") if is_wanted(found.relative_to(path).as_posix()))
            yield from (in_folder(name) for name in names)
        elif path.is_file() and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as source:
                entries = {entry.filename: entry for entry in source.infolist() if is_wanted(entry.filename)}
                yield from (in_zip(path, source, entries[name]) for name in sorted(entries))
        elif path.is_file():
            yield in_folder(path)
        else:
            raise OSError(
                0, "it is not a file that can be read twice" if path.exists() else "No such file or directory"
            )
    except UNREADABLE as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise DataError([f"{path}: cannot be read ({reason}). Set seeds.path={WANTED}."]) from None


def is_wanted(name: str) -> bool:
    """Return whether a file is one of JSON that a person put there."""
    return name.endswith(".json") and not is_hidden(name)


def in_folder(path: Path) -> Member:
    """Return a file of a folder."""
    if not path.is_file():
        return Member(path, b"", "is not a file")
    if path.stat().st_size > LARGEST_FILE:
        return Member(path, b"", too_large())
    return Member(path, path.read_bytes(), None)


def in_zip(path: Path, source: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Member:
    """Return a file of a zip."""
    place = path / entry.filename
    try:
        with source.open(entry) as file:
            content = file.read(LARGEST_FILE + 1)
    except UNREADABLE as error:
        return Member(place, b"", f"cannot be read ({error})")
    return Member(place, content, None) if len(content) <= LARGEST_FILE else Member(place, b"", too_large())


def too_large() -> str:
    """Return how large a file may be."""
    return f"is larger than {LARGEST_FILE:,} bytes"
