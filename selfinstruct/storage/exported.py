"""The files of a dataset as they lie in a run folder, with their rows: formats write rows of different numbers."""

import zipfile
from contextlib import suppress
from pathlib import Path

from selfinstruct.text.plain_files import odd_kind

DATASET = "dataset"
CHUNK = 1 << 20


def rows_of_files(folder: Path) -> dict[str, int]:
    """Return how many rows each file of a run's dataset has, by its name; a file that cannot be read is left out."""
    found: dict[str, int] = {}
    for path in sorted((folder / DATASET).glob("*")):
        if path.is_file() and odd_kind(path) is None:
            with suppress(OSError, zipfile.BadZipFile):
                if path.suffix == ".jsonl":
                    found[path.name] = lines_in(path)
                elif path.suffix == ".zip":
                    with zipfile.ZipFile(path) as archive:
                        found[path.name] = len(archive.namelist())
    return found


def lines_in(path: Path) -> int:
    """Return the number of lines of a file, read in pieces."""
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(CHUNK), b""))
