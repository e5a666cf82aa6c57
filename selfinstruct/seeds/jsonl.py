"""Seed tasks from a JSONL file, or from one JSON list, in the keys of those that were published with Self-Instruct.

`instruction`, `instances` [{`input`, `output`}], and, where there are such, `is_classification` and `id`; other keys
are ignored.  A file in these keys is taken for a person's work; for any other, use a reader that asks who wrote it.
"""

from pathlib import Path

from selfinstruct.part import part
from selfinstruct.seeds.assembly import Row, apart
from selfinstruct.seeds.fields import (
    instances_of,
    mistakes_in_classification,
    mistakes_in_id,
    mistakes_in_instances,
    mistakes_in_instruction,
    task_of,
)
from selfinstruct.seeds.reading import lines_or_items
from selfinstruct.task import Task


@part
class Jsonl:
    """Reads seed tasks: one JSON object a line, or one list of them."""

    path: Path
    """The file; a relative path starts where the command runs."""

    def load(self) -> list[Task]:
        """Return the tasks in the order of the file; raises DataError with every bad line."""
        return apart(self.path, lines_or_items(self.path), mistakes_in, lambda row: task_of(row, instances_of(row), {}))


def mistakes_in(row: Row) -> list[str]:
    """Return everything that is wrong with a line."""
    hint = "; seeds=alpaca reads 'instruction', 'input' and 'output'" if "output" in row else ""
    missing = {"instruction": "", "instances": hint}
    mistakes = [f"'{key}' is missing{text}" for key, text in missing.items() if key not in row]
    mistakes += mistakes_in_id(row)
    mistakes += mistakes_in_instruction(row.get("instruction", "x"))
    mistakes += mistakes_in_classification(row)
    return mistakes + mistakes_in_instances(row.get("instances", [{"input": "", "output": ""}]))
