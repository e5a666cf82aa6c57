"""Seed tasks in the columns of the Alpaca data, JSON or JSONL: one task a row, `instruction`, `input`, `output`.

A row with an instruction alone is a task without an instance; one with a list of `instances` has them all.  A row may
say whether its task is classification (`is_classification`).
"""

from pathlib import Path

from selfinstruct.part import part
from selfinstruct.seeds.assembly import Row, apart
from selfinstruct.seeds.fields import instances_of, mistakes_in_columns, task_of, writers
from selfinstruct.seeds.reading import lines_or_items
from selfinstruct.task import Task


@part
class Alpaca:
    """Reads one task a row."""

    path: Path
    """The file, JSON or JSONL; a relative path starts where the command runs."""
    author: str
    """Who wrote the rows that do not say so: `human`, the name of a model, or `unknown`."""

    def load(self) -> list[Task]:
        """Return the tasks in the order of the file; raises DataError with every bad row."""
        return apart(self.path, lines_or_items(self.path), mistakes_in_columns, self._task)

    def _task(self, row: Row) -> Task:
        return task_of(row, instances_of(row), writers(row, self.author))
