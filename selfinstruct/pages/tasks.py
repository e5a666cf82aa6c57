"""The tasks of a run: a list whose address is the view, and a page for each."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.filters.meaning import nearest_by_meaning
from selfinstruct.pages.framing import framed, shortened
from selfinstruct.pages.index import Index, text_of
from selfinstruct.pages.library import Library, ViewedRun
from selfinstruct.pages.links import asked as address
from selfinstruct.pages.links import link, request_link, task_link
from selfinstruct.pages.search import TASKS, View
from selfinstruct.pages.server import PageError, PageRequest, Response
from selfinstruct.pages.story import drawn_for, facts_of, origin_of
from selfinstruct.storage.hashes import POOL
from selfinstruct.storage.replies import Reply
from selfinstruct.task import Task
from selfinstruct.text.escaping import csv_text

FEW = 20
"""Children, or rejections, that the page of a task names."""
AT_ONCE = 200
"""Rows that are sent together."""
HEAD = (
    *("id", "origin", "round", "request", "depth", "nearest", "rouge_l", "parents", "is_classification", "instances"),
    *("instruction", "input", "output"),
)
MORE = (
    "SELECT id, depth, (SELECT COUNT(*) FROM parents WHERE parent = place),"
    " (SELECT COUNT(*) FROM rejected WHERE rejected.nearest = tasks.id) FROM tasks WHERE place IN ({})"
)
CHILDREN = (
    "SELECT child.start FROM tasks JOIN parents ON parent = tasks.place"
    " JOIN tasks AS child ON child.place = parents.child WHERE tasks.id = ? ORDER BY child.place"
)


def task_list(library: Library, asked: PageRequest) -> Response:
    """Return the list of tasks that an address asks for."""
    run = library.run(asked.path["run"])
    index, share = run.index()
    view = View(TASKS, asked.query)
    places, after = view.page(index)
    values = {
        "count": view.count(index),
        "rows": cards(run, index, places),
        "query": defaultdict(str, asked.query),
        "origins": pairs(index.counted("origin")),
        "sorts": pairs(TASKS.sorts),
        **ways(run, "tasks", asked.query, after),
    }
    return framed("tasks.html", run, "tasks", values, share)


def pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return names as the options of a choice: the value, and what is shown."""
    return [(name, name) for name in names]


def ways(run: ViewedRun, name: str, query: Mapping[str, str], after: int | None) -> dict[str, Any]:
    """Return the addresses of the next page, of the first, and of all rows as files."""
    kept = {key: value for key, value in query.items() if key != "after"}
    return {
        "next": None if after is None else link(run.key, name) + address({**kept, "after": after}),
        "first": link(run.key, name) + address(kept) if query.get("after") else None,
        "files": [(kind, link(run.key, f"{name}.{kind}") + address(kept)) for kind in ("jsonl", "csv")],
        "all": link(run.key, name),
        "is_narrowed": bool({*kept} - {"sort"}),
    }


