"""The seeds of a run as it started with them, and those of a capsule.

They are taken from the pool and not from the file that the config names: that file may have changed since, and its path
means nothing elsewhere.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfinstruct.actions.publication.archive import Archive
from selfinstruct.storage.journal import POOL
from selfinstruct.task import HUMAN, Task
from selfinstruct.text.encoding import HALF_A_PAIR


@dataclass(frozen=True)
class Kept:
    """Seeds that were read before."""

    tasks: list[Task]

    def load(self) -> list[Task]:
        """Return the stored tasks."""
        return self.tasks


def seed_rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a run's seeds, as it wrote them first."""
    known: set[str] = set()
    with (folder / POOL).open(encoding="utf-8") as file:
        for text in file:
            row = json.loads(text)
            if row["origin"] == HUMAN and row["id"] not in known:
                known.add(row["id"])
                yield row


def seeds_in(capsule: Archive) -> Kept:
    """Return the seeds of a capsule; raises ValueError, with the line, for one that no run has written."""
    tasks = []
    for number, row in enumerate(capsule.rows("seeds.jsonl"), 1):
        try:
            task = Task.from_row(row)
            is_seed = (
                task.origin == HUMAN and is_whole(task) and not HALF_A_PAIR.search(json.dumps(row, ensure_ascii=False))
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            is_seed = False
        if not is_seed:
            raise ValueError(f"seeds.jsonl:{number} is not a seed task")
        tasks.append(task)
    if len({task.id for task in tasks}) < len(tasks):
        raise ValueError("seeds.jsonl has an id twice")
    return Kept(tasks)


def is_whole(task: Task) -> bool:
    """Return whether all that a prompt shows of a seed is text."""
    texts = [
        task.instruction,
        *(text for instance in task.instances or () for text in (instance.input, instance.output)),
    ]
    return all(isinstance(text, str) for text in texts) and task.is_classification in (True, False, None)
