"""Seed tasks from the flattened rows of Natural Instructions v2: `task_name`, `id`, `definition`, `inputs`, `targets`.

A row is one instance with one target.  Rows of one `task_name` are one task, or, without a name, rows of one
definition; `id` names the instance and is not kept.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.seeds.assembly import Row, together
from selfinstruct.seeds.fields import (
    instance,
    mistakes_in_id,
    mistakes_in_input,
    mistakes_in_instruction,
    mistakes_in_text,
    name_of,
    writers,
)
from selfinstruct.seeds.reading import lines_or_items
from selfinstruct.task import HUMAN, Task

KEYS = ("definition", "inputs", "targets")


@part
class NaturalInstructions:
    """Reads one instance a row."""

    path: Path
    """The file, JSON or JSONL; a relative path starts where the command runs."""
    author: str
    """Who wrote the rows that do not say so: `human`, the name of a model, or `unknown`."""
    instances: Annotated[int, Field(ge=1)] | None
    """The most instances that a task gets, the first ones; null for all."""

    def load(self) -> list[Task]:
        """Return the tasks in the order in which they begin; raises DataError with every bad row."""
        return together(self.path, lines_or_items(self.path), mistakes_in, self._task, instances=self.instances)

    def _task(self, row: Row) -> Task:
        return Task(
            id=name_of(row, "task_name"),
            origin=HUMAN,
            instruction=row["definition"].strip(),
            instances=(instance(row["inputs"], row["targets"]),),
            models=writers(row, self.author),
        )


def mistakes_in(row: Row) -> list[str]:
    """Return everything that is wrong with a row."""
    mistakes = [f"'{key}' is missing" for key in KEYS if key not in row]
    mistakes += mistakes_in_id(row, "task_name")
    mistakes += mistakes_in_instruction(row.get("definition", "x"), "definition")
    mistakes += mistakes_in_input({"inputs": "", **row}, "inputs")
    return mistakes + mistakes_in_text(row.get("targets", ""), "targets")
