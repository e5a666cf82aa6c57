"""Journal: the files of a run that grow while it lasts.

`pool.jsonl` has a line for each change of a task, `rejected.jsonl` one for each rejection, `rounds.jsonl` one for each
round.  The line of a round is its commit mark: it is written last and holds the sizes of the other two files, so that
whatever lies beyond them, after a run was cut short, never happened and is cut off at the next start.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from selfinstruct.errors import RunFolderError
from selfinstruct.pool import Pool
from selfinstruct.round import Round
from selfinstruct.task import Task

POOL, REJECTED, ROUNDS = "pool.jsonl", "rejected.jsonl", "rounds.jsonl"
FILES = (POOL, REJECTED)
"""The files whose sizes the line of a round holds."""


def line(row: Mapping[str, Any]) -> str:
    """A row as a line of JSON; the same row gives the same bytes."""
    return json.dumps(row, ensure_ascii=False) + "\n"


def has_rounds(folder: Path) -> bool:
    """Whether a run in this folder has committed a round."""
    path = folder / ROUNDS
    return path.is_file() and path.stat().st_size > 0


class Journal:
    """Writes rounds to a run folder, and reads back what was committed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.rounds: list[dict[str, Any]] = []
        """The figures of every committed round, in order."""

    def open(self) -> Pool:
        """The pool as the last committed round left it; empty in a new folder.

        Raises RunFolderError for a folder whose files no run has left so, before anything in it is changed.
        """
        known = (self._folder / ROUNDS).exists()
        sizes = {name: path.stat().st_size for name in (POOL, REJECTED) if (path := self._folder / name).exists()}
        if sizes and not known:
            raise RunFolderError(f"{self._folder} holds {', '.join(sizes)} but no {ROUNDS}: no run has made it.")
        try:
            self.rounds = [json.loads(text) for text in self._whole_lines(ROUNDS)]
            committed = {name: (self.rounds[-1] if self.rounds else {}).get(f"bytes/{name}", 0) for name in FILES}
            if short := [name for name in FILES if sizes.get(name, 0) < committed[name]]:
                raise RunFolderError(f"{self._folder}: {', '.join(short)} is shorter than {ROUNDS} says it was.")
            for name in FILES:
                (self._folder / name).touch()
                os.truncate(self._folder / name, committed[name])
            tasks = [Task.from_row(json.loads(text)) for text in self._whole_lines(POOL)]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RunFolderError(f"{self._folder}: its files cannot be read ({error}).") from None
        return Pool({task.id: task for task in tasks}.values())

    def _whole_lines(self, name: str) -> list[str]:
        """The lines of a file; a torn last one is cut off."""
        path = self._folder / name
        path.touch()
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.truncate(path, len(whole))
        return whole.decode().split("\n")[:-1]

    def begin(self, seeds: Iterable[Task]) -> None:
        """Write the seeds, with which the pool begins."""
        self._append(POOL, (task.row() for task in seeds))

    def commit(self, round_: Round) -> Round:
        """Write a round; it comes back with the sizes that its line holds."""
        sizes = {
            POOL: self._append(POOL, (task.row() for task in round_.tasks)),
            REJECTED: self._append(REJECTED, (item.row(round_.stage, round_.number) for item in round_.rejections)),
        }
        committed = replace(round_, sizes=sizes)
        self._append(ROUNDS, [committed.row()])
        self.rounds.append(committed.row())
        return committed

    def of(self, stage: str) -> list[dict[str, Any]]:
        """The figures of one stage's rounds."""
        return [row for row in self.rounds if row["stage"] == stage]

    def _append(self, name: str, rows: Iterable[Mapping[str, Any]]) -> int:
        """Append rows to a file and have them on disk; the file's size."""
        with (self._folder / name).open("ab") as file:
            file.write("".join(map(line, rows)).encode())
            file.flush()
            os.fsync(file.fileno())
            return file.tell()
