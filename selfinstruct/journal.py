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

from selfinstruct.pool import Pool
from selfinstruct.round import Round
from selfinstruct.task import Task

POOL, REJECTED, ROUNDS = "pool.jsonl", "rejected.jsonl", "rounds.jsonl"


def line(row: Mapping[str, Any]) -> str:
    """A row as a line of JSON; the same row gives the same bytes."""
    return json.dumps(row, ensure_ascii=False) + "\n"


class Journal:
    """Writes rounds to a run folder, and reads back what was committed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.rounds: list[dict[str, Any]] = []
        """The figures of every committed round, in order."""

    def open(self) -> Pool:
        """The pool as the last committed round left it; empty in a new folder."""
        self.rounds = [json.loads(text) for text in self._whole_lines(ROUNDS)]
        sizes = self.rounds[-1] if self.rounds else {}
        for name in (POOL, REJECTED):
            path = self._folder / name
            path.touch()
            os.truncate(path, sizes.get(f"bytes/{name}", 0))
        tasks = (Task.from_row(json.loads(text)) for text in self._whole_lines(POOL))
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
