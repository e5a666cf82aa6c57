"""Tasks and rejections as a page lists them: long texts cut, and of many of them some, drawn evenly; both said so."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from selfinstruct.pages.figures.labels import plural
from selfinstruct.round import Rejection
from selfinstruct.storage.diversity import even
from selfinstruct.task import Task
from selfinstruct.text.places import without_places

LONGEST = 600
"""Characters of a text that are shown."""

Item = TypeVar("Item")


def cut(text: str, longest: int = LONGEST) -> str:
    """Return a text, or its beginning with how much is left out."""
    return text if len(text) <= longest else f"{text[:longest]}… ({plural(len(text) - longest, 'more character')})"


def fields_of(task: Task) -> list[tuple[str, str]]:
    """Return a task as its fields, with its first instance."""
    found = [("instruction", task.instruction)]
    if task.instances:
        first = task.instances[0]
        found += [("input", first.input)] if first.input.strip() else []
        found.append(("output", first.output))
    return [(name, cut(text)) for name, text in found]


def text_of(item: Rejection) -> str:
    """Return what was rejected, as one text."""
    candidate = item.candidate
    if candidate is None:
        return cut(item.text)
    given = [candidate.instance.input, candidate.instance.output] if candidate.instance else []
    return cut("\n\n".join(text for text in (candidate.instruction, *given) if text.strip()))


def repeats(item: Rejection, task: Task) -> bool:
    """Return whether a rejected candidate has the instruction of a task, so that it need not be shown twice."""
    return item.candidate is not None and item.candidate.instruction == task.instruction


def with_judged(item: Rejection, task: Task | None) -> Rejection:
    """Return a rejected verdict on a task with the answer that was judged; any other rejection as it is."""
    if task is None or not task.instances or item.candidate is None or item.candidate.instances:
        return item
    return replace(item, candidate=replace(item.candidate, instances=task.instances[:1]))


def shown_tasks(made: Sequence[Task], rows: int) -> dict[str, Any]:
    """Return the table of tasks."""
    head = ["id", "instruction", "input", "output"]
    return listed("Tasks", head, made, rows, lambda task: [task.id, *cells(task)])


def cells(task: Task) -> list[str]:
    """Return the instruction, the first input and the first output of a task."""
    known = dict(fields_of(task))
    return [known.get(name, "") for name in ("instruction", "input", "output")]


def shown_rejections(refused: Sequence[Rejection], rows: int) -> dict[str, Any]:
    """Return the table of rejections."""
    head = ["request", "filter", "reason", "text"]
    return listed("Rejections", head, refused, rows, rejection_cells)


def rejection_cells(item: Rejection) -> list[str]:
    """Return a rejection as a row."""
    return [item.request, item.filter, cut(without_places(item.reason)), text_of(item)]


def listed(
    title: str, head: Sequence[str], items: Sequence[Item], rows: int, row: Callable[[Item], list[str]]
) -> dict[str, Any]:
    """Return a table of at most so many items."""
    drawn = even(items, rows) if items and rows else []
    note = f"Of {len(items):,}, these {len(drawn):,}, evenly drawn." if len(drawn) < len(items) else ""
    return {"title": f"{title} ({len(items):,})", "headers": head, "rows": list(map(row, drawn)), "note": note}
