"""The runs that a viewer may look at, found below folders whenever the list is asked for.

A run is read anew as soon as it has committed something, and only then.  Its tables in memory are filled by a thread,
so that a page need not wait for a large run: it says how much has been read.  Of many runs, those looked at last keep
their tables.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, Protocol

from selfinstruct.errors import RunFolderError, SelfInstructError
from selfinstruct.pages.index import Index
from selfinstruct.pages.server import PageError
from selfinstruct.storage.folder import CONFIG
from selfinstruct.storage.hashes import ROUNDS
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.replies import Reply
from selfinstruct.storage.rows import Row
from selfinstruct.storage.summary import SUMMARY
from selfinstruct.text.plain_files import check_plain
from selfinstruct.trainer import STEPS
from selfinstruct.trainer.alone import config_of

SOON = 0.5
"""Seconds that a page waits for the tables of a run before it shows how much has been read."""
MOST = 3
"""Runs whose tables are in memory at the same time."""
DEEPEST = 8
"""Folders below a folder that is named."""
RESERVED = ("static", "rate", "comparison")
"""Names of pages that are not of a run."""
GONE = "There is no run {key}. It may have been moved; the list of runs shows those that are there."


class Stored(Protocol):
    """The replies of a round by request; a request that was sent twice has its newest last."""

    def of(self, stage: str, round_: int) -> dict[str, list[Reply]]:
        """Return the replies of a round."""
        ...


class Reader(Protocol):
    """What pages need of a run at one moment; `RunReader` is one, and so is what reads a capsule."""

    rows: list[Row]
    timings: list[Row]
    config: dict[str, Any]

    @property
    def summary(self) -> dict[str, Any]:
        """Return what a finished run says of itself."""
        ...

    def replies(self) -> AbstractContextManager[Stored]:
        """Open the stored replies."""
        ...


def training_alone(reader: Reader) -> dict[str, Any]:
    """Return what a training without a run was started with; empty for a run."""
    return config_of(reader.folder) if isinstance(reader, RunReader) and not reader.config else {}


class Source(Protocol):
    """Where a run lies."""

    path: Path

    def stamp(self) -> object:
        """Return a value that changes when the run has committed something."""
        ...

    def reader(self) -> Reader:
        """Read what is committed; raises RunFolderError where that cannot be done."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open `pool.jsonl` or `rejected.jsonl`."""
        ...


class Folder:
    """The folder of a run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def stamp(self) -> object:
        """Return size and time of what every commit, every step of a training and every end of a run changes."""
        return tuple(changed(self.path / name) for name in (ROUNDS, STEPS, SUMMARY))

    def reader(self) -> RunReader:
        """Read what is committed."""
        return RunReader(self.path, may_be_empty=True)

    def open(self, name: str) -> IO[bytes]:
        """Open a file of the run."""
        check_plain(self.path)  # again: it may have changed since it was read
        try:
            return (self.path / name).open("rb")
        except OSError as error:
            raise RunFolderError(f"{self.path / name} cannot be read: {error.strerror}.") from None


def changed(path: Path) -> tuple[int, int] | None:
    """Return size and time of a file; None where it is missing."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


class ViewedRun:
    """A run that is looked at; safe to use from several threads."""

    def __init__(self, key: str, name: str, source: Source) -> None:
        self.key, self.name, self.source = key, name, source
        self.drawn: dict[Any, Any] = {}
        """What was made of the run as it stands, by what it is; forgotten when the run commits something."""
        self._lock = threading.Lock()
        self._stamp: object = None
        self._reader: Reader | None = None
        self._index: Index | None = None
        self._filling: threading.Thread | None = None
        self._problem: SelfInstructError | None = None

    @property
    def reader(self) -> Reader:
        """Return what the run has committed up to now."""
        with self._lock:
            stamp = self.source.stamp()
            if self._reader is None or stamp != self._stamp:
                self._reader, self._stamp = self.source.reader(), stamp
                self.drawn = {}
            return self._reader

    @property
    def is_capsule(self) -> bool:
        """Return whether it is read from a capsule."""
        return not isinstance(self.source, Folder)

    def index(self) -> tuple[Index, float]:
        """Return its tables, and the share of what is committed that they hold; raises RunFolderError for damage."""
        rows = self.reader.rows
        with self._lock:
            self._index = self._index or Index(self.source)
            if not self._index.is_at(rows) and (self._filling is None or not self._filling.is_alive()):
                self._problem = None
                self._filling = threading.Thread(target=self._fill, args=(self._index, rows), daemon=True)
                self._filling.start()
            filling, index = self._filling, self._index
        if filling is not None:
            filling.join(SOON)
        if self._problem is not None:
            raise self._problem
        return index, index.share_read(rows)

    def _fill(self, index: Index, rows: Sequence[Row]) -> None:
        try:
            index.follow(rows)
        except SelfInstructError as error:
            self._problem = error
        except OSError as error:
            self._problem = RunFolderError(f"{self.source.path} cannot be read: {error.strerror}.")

    def kept(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what was made of the run as it stands, made now where it was not."""
        made = self.drawn  # a commit puts another one in its place
        if key not in made:
            made[key] = make()
        return made[key]

    def forget(self) -> None:
        """Give back the memory of its tables."""
        with self._lock:
            self._index, self._filling, self._problem, self.drawn = None, None, None, {}


class Library:
    """The runs below some folders, and the capsules among them."""

    def __init__(self, places: Sequence[Path], capsules: Mapping[Path, Source] | None = None) -> None:
        self._places = places
        self._capsules = capsules or {}
        self._known: dict[Path, ViewedRun] = {}
        self._lock = threading.Lock()
        self._last: list[ViewedRun] = []

    def runs(self) -> list[ViewedRun]:
        """Return the runs that are there now."""
        with self._lock:
            found: dict[Path, ViewedRun] = {}
            keys: set[str] = set()
            for place in self._places:
                for path in runs_below(place) if place.is_dir() else [place]:
                    name = path.name if path == place else path.relative_to(place).as_posix()
                    key = free_key(name.replace("/", "~"), keys)
                    run = self._known.get(path)
                    if path not in found:
                        keys.add(key)
                        is_known = run is not None and run.key == key
                        found[path] = run if is_known and run else ViewedRun(key, name, self._source(path))
            self._known = found
            return list(found.values())

    def _source(self, path: Path) -> Source:
        return self._capsules.get(path) or Folder(path)

    def run(self, key: str) -> ViewedRun:
        """Return a run by its key; raises PageError where it is not there."""
        found = next((run for run in self._known.values() if run.key == key), None)
        if found is None or not found.source.path.exists():
            found = next((run for run in self.runs() if run.key == key), None)
        if found is None:
            raise PageError(GONE.format(key=key))
        with self._lock:
            self._last = [*(run for run in self._last if run is not found), found]
            for run in self._last[:-MOST]:
                run.forget()
            self._last = self._last[-MOST:]
        return found


def free_key(wanted: str, taken: set[str]) -> str:
    """Return a name for a run in an address that no other has."""
    key, number = wanted, 1
    while key in taken or key in RESERVED or key in ("", ".", ".."):
        number += 1
        key = f"{wanted}~{number}"
    return key


def runs_below(place: Path) -> Iterator[Path]:
    """Yield the folder itself where it is a run's, or else the folders of runs below it; no link is followed."""
    for folder, names, files in os.walk(place):
        path = Path(folder)
        if CONFIG in files or ROUNDS in files:
            names.clear()
            yield path
        elif len(path.relative_to(place).parts) >= DEEPEST:
            names.clear()
        names[:] = sorted(name for name in names if not name.startswith("."))
