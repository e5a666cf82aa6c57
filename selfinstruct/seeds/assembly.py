"""From the rows of a file to its seeds: which rows are one task, what each is called, and all mistakes at once.

Where a row is a task, a repeated id is a mistake.  Where a row is an instance, rows of one id are one task, and rows
without ids are one task where they have one instruction.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

from selfinstruct.errors import DataError
from selfinstruct.seeds.fields import recorded
from selfinstruct.seeds.reading import Found
from selfinstruct.task import Task
from selfinstruct.text.json_objects import shown

Row: TypeAlias = Mapping[str, Any]
Check: TypeAlias = Callable[[Row], list[str]]
"""Everything that is wrong with a row."""
Make: TypeAlias = Callable[[Row], Task]
"""The task of a row without mistakes; its id is empty where the row has none."""


def apart(path: Path, found: Iterable[Found], check: Check, make: Make) -> list[Task]:
    """Return the tasks of a file with one task a row; raises DataError with every bad row."""
    rows = [checked(item, check) for item in found]
    first: dict[str, str] = {}
    for item in rows:
        if "id" in item.row and first.setdefault(str(item.row["id"]), item.place) != item.place:
            place = first[str(item.row["id"])]
            item.mistakes.append(f"'id' {shown(item.row['id'])} stands in {place} already")
    drafts = [make(item.row) for item in rows if not item.mistakes]
    return without_mistakes(path, rows, named(drafts, first))


def together(
    path: Path,
    found: Iterable[Found],
    check: Check,
    make: Make,
    *,
    instances: int | None = None,
    is_split: bool = False,
) -> list[Task]:
    """Return the tasks of a file with one instance a row, of which a task gets the first `instances`.

    Rows of one id whose instructions differ are a mistake, or, where the file `is_split` that way, tasks of their own.
    Raises DataError with every bad row.
    """
    rows = [checked(item, check) for item in found]
    drafts: dict[tuple[str, str], Task] = {}
    first: dict[str, tuple[str, str]] = {}
    for item in rows:
        if item.mistakes:
            continue
        draft = make(item.row)
        place, instruction = first.setdefault(draft.id, (item.place, draft.instruction))
        if draft.id and instruction != draft.instruction and not is_split:
            item.mistakes.append(f"the id {shown(draft.id)} stands in {place} with another instruction")
        key = (draft.id, draft.instruction)
        drafts[key] = joined(drafts[key], draft, instances) if key in drafts else draft
    return without_mistakes(path, rows, named(drafts.values(), first))


def checked(item: Found, check: Check) -> Found:
    """Return a row with what is wrong by its meaning; broken JSON has none."""
    if item.mistakes and not item.row:
        return item
    return item._replace(mistakes=[*item.mistakes, *check(item.row)])


def joined(task: Task, more: Task, most: int | None) -> Task:
    """Return a task with the instances of a further row."""
    instances = ((task.instances or ()) + (more.instances or ()))[:most]
    models = task.models if task.models == more.models else recorded([*task.models.values(), *more.models.values()])
    return replace(task, instances=instances or None, models=models)


def named(drafts: Iterable[Task], taken: Iterable[str]) -> list[Task]:
    """Return the tasks, with an id for each that has none, and a number behind each that was given away already."""
    known = set(taken)
    given: set[str] = set()
    free = (name for name in map("seed_task_{}".format, count()) if name not in known)
    tasks = []
    for draft in drafts:
        name = draft.id or next(free)
        if name in given:
            numbered = (f"{draft.id}_{number}" for number in count(2))
            name = next(name for name in numbered if name not in known)
        given.add(name)
        known.add(name)
        tasks.append(replace(draft, id=name))
    return tasks


def without_mistakes(path: Path, rows: Iterable[Found], tasks: list[Task]) -> list[Task]:
    """Return the tasks; raises DataError where any row is bad, or if there are no rows."""
    problems = [f"{item.place}: {mistake}." for item in rows for mistake in item.mistakes]
    if not tasks and not problems:
        problems.append(f"{path}: holds no tasks.")
    if problems:
        raise DataError(problems)
    return tasks
