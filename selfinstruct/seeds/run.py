"""Seed tasks from the pool of an earlier run: every task that it had committed, its seeds and what it made.

What is known of a task stays, with its id: instances, whether it is classification, parents, nearest neighbours, all of
which are in the pool, too.  Who wrote it moves below `seeds` in `models`, so that no machine's text passes for a
person's, and the grammar's for no model's, however often a pool is passed on.  Left out is what means nothing outside
that run: round and request, and which stages gave it up, for this run may have a better model.

A run that is still at work, or was stopped, is read up to its last committed round.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from selfinstruct.errors import DataError, RunFolderError
from selfinstruct.part import part
from selfinstruct.seeds.assembly import problems_of
from selfinstruct.seeds.fields import (
    instance,
    mistakes_in_classification,
    mistakes_in_id,
    mistakes_in_instances,
    mistakes_in_instruction,
    shown,
)
from selfinstruct.seeds.reading import Found, content_of, lines_of
from selfinstruct.storage.hashes import ROUNDS, SIZE, checked
from selfinstruct.storage.rows import rounds_of
from selfinstruct.task import HUMAN, SEEDS, Task
from selfinstruct.text.plain_files import check_plain

FAMILY = "family"
"""The attribute of tasks of Instruction Induction."""
POOL = "pool.jsonl"
WANTED = "<folder> to the folder of a run that has kept something"
LONGEST_LINE = 64_000_000
"""Characters: a seed may have very many instances."""


@part
class Run:
    """Reads the pool of a run folder."""

    path: Path
    """The folder; a relative path starts where the command runs."""

    def problems(self) -> list[str]:
        """Return every mistake in the folder."""
        return problems_of(self.load)

    def load(self) -> list[Task]:
        """Return the tasks in the pool's order; raises DataError with every bad line."""
        tasks: dict[str, Task] = {}
        problems: list[str] = []
        for item in self._lines():
            mistakes = item.mistakes or mistakes_in(item.row)
            problems += [f"{item.place}: {mistake}." for mistake in mistakes]
            if not mistakes and (task := seed_of(item.row)) is not None:
                tasks[task.id] = task  # in its first place: the last line of an id wins
            elif not mistakes:
                problems.append(f"{item.place}: is not a task as a run writes it.")
        if problems:
            raise DataError(problems)
        return list(tasks.values())

    def _lines(self) -> Iterator[Found]:
        try:
            check_plain(self.path)
        except RunFolderError as error:
            raise DataError(str(error).split("\n")) from None
        content = content_of(self.path / POOL, WANTED)
        yield from lines_of(self.path / POOL, content[: self._committed(len(content))], LONGEST_LINE)

    def _committed(self, most: int) -> int:
        """Return how much of the pool the last committed round has left."""
        content_of(self.path / ROUNDS, WANTED)  # it can be read
        try:
            rounds = rounds_of(self.path / ROUNDS)
            size: int = rounds[-1].get(f"{SIZE}{POOL}", 0) if rounds else 0
            if not 0 < size <= most:
                raise DataError([f"{self.path}: holds no rounds of a run. Set seeds.path={WANTED}."])
            checked(self.path / POOL, rounds)
        except RunFolderError as error:
            raise DataError([str(error)]) from None
        return size


def mistakes_in(row: dict[str, Any]) -> list[str]:
    """Return what is wrong with a line of a pool that was changed manually."""
    mistakes = mistakes_in_id(row) if "id" in row else ["'id' is missing"]
    mistakes += mistakes_in_instruction(row.get("instruction"))
    mistakes += mistakes_in_classification(row)
    models = row.get("models")
    if not isinstance(models, dict) or not all(isinstance(name, str) for name in models.values()):
        mistakes.append(f"'models' must name who wrote what (got {shown(models)})")
    return mistakes + (mistakes_in_instances(row["instances"]) if row.get("instances") else [])


def seed_of(row: dict[str, Any]) -> Task | None:
    """Return the seed that a task of an earlier run becomes; None where no run has written it."""
    try:
        task = Task.from_row(row)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    models = {
        stage if stage.partition("/")[0] == SEEDS else f"{SEEDS}/{stage}": name for stage, name in task.models.items()
    }
    instances = task.instances
    if instances is not None and FAMILY not in task.attributes:  # a family's inputs are words, "none" among them
        instances = tuple(instance(known.input, known.output) for known in instances)
    return replace(task, origin=HUMAN, models=models, round=0, request="", failed_stages={}, instances=instances)
