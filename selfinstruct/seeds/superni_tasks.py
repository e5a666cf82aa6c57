"""Benchmark tasks from files of Super-NaturalInstructions (Wang et al., 2022), one JSON object a file, as published.

The definition is the instruction, the first instances of a file are its references, and nothing else of the file is
shown to anybody.  Published files are balanced by label, so the first instances are taken and none is drawn.  A
category is the first of a file's `Categories`; the official test track knows twelve, in each of which one of two
metrics is reported (`selfinstruct.metrics.reference_scores`).

Official tasks are found by their number, since some are called otherwise in other versions.
"""

import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import Field

from selfinstruct.errors import DataError
from selfinstruct.part import part
from selfinstruct.seeds.reading import object_in
from selfinstruct.seeds.superni import definition
from selfinstruct.seeds.superni import mistakes_in as mistakes_in_task
from selfinstruct.task import HUMAN, Reference, Task
from selfinstruct.text.files import Files

NUMBER = re.compile(r"task0*(\d+)_")


@part
class SuperniTasks:
    """Reads one benchmark task a file."""

    path: Path
    """A folder, a zip or one file; a relative path starts where the command runs."""
    split: Literal["all", "test"]
    """`test` for the tasks that `test_tasks` lists, all of which must be there; `all` for every file."""
    test_tasks: Path
    """A text file with the name of a task a line."""
    per_task: Annotated[int, Field(ge=1)] | None
    """The most inputs of a task that are asked about, the first ones; null for all."""

    def load(self) -> list[Task]:
        """Return the tasks in the order of their files' names; raises DataError with every mistake in them."""
        wanted = self._wanted()
        tasks, problems = dict[str, Task](), list[str]()
        files = Files(self.path, ".json", "Set seeds.path=<file> to a folder, a zip or a JSON file of tasks.")
        for file in files.names():
            name = PurePosixPath(file).stem
            if wanted is not None and wanted.pop(number_of(name), None) is None:
                continue
            row, mistakes = object_in(files, file)
            if not mistakes:
                found = mistakes_in_task(row) or mistakes_in(row, self.per_task)
                found += ["another file has this name already"] if name in tasks else []
                mistakes = [f"{files.place(file)}: {text}." for text in found]
            problems += mistakes
            if not mistakes:
                tasks[name] = self._task(name, row)
        if wanted:
            more = f" and {len(wanted) - 5} more" if len(wanted) > 5 else ""
            names = ", ".join(islice(wanted.values(), 5))
            problems.append(
                f"{self.path}: lacks {names}{more} of the test split. Set seeds.split=all for what is there."
            )
        if not tasks and not problems:
            problems.append(f"{self.path}: holds no tasks.")
        if problems:
            raise DataError(problems)
        return list(tasks.values())

    def _wanted(self) -> dict[str, str] | None:
        """Return the names of the tasks of the split by their numbers; None for every file."""
        if self.split == "all":
            return None
        try:
            lines = self.test_tasks.read_text(encoding="utf-8").split()
        except (OSError, ValueError) as error:
            raise DataError([f"{self.test_tasks}: cannot be read ({error}). Set seeds.test_tasks=<file>."]) from None
        return {number_of(name): name for name in lines}

    def _task(self, name: str, row: Mapping[str, Any]) -> Task:
        categories = row.get("Categories")
        return Task(
            id=name,
            origin=HUMAN,
            instruction=definition(row["Definition"]).strip(),
            attributes={"category": str(categories[0]) if isinstance(categories, list) and categories else "none"},
            references=tuple(reference(example) for example in islice(row["Instances"], self.per_task)),
        )


def number_of(name: str) -> str:
    """Return the number of a published task, by which it is known; of any other, its name."""
    found = NUMBER.match(name)
    return found[1] if found else name


def reference(example: Mapping[str, Any]) -> Reference:
    """Return what an instance asks, and its right outputs."""
    outputs = example["output"]
    return Reference(example["input"].strip(), (outputs,) if isinstance(outputs, str) else tuple(outputs))


def mistakes_in(row: Mapping[str, Any], per_task: int | None) -> list[str]:
    """Return what keeps a task from being scored, though it can be read."""
    if not row["Instances"]:
        return ["'Instances' has no instance to be answered"]
    examples = enumerate(islice(row["Instances"], per_task), 1)
    return [
        f"'Instances' {number} has no input" for number, example in examples if not (example["input"] or "").strip()
    ]
