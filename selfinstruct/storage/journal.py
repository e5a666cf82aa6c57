"""The files of a run that grow while it lasts.

`pool.jsonl` has a line for each change of a task, `rejected.jsonl` one for each rejection, `rounds.jsonl` one for each
round.  The line of a round is its commit mark: it is written last and holds the sizes and hashes of the other two
files, so that whatever lies beyond them never happened and is cut off at the next start.

These three are the same bytes whenever the replies are the same.  How long a round took stands apart, in
`timings.jsonl`, which has no hash: times are not a result.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from selfinstruct.errors import RunFolderError
from selfinstruct.pool import Pool
from selfinstruct.round import Round
from selfinstruct.storage.folder import CONFIG, replace_text, stored_config
from selfinstruct.storage.hashes import HASH, SIZE, checked, digest, own
from selfinstruct.storage.hashes import POOL as POOL
from selfinstruct.storage.hashes import ROUNDS as ROUNDS
from selfinstruct.storage.hashes import has_rounds as has_rounds
from selfinstruct.storage.remedies import unwritable
from selfinstruct.storage.rows import check_end, committed_in, rounds_of, tasks_of, timings_of
from selfinstruct.task import Task

REJECTED, TIMINGS = "rejected.jsonl", "timings.jsonl"
FILES = (POOL, REJECTED)
"""The files whose sizes and hashes the line of a round holds."""


def line(row: Mapping[str, Any]) -> str:
    """Return a row as a line of JSON; half a surrogate pair, which no UTF-8 holds, is written as JSON's escape."""
    return json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace").decode() + "\n"


def check_config(folder: Path) -> None:
    """Raise RunFolderError for a folder with rounds that does not say which config they were made by."""
    if stored_config(folder) is None:
        raise RunFolderError(
            f"{folder} holds {ROUNDS} but no {CONFIG}, so nobody knows which config its rounds were made by. "
            f"Put its {CONFIG} back, or choose another folder."
        )


class Journal:
    """Writes rounds to a run folder, and reads back what was committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rounds: list[dict[str, Any]] = []
        self.timings: list[dict[str, Any]] = []
        self._hashes = {name: hashlib.sha256() for name in FILES}

    def open(self, *, shelved: bool = False) -> Pool:
        """Return the pool as the last committed round left it; its tasks stay on disk where it is `shelved`.

        Raises RunFolderError for a folder whose files no run has left so, before anything in it is changed.
        """
        known = (self.folder / ROUNDS).exists()
        sizes = {name: path.stat().st_size for name in (POOL, REJECTED) if (path := self.folder / name).exists()}
        if sizes and not known:
            raise RunFolderError(f"{self.folder} holds {', '.join(sizes)} but no {ROUNDS}: no run has made it.")
        rounds, tasks = rounds_of(self.folder / ROUNDS), dict[str, Task]()
        committed = dict.fromkeys(FILES, 0) | committed_in(rounds, self.folder / ROUNDS)
        if short := [name for name in FILES if sizes.get(name, 0) < committed[name]]:
            raise RunFolderError(f"{self.folder}: {', '.join(short)} is shorter than {ROUNDS} says it was.")
        check_end(self.folder / REJECTED, committed[REJECTED])
        self.rounds = rounds
        for task in () if shelved else self.tasks():
            tasks[task.id] = task
        self._hashes = {name: checked(self.folder / name, rounds) for name in FILES}
        self._cut_off(committed)
        self._open_timings()
        return Pool(tasks.values(), Shelved(self) if shelved else None)

    def _cut_off(self, committed: Mapping[str, int]) -> None:
        """Cut off what lies past the last commit; nothing was changed before."""
        path = self.folder / ROUNDS
        try:
            if not path.exists():  # or its time of change would be new, as below
                path.touch()
            if (whole := path.read_bytes().rfind(b"\n") + 1) < path.stat().st_size:
                os.truncate(path, whole)
            for name in FILES:
                path = self.folder / name
                if not path.exists() or path.stat().st_size != committed[name]:
                    path.touch()
                    os.truncate(path, committed[name])
        except OSError as error:
            raise unwritable(path, error) from None

    def _open_timings(self) -> None:
        """Keep the times of committed rounds only; what a power cut left of them is taken as it is."""
        path = self.folder / TIMINGS
        self.timings = timings_of(path, self.rounds)
        kept = "".join(map(line, self.timings))
        if kept.encode() != (path.read_bytes() if path.exists() else b""):
            replace_text(path, kept)

    def tasks(self) -> Iterator[Task]:
        """Yield every change of a task that is committed, in order, read from the file."""
        end = self.rounds[-1].get(f"{SIZE}{POOL}", 0) if self.rounds else 0
        return tasks_of(self.folder / POOL, end)

    def begin(self, seeds: Iterable[Task]) -> None:
        """Write the seeds, with which the pool begins."""
        self._append(POOL, (task.row() for task in seeds))

    def commit(self, round_: Round) -> dict[str, Any]:
        """Write a round, and return its line: its figures, and the sizes and hashes of the other files."""
        sizes = {
            POOL: self._append(POOL, (task.row() for task in round_.tasks)),
            REJECTED: self._append(REJECTED, (item.row(round_.stage, round_.number) for item in round_.rejections)),
        }
        row = round_.row() | {f"{SIZE}{name}": size for name, size in sizes.items()}
        row |= {f"{HASH}{name}": digest(self._hashes[name]) for name in FILES}
        row[f"{HASH}{ROUNDS}"] = own(line(row).encode()[:-2], self.rounds[-1] if self.rounds else None)
        timing = {"stage": round_.stage, "round": round_.number, "seconds": round(round_.seconds, 3)}
        self._append(TIMINGS, [timing], durable=False)
        self._append(ROUNDS, [row])
        self.rounds.append(row)
        self.timings.append(timing)
        return row

    def of(self, stage: str) -> list[dict[str, Any]]:
        """Return the figures of one stage's rounds."""
        return [row for row in self.rounds if row["stage"] == stage]

    def _append(self, name: str, rows: Iterable[Mapping[str, Any]], durable: bool = True) -> int:
        """Append rows to a file and return its size; raises RunFolderError where they cannot be written."""
        try:
            with (self.folder / name).open("ab") as file:
                content = "".join(map(line, rows)).encode()
                file.write(content)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
                if name in self._hashes:
                    self._hashes[name].update(content)
                return file.tell()
        except OSError as error:
            raise unwritable(self.folder / name, error) from None


class Shelved:
    """The tasks of a journal, read from its file; for runs that write each of their tasks once."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __iter__(self) -> Iterator[Task]:
        return self._journal.tasks()

    def __len__(self) -> int:
        return sum(row["kept"] for row in self._journal.rounds)
