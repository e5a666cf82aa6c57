"""Seed tasks from a JSONL file.

The keys are those of the seed tasks that were published with Self-Instruct, so that such a file is read as it is:
`instruction`, `instances` [{`input`, `output`}], `is_classification`, and, where there is one, `id`.  Other keys are
allowed and ignored.  The whole file is read before anything is said, so that one run tells every bad line.

Lines are decoded one by one, since a single byte of another encoding must not hide what is wrong in the others.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from selfinstruct.encoding import MARK, misread
from selfinstruct.errors import DataError
from selfinstruct.part import part
from selfinstruct.task import HUMAN, Instance, Task

HALF_A_PAIR = re.compile("[\ud800-\udfff]")
LONGEST_LINE = 1_000_000
"""Characters; more than any model reads at once, so that a longer line is a file of another kind."""
LONGEST_ID = 200
"""Characters; ids are repeated in every task that was made from this one."""
NOT_JSON = "not JSON"


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
        rows = list(self._rows())
        first_line: dict[str, int] = {}
        for number, row, mistakes in rows:
            if "id" in row and first_line.setdefault(str(row["id"]), number) != number:
                mistakes.append(f"'id' {shown(row['id'])} stands in line {first_line[str(row['id'])]} already")
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

    def _rows(self) -> Iterator[tuple[int, dict[str, Any], list[str]]]:
        """Each line that is not empty: its number, its object, and everything that is wrong with it."""
        content = self._content()
        bad = dict(misread(content))
        if bad and content.startswith((b"\xff", b"\xfe")):
            yield 1, {}, [bad[1]]
            return
        lines = content.removeprefix(MARK).split(b"\n")
        for number, line in enumerate(lines, 1):
            if number in bad:
                yield number, {}, [bad[number]]
            elif text := line.decode().strip():
                row, mistakes = read(text)
                if number == len(lines) and mistakes and mistakes[0].startswith(NOT_JSON):
                    mistakes = [f"{mistakes[0]}; the file ends within this line"]
                yield number, row, mistakes

    def _content(self) -> bytes:
        try:
            if self.path.exists() and not self.path.is_file():
                raise OSError(0, "it is no file" if self.path.is_dir() else "it is no file that can be read twice")
            return self.path.read_bytes()
        except (OSError, ValueError) as error:  # a ValueError for a path with NUL
            reason = error.strerror if isinstance(error, OSError) else error
        raise DataError([f"{self.path}: cannot be read ({reason}). Set seeds.path=<file> to a JSONL file of tasks."])


def read(line: str) -> tuple[dict[str, Any], list[str]]:
    """A line's object, and everything that is wrong with it."""
    if len(line) > LONGEST_LINE:
        return {}, [f"has {len(line):,} characters; a task may have {LONGEST_LINE:,}"]
    repeated: list[str] = []
    try:
        row = json.loads(line, object_pairs_hook=lambda pairs: unique(pairs, repeated))
    except json.JSONDecodeError as error:
        return {}, [f"{NOT_JSON} at column {error.colno} ({error.msg.removesuffix(' at')})"]
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or brackets within brackets
        return {}, [f"{NOT_JSON} that can be read ({error})"]
    if not isinstance(row, dict):
        return {}, [f"must be an object, not {shown(row)}"]
    if HALF_A_PAIR.search(json.dumps(row, ensure_ascii=False)):
        return {}, ["holds half of a surrogate pair, which no file can keep"]
    mistakes = [f"{shown(key)} stands twice in one object" for key in dict.fromkeys(repeated)]
    mistakes += [f"'{key}' is missing" for key in ("instruction", "instances", "is_classification") if key not in row]
    if "id" in row and not is_name(row["id"]):
        mistakes.append(f"'id' must be text of 1 to {LONGEST_ID} characters (got {shown(row['id'])})")
    instruction = row.get("instruction", "x")
    if not isinstance(instruction, str) or not instruction.strip():
        mistakes.append(f"'instruction' must be text that is not empty (got {shown(instruction)})")
    if not isinstance(row.get("is_classification", True), bool):
        mistakes.append(f"'is_classification' must be true or false (got {shown(row['is_classification'])})")
    return row, mistakes + mistakes_in_instances(row.get("instances", [{"input": "", "output": ""}]))


def unique(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    """The pairs of an object as a dict; keys that stand in it twice are noted, for one of the values would be lost."""
    made = dict(pairs)
    if len(made) < len(pairs):
        repeated += [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
    return made


def is_name(value: Any) -> bool:
    """Whether a value can be the id of a task."""
    return isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) <= LONGEST_ID


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
