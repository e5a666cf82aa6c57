"""Benchmark tasks as Self-Instruct's authors wrote 252 of them: user-oriented, with one reference each (section 5.4).

The keys are those of the published file: `id`, `motivation_app`, `instruction`, `instances` [{`input`, `output`}].
Applications are compared without case and with outer space left out, since the published names differ in both.
"""

from pathlib import Path

from selfinstruct.part import part
from selfinstruct.seeds.assembly import Row, apart
from selfinstruct.seeds.fields import instances_of, mistakes_in_text
from selfinstruct.seeds.jsonl import mistakes_in
from selfinstruct.seeds.reading import lines_or_items
from selfinstruct.task import HUMAN, Reference, Task

APPLICATION = "motivation_app"


@part
class UserTasks:
    """Reads one benchmark task a line."""

    path: Path
    """The file, JSON or JSONL; a relative path starts where the command runs."""

    def load(self) -> list[Task]:
        """Return the tasks in the order of the file; raises DataError with every bad line."""
        return apart(self.path, lines_or_items(self.path), mistakes, task_of)


def mistakes(row: Row) -> list[str]:
    """Return everything that is wrong with a line."""
    found = [*mistakes_in(row), *mistakes_in_text(row.get(APPLICATION, ""), APPLICATION)]
    if not found and not all(instance["output"].strip() for instance in row["instances"]):
        found.append("an instance has no output to compare an answer with")
    return found


def task_of(row: Row) -> Task:
    """Return the benchmark task that a line without mistakes describes."""
    outputs: dict[str, list[str]] = {}
    for pair in instances_of(row) or ():
        outputs.setdefault(pair.input.strip(), []).append(pair.output)
    return Task(
        id=str(row.get("id", "")),
        origin=HUMAN,
        instruction=row["instruction"].strip(),
        attributes={"application": row.get(APPLICATION, "").strip().lower() or "none"},
        references=tuple(Reference(given, tuple(found)) for given, found in outputs.items()),
    )
