"""Seed tasks from a JSONL file.

The keys are those of the seed tasks that were published with Self-Instruct, so that such a file is read as it is:
`instruction`, `instances` [{`input`, `output`}], `is_classification`, and, where there is one, `id`.  Other keys are
allowed and ignored.  The whole file is read before anything is said, so that one run tells every bad line.
"""

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from selfinstruct.errors import DataError
from selfinstruct.part import part
from selfinstruct.task import HUMAN, Instance, Task

HALF_A_PAIR = re.compile("[\ud800-\udfff]")


@part
class Jsonl:
    """Reads seed tasks, one JSON object a line."""

    path: Path
    """The file; a relative path starts where the command runs."""

    def problems(self) -> list[str]:
        """Every mistake in the file."""
        try:
            self.load()
        except DataError as error:
            return error.problems
        return []

    def load(self) -> list[Task]:
        """The tasks in the order of the file; raises DataError with every bad line."""
        tasks: list[Task] = []
        problems: list[str] = []
        rows = [(number, *read(line)) for number, line in self._lines()]
        first_line: dict[str, int] = {}
        for number, row, mistakes in rows:
            if "id" in row and first_line.setdefault(str(row["id"]), number) != number:
                mistakes.append(f"'id' {row['id']!r} stands in line {first_line[str(row['id'])]} already")
        free = (name for name in map("seed_task_{}".format, count()) if name not in first_line)
        for number, row, mistakes in rows:
            problems += [f"{self.path}:{number}: {mistake}." for mistake in mistakes]
            if not mistakes:
                tasks.append(task_of(str(row["id"]) if "id" in row else next(free), row))
        if not tasks and not problems:
            problems.append(f"{self.path}: holds no tasks.")
        if problems:
            raise DataError(problems)
        return tasks

    def _lines(self) -> Iterator[tuple[int, str]]:
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise DataError(
                [f"{self.path}: cannot be read ({error.strerror}). Set seeds.path=<file> to a JSONL file of tasks."]
            ) from None
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            where = content.count(b"\n", 0, error.start) + 1
            raise DataError(
                [f"{self.path}:{where}: byte {error.start} is not UTF-8. Save the file as UTF-8."]
            ) from None
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield number, line


def read(line: str) -> tuple[dict[str, Any], list[str]]:
    """A line's object, and everything that is wrong with it."""
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        return {}, [f"not JSON ({error})"]
    if not isinstance(row, dict):
        return {}, [f"must be an object, not {shown(row)}"]
    if HALF_A_PAIR.search(json.dumps(row, ensure_ascii=False)):
        return {}, ["holds half of a surrogate pair, which no file can keep"]
    mistakes = [f"'{key}' is missing" for key in ("instruction", "instances", "is_classification") if key not in row]
    if "id" in row and not isinstance(row["id"], str | int):
        mistakes.append(f"'id' must be text (got {shown(row['id'])})")
    instruction = row.get("instruction", "x")
    if not isinstance(instruction, str) or not instruction.strip():
        mistakes.append(f"'instruction' must be text that is not empty (got {shown(instruction)})")
    if not isinstance(row.get("is_classification", True), bool):
        mistakes.append(f"'is_classification' must be true or false (got {shown(row['is_classification'])})")
    return row, mistakes + mistakes_in_instances(row.get("instances", [{"input": "", "output": ""}]))


def mistakes_in_instances(instances: Any) -> list[str]:
    """What is wrong with the instances of a line."""
    if not isinstance(instances, list) or not instances:
        return [f"'instances' must be a list that is not empty (got {shown(instances)})"]
    mistakes = []
    for number, instance in enumerate(instances, 1):
        if not isinstance(instance, dict):
            mistakes.append(f"instance {number} must be an object with 'input' and 'output' (got {shown(instance)})")
            continue
        mistakes += [
            f"instance {number}: '{key}' must be text (got {shown(instance.get(key))})"
            for key in ("input", "output")
            if not isinstance(instance.get(key), str)
        ]
    return mistakes


def task_of(task_id: str, row: dict[str, Any]) -> Task:
    """The seed task that a row without mistakes describes."""
    return Task(
        id=task_id,
        origin=HUMAN,
        instruction=row["instruction"].strip(),
        is_classification=row["is_classification"],
        instances=tuple(Instance(input=item["input"], output=item["output"]) for item in row["instances"]),
    )


def shown(value: Any) -> str:
    """A value as JSON, short enough for a message."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
