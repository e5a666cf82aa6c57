"""Seed tasks from a file with one row an instance: `instruction`, `input`, `output`, as released with Self-Instruct.

Rows with one id are one task, and so are rows without ids that have one instruction.  A row with an instruction alone
is a task without an instance, and one with a list of `instances` has them all.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.seeds.assembly import Row, together
from selfinstruct.seeds.fields import instances_of, mistakes_in_columns, task_of, writers
from selfinstruct.seeds.reading import lines_or_items
from selfinstruct.task import Task


@part
class SelfInstruct:
    """Reads one instance a row."""

    path: Path
    """The file, JSON or JSONL; a relative path starts where the command runs."""
    author: str
    """Who wrote the rows that do not say so: `human`, the name of a model, or `unknown`."""
    instances: Annotated[int, Field(ge=1)] | None
    """The most instances that a task gets, the first ones; null for all."""

    def load(self) -> list[Task]:
        """Return the tasks in the order in which they begin; raises DataError with every bad row."""
        found = lines_or_items(self.path)
        return together(self.path, found, mistakes_in_columns, self._task, instances=self.instances)

    def _task(self, row: Row) -> Task:
        found = instances_of(row)
        return task_of(row, found if found is None else found[: self.instances], writers(row, self.author))
