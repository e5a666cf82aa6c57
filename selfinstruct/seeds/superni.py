"""Seed tasks from files of Super-NaturalInstructions (Wang et al. 2022), one JSON object a file, as published.

The positive examples and then the instances are the task's instances, one for each right output.  Negative examples and
what has no place in a task (contributors, domains, licenses) are left out.  A task is classification where its file
says so, or where `Classification` is among its categories; other schemes of categories leave it open.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import Field

from selfinstruct.errors import DataError
from selfinstruct.part import part
from selfinstruct.seeds.fields import (
    instance,
    mistakes_in_classification,
    mistakes_in_id,
    mistakes_in_input,
    mistakes_in_instruction,
    writers,
)
from selfinstruct.seeds.reading import object_in
from selfinstruct.task import HUMAN, Instance, Task
from selfinstruct.text.files import Files
from selfinstruct.text.json_objects import shown

POSITIVE, INSTANCES = "Positive Examples", "Instances"
MOST_SHOWN = 5
"""Mistakes reported of one list; a file has thousands of instances, and what is wrong with one is wrong with many."""


@part
class Superni:
    """Reads one task a file."""

    path: Path
    """A folder, a zip or one file; a relative path starts where the command runs."""
    author: str
    """Who wrote the tasks that do not say so: `human`, the name of a model, or `unknown`."""
    instances: Annotated[int, Field(ge=1)] | None
    """The most instances that a task gets, the first ones; null for all."""

    def load(self) -> list[Task]:
        """Return the tasks in the order of their files' names; raises DataError with every mistake in them."""
        tasks: dict[str, Task] = {}
        first: dict[str, str] = {}
        problems: list[str] = []
        files = Files(self.path, ".json", "Set seeds.path=<file> to a folder, a zip or a JSON file of tasks.")
        for file in files.names():
            row, mistakes = object_in(files, file)
            place, name = files.place(file), str(row.get("id", PurePosixPath(file).stem))
            if not mistakes:
                mistakes = [f"{place}: {text}." for text in mistakes_in(row)]
            if not mistakes and first.setdefault(name, place) != place:
                mistakes = [f"{place}: the id {shown(name)} is that of {first[name]} already."]
            problems += mistakes
            if not mistakes:
                tasks[name] = self._task(name, row)
        if problems:
            raise DataError(problems)
        return list(tasks.values())

    def _task(self, name: str, row: Mapping[str, Any]) -> Task:
        categories = row.get("Categories")
        is_classified = isinstance(categories, list) and "Classification" in categories
        said = row.get("is_classification")
        return Task(
            id=name,
            origin=HUMAN,
            instruction=definition(row["Definition"]).strip(),
            is_classification=(is_classified or None) if said is None else said,
            instances=tuple(islice(instances_of(row), self.instances)) or None,
            models=writers(row, self.author),
        )


def mistakes_in(row: Mapping[str, Any]) -> list[str]:
    """Return everything that is wrong with a task."""
    mistakes = [f"'{key}' is missing" for key in ("Definition", INSTANCES) if key not in row]
    mistakes += mistakes_in_id(row)
    texts = row.get("Definition", "x")
    if isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts):
        texts = definition(texts)
    mistakes += mistakes_in_instruction(texts, "Definition")
    mistakes += mistakes_in_classification(row)
    for key in (POSITIVE, INSTANCES):
        mistakes += mistakes_in_list(key, row.get(key, []))
    return mistakes


def mistakes_in_list(key: str, examples: Any) -> list[str]:
    """Return what is wrong with a list of examples."""
    if not isinstance(examples, list):
        return [f"'{key}' must be a list (got {shown(examples)})"]
    found = [f"'{key}' {number}{text}" for number, one in enumerate(examples, 1) for text in mistakes_in_example(one)]
    more = len(found) - MOST_SHOWN
    return found if more <= 0 else [*found[:MOST_SHOWN], f"'{key}' has {more:,} more mistakes of this kind"]


def mistakes_in_example(example: Any) -> Iterator[str]:
    """Yield what is wrong with an example."""
    if not isinstance(example, dict):
        yield f" must be an object with 'input' and 'output' (got {shown(example)})"
        return
    yield from (f": {mistake}" for mistake in mistakes_in_input(example))
    outputs = example.get("output")
    texts = [outputs] if isinstance(outputs, str) else outputs
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        yield f": 'output' must be text, or a list of texts that is not empty (got {shown(outputs)})"


def definition(value: str | list[str]) -> str:
    """Return the instruction; published files have one text, or a list of one."""
    return value if isinstance(value, str) else "\n".join(value)


def instances_of(row: Mapping[str, Any]) -> Iterator[Instance]:
    """Yield every right output with its input, those of the positive examples first."""
    for example in (*row.get(POSITIVE, []), *row[INSTANCES]):
        outputs = example["output"]
        yield from (instance(example["input"], text) for text in ([outputs] if isinstance(outputs, str) else outputs))
