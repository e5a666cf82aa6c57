"""The zip of a capsule: written to the same bytes every time, and read as a stranger's.

Every name must be one that a capsule has, no entry may be a link or lie elsewhere, nothing may exceed the limits, and
nothing is unpacked.  The manifest holds the SHA-256 of every file, which detects changes; it is not a signature, and a
manifest that was changed as well is detected by the replay.
"""

import hashlib
import json
import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, cast

from selfinstruct.errors import SelfInstructError
from selfinstruct.storage.digests import digest_of
from selfinstruct.storage.folder import replace_text, replacing
from selfinstruct.storage.rows import Read, Row, read
from selfinstruct.text.archives import FIRST_DAY, UNREADABLE
from selfinstruct.text.encoding import HALF_A_PAIR

MANIFEST = "manifest.json"
FORMAT = 1
"""The version of a capsule's layout."""
FILES = frozenset(
    {
        *("README.md", "methods.md", "hyperparameters.tex", "CITATION.cff", "citation.bib"),
        *("config.json", "provenance.json", "seeds.jsonl", "prompts.jsonl", "replies.jsonl", "rounds.jsonl"),
    }
)
"""The files of every capsule besides its manifest."""
VECTORS = "vectors.jsonl"
"""The vectors of a run whose filters compare any."""
DATASET = re.compile(r"dataset/[A-Za-z0-9][\w.-]*", re.ASCII)
RATINGS = re.compile(
    r"ratings/[\w-]{1,40}/([\w-]{1,40}\.jsonl|sheet\.json|key\.json|result\.(json|md|csv|tex))", re.ASCII
)
MOST_FILES = 100
MOST_BYTES = 2 << 30
"""The most bytes of all files, unpacked: the replies of 52,000 tasks take about a tenth of it."""
MOST_CONFIG = 16 << 20
"""The most bytes of a file that is read into memory at once."""
MOST_LINE = 16 << 20
"""The most bytes of a line of JSON."""
TOP = "capsule/"
"""The folder of the files within a zip."""
CHUNK = 1 << 20


def seal(folder: Path) -> None:
    """Write the manifest over all files of a folder."""
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": digest_of(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    replace_text(folder / MANIFEST, json.dumps({"format": FORMAT, "files": files}, indent=2) + "\n")
    for name in files:
        with (folder / name).open("rb") as file:
            os.fsync(file.fileno())


def pack(folder: Path, path: Path) -> None:
    """Write a folder as a zip; the same files give the same bytes."""
    with replacing(path) as whole, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(file for file in folder.rglob("*") if file.is_file()):
            entry = zipfile.ZipInfo(TOP + file.relative_to(folder).as_posix(), FIRST_DAY)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            entry.file_size = file.stat().st_size  # so that a large one gets a large header
            with file.open("rb") as source, archive.open(entry, "w") as target:
                while content := source.read(CHUNK):
                    target.write(content)


@contextmanager
def opened(path: Path, key: str = "replay") -> Iterator["Archive"]:
    """Open a capsule and check it completely; raises SelfInstructError for one that is damaged or not a capsule.

    `key` is the key of the config that names it.
    """
    with ExitStack() as stack:
        try:
            if path.exists() and not path.is_file():
                raise ValueError(f"it is not a file; name the {path.name}.zip of a capsule")
            archive = Archive(path, stack.enter_context(zipfile.ZipFile(path)))
            archive.verify()
        except UNREADABLE as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise SelfInstructError(f"{key}={path} cannot be used: {reason}.") from None
        yield archive


class Archive:
    """The files of a capsule, to be read."""

    def __init__(self, path: Path, source: zipfile.ZipFile) -> None:
        """Check what a zip claims to hold; raises ValueError for what no capsule has."""
        self.path = path
        self._source = source
        self._sizes = {entry.filename.removeprefix(TOP): entry.file_size for entry in source.infolist()}
        if len(source.infolist()) > MOST_FILES:
            raise ValueError(f"it has more than {MOST_FILES} files")
        if (total := sum(self._sizes.values())) > MOST_BYTES:
            raise ValueError(f"it claims {total:,} bytes, and a capsule may have {MOST_BYTES:,}")
        for entry in source.infolist():
            name = entry.filename.removeprefix(TOP)
            is_known = name in {*FILES, MANIFEST, VECTORS} or DATASET.fullmatch(name) or RATINGS.fullmatch(name)
            if not is_known or not entry.filename.startswith(TOP):
                raise ValueError(f"{entry.filename!r} is not a file of a capsule")
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise ValueError(f"{name!r} is a link, and a capsule has none")
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError(f"{name!r} is compressed in a way that no capsule is")
        if len(self._sizes) < len(source.infolist()):
            raise ValueError("it has two files of one name")
        if missing := sorted({*FILES, MANIFEST} - set(self._sizes)):
            raise ValueError(f"it has no {', '.join(missing)}")

    @property
    def dataset(self) -> list[str]:
        """The names of the dataset's files."""
        return sorted(name for name in self._sizes if DATASET.fullmatch(name))

    @property
    def has_vectors(self) -> bool:
        """Whether the run compared vectors."""
        return VECTORS in self._sizes

    def open(self, name: str) -> IO[bytes]:
        """Return a file, to be read."""
        return self._source.open(TOP + name)

    def object(self, name: str) -> dict[str, Any]:
        """Return a file that holds one object of JSON; raises SelfInstructError for anything else."""
        if self._sizes[name] > MOST_CONFIG:
            raise SelfInstructError(f"replay={self.path} cannot be used: {name} is larger than {MOST_CONFIG:,} bytes.")
        with self.open(name) as file:
            return read(f"{self.path}: {name}", file.read(), lambda _, row: row)

    def rows(self, name: str, of: Callable[[bytes, Row], Read]) -> Iterator[Read]:
        """Yield what the lines of a file hold; raises SelfInstructError, with the line, for one that no run wrote."""
        with self.open(name) as file:
            number = 0
            while text := file.readline(MOST_LINE):
                number += 1
                where = f"{self.path}: {name}:{number}"
                found = read(where, text, lambda text, row: (row, of(text, row)))
                if b"\\u" in text and HALF_A_PAIR.search(json.dumps(found[0], ensure_ascii=False)):
                    raise SelfInstructError(f"{where}: holds half of a surrogate pair, which no file can keep.")
                yield found[1]

    def verify(self) -> None:
        """Compare every file with the manifest; raises ValueError for the first that differs."""
        manifest = self.object(MANIFEST)
        if manifest.get("format") != FORMAT:
            raise ValueError(f"its format is {manifest.get('format')!r}, and this program reads {FORMAT}")
        files = manifest.get("files")
        if not isinstance(files, dict) or set(files) != set(self._sizes) - {MANIFEST}:
            raise ValueError(f"{MANIFEST} does not list the files that are there")
        for name, listed in sorted(files.items()):
            if not isinstance(listed, dict) or listed.get("bytes") != self._sizes[name]:
                raise ValueError(f"{name} does not have the size that {MANIFEST} says")
            with self.open(name) as file:
                if hashlib.file_digest(cast(Any, file), "sha256").hexdigest() != listed.get("sha256"):
                    raise ValueError(f"{name} was changed: it does not have the SHA-256 that {MANIFEST} says")