def cards(run: ViewedRun, index: Index, places: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """Return tasks as a list shows them."""
    marks = ", ".join("?" * len(places))
    more = {name: rest for name, *rest in index.select(MORE.format(marks), [place for place, _ in places])}
    return [
        card(run, task) | dict(zip(("depth", "children", "rejections"), more.get(task.id, (0, 0, 0)), strict=True))
        for task in index.tasks_at([start for _, start in places])
    ]


def card(run: ViewedRun, task: Task) -> dict[str, Any]:
    """Return a task as lists show it."""
    first = task.instances[0] if task.instances else None
    nearest = task.most_similar[0] if task.most_similar else None
    return {
        "id": task.id,
        "link": task_link(run.key, task.id),
        "text": shortened(task.instruction),
        "input": shortened(first.input) if first else "",
        "output": shortened(first.output) if first else "",
        "origin": task.origin,
        "is_rejected": task.is_rejected,
        "round": task.round,
        "near": nearest and (f"{nearest[1]:.2f}", nearest[0], task_link(run.key, nearest[0])),
    }


def task_file(library: Library, asked: PageRequest) -> Response:
    """Return all tasks of a view as lines of JSON, as the run stores them, or as CSV."""
    run = library.run(asked.path["run"])
    index, _ = run.index()
    starts = View(TASKS, asked.query).all(index)
    if asked.path["kind"] == "jsonl":
        return Response(body=(text.decode() for text in index.raw(POOL, list(starts))), type="application/x-ndjson")
    return Response(body=in_csv(index, starts), type="text/csv")


def in_csv(index: Index, starts: Iterator[int]) -> Iterator[str]:
    """Yield tasks as CSV, with their first instance."""
    yield csv_text([HEAD])
    while some := list(islice(starts, AT_ONCE)):
        tasks = index.tasks_at(some)
        depths = dict(index.select(f"SELECT id, depth FROM tasks WHERE start IN ({', '.join('?' * len(some))})", some))  # noqa: S608
        yield csv_text([row_of(task, depths.get(task.id)) for task in tasks])


def row_of(task: Task, depth: int | None) -> list[object]:
    """Return a task as a row."""
    nearest, score = task.most_similar[0] if task.most_similar else (None, None)
    first = task.instances[0] if task.instances else None
    made = [task.id, task.origin, task.round, task.request, depth, nearest, score, json.dumps(task.parents)]
    pair = [first.input, first.output] if first else [None, None]
    return [*made, task.is_classification, len(task.instances or ()), task.instruction, *pair]


def task_page(library: Library, asked: PageRequest) -> Response:
    """Return the page of a task."""
    run = library.run(asked.path["run"])
    index, share = run.index()
    name = asked.path["id"] or asked.query.get("id", "")
    if not (found := index.tasks([name])):
        unread = " It may not have been read yet." if share < 1 else ""
        raise PageError(f"The run has no task {name}.{unread}")
    task = found[0]
    values = {
        "title": task.id,
        "task": task,
        "facts": [text.replace("`", "") for text in (origin_of(task), *facts_of(task))],
        "request": request_link(run.key, task.request) if task.request else None,
        "parents": [card(run, one) for one in index.tasks(task.parents)],
        "nearest": nearest(run, index, task),
        "later": later(run, index, task),
        "lineage": link(run.key, "lineage", root=task.id),
        **children(run, index, task),
        **refused(run, index, task),
    }
    return framed("task.html", run, "tasks", values, share)


def nearest(run: ViewedRun, index: Index, task: Task) -> list[dict[str, Any]]:
    """Return the tasks that were nearest to a task when it entered the pool, by ROUGE-L and then by meaning."""
    near = [(name, f"ROUGE-L {score:.2f}") for name, score in task.most_similar]
    if by_meaning := nearest_by_meaning(task):
        near.append((by_meaning[0], f"cosine {by_meaning[1]:.2f}"))
    known = {one.id: one for one in index.tasks([name for name, _ in near])}
    return [
        {
            "id": name,
            "score": score,
            "link": task_link(run.key, name),
            "text": shortened(known[name].instruction),
        }
        for name, score in near
        if name in known
    ]


def children(run: ViewedRun, index: Index, task: Task) -> dict[str, Any]:
    """Return the tasks whose prompts showed a task, the first of them by their texts."""
    starts = [start for (start,) in index.select(CHILDREN, [task.id])]
    shown = [card(run, one) for one in index.tasks_at(starts[:FEW])]
    return {"children": shown, "child_count": len(starts), "all_children": link(run.key, "tasks", parent=task.id)}


def refused(run: ViewedRun, index: Index, task: Task) -> dict[str, Any]:
    """Return the candidates that were rejected because they are too near to a task, and those about it."""
    query = "SELECT start FROM rejected WHERE {} = ? ORDER BY place"
    near = [start for (start,) in index.select(query.format("nearest"), [task.id])]
    about = [start for (start,) in index.select(query.format("task"), [task.id])]
    return {
        "refused": [rejected_card(run, *one) for one in index.rejections_at(near[:FEW])],
        "refused_count": len(near),
        "all_refused": link(run.key, "rejected", nearest=task.id),
        "about": [rejected_card(run, *one) for one in index.rejections_at(about[:FEW])],
    }


def rejected_card(run: ViewedRun, stage: str, number: int, item: Any) -> dict[str, Any]:
    """Return a rejection as the page of a task shows it."""
    where = {"request": item.request, "link": request_link(run.key, item.request), "score": item.nearness}
    return {"text": shortened(text_of(item)), "filter": item.filter, "reason": item.reason, **where}


def later(run: ViewedRun, index: Index, task: Task) -> list[dict[str, Any]]:
    """Return the rounds in which a stage has completed a task, with the requests that were about it."""
    query = (
        "SELECT changes.round FROM changes JOIN tasks ON task = place WHERE id = ? AND changes.round >= 0 ORDER BY 1"
    )
    if run.is_capsule:  # it does not say when a task was completed
        return []
    rows = [run.reader.rows[place] for (place,) in index.select(query, [task.id])]
    return [
        {
            "stage": row["stage"],
            "round": row["round"],
            "requests": [(name, request_link(run.key, name)) for name in requests_about(run, row, task)],
        }
        for row in rows
        if row["stage"] != task.origin or row["round"] != task.round
    ]


def requests_about(run: ViewedRun, row: Mapping[str, Any], task: Task) -> list[str]:
    """Return the requests of a round that were about a task."""
    found: dict[str, list[Reply]] = {}
    with suppress(SelfInstructError), run.reader.replies() as replies:  # the store may be missing
        found = replies.of(row["stage"], row["round"])
    drawn = {name: drawn_for(sent[-1]) for name, sent in found.items()}
    return [name for name, one in drawn.items() if one is not None and one["task"] == task.id]
