"""What was rejected, each beside the task that was too near, with the words in which they differ."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any

from selfinstruct.pages.framing import framed, shortened
from selfinstruct.pages.index import Index, text_of
from selfinstruct.pages.library import Library, ViewedRun
from selfinstruct.pages.links import link, request_link, task_link
from selfinstruct.pages.listing import repeats, with_judged
from selfinstruct.pages.marking import Marked, marked
from selfinstruct.pages.search import REJECTED, View
from selfinstruct.pages.server import PageRequest, Response
from selfinstruct.pages.tasks import AT_ONCE, pairs, ways
from selfinstruct.round import ROUGE_L, Rejection
from selfinstruct.storage.journal import REJECTED as FILE
from selfinstruct.task import Task
from selfinstruct.text.escaping import csv_text

HEAD = (
    *("stage", "round", "request", "filter", "reason"),
    *("nearest", "rouge_l", "cosine", "task", "text", "nearest_instruction"),
)


def rejected_list(library: Library, asked: PageRequest) -> Response:
    """Return the list of rejections that an address asks for."""
    run = library.run(asked.path["run"])
    index, share = run.index()
    view = View(REJECTED, asked.query)
    places, after = view.page(index)
    values = {
        "count": view.count(index),
        "rows": cards(run, index, [start for _, start in places]),
        "query": defaultdict(str, asked.query),
        "filters": [(name, f"{name} ({count:,})") for name, count in index.counted("filter").most_common()],
        "stages": pairs(index.counted("stage")),
        "sorts": pairs(REJECTED.sorts),
        "is_capsule": run.is_capsule,
        **ways(run, "rejected", asked.query, after),
    }
    return framed("rejected.html", run, "rejected", values, share)


def cards(run: ViewedRun, index: Index, starts: list[int]) -> list[dict[str, Any]]:
    """Return rejections as a list shows them."""
    found = index.rejections_at(starts)
    names = [name for _, _, item in found for name in (item.task, item.nearest and item.nearest[0]) if name]
    known = {task.id: task for task in index.tasks(list(dict.fromkeys(names)))}
    counts = {name: count_near(index, name) for name in {item.nearest[0] for _, _, item in found if item.nearest}}
    return [card(run, stage, number, item, known, counts) for stage, number, item in found]


def count_near(index: Index, name: str) -> int:
    """Return how many candidates were rejected as too near to a task."""
    return int(index.select("SELECT COUNT(*) FROM rejected WHERE nearest = ?", [name])[0][0])


def card(
    run: ViewedRun, stage: str, number: int, item: Rejection, known: dict[str, Task], counts: dict[str, int]
) -> dict[str, Any]:
    """Return a rejection as the list shows it."""
    task = known.get(item.task or "")
    text, beside = [(shortened(text_of(with_judged(item, task))), False)], None
    if item.nearest is not None:
        name = item.nearest[0]
        near = known.get(name)
        words: Marked = []
        if near is not None:
            text, words = marked(shortened(text_of(item)), shortened(near.instruction))
        others = (counts[name] - 1, link(run.key, "rejected", nearest=name))
        where_near = {"id": name, "score": item.nearness, "link": task_link(run.key, name)}
        beside = {**where_near, "text": words, "others": others}
    about = None if item.task is None else {"id": item.task, "link": task_link(run.key, item.task), "text": ""}
    if about is not None and task is not None and not repeats(item, task):
        about["text"] = shortened(task.instruction)
    where = {"stage": stage, "round": number, "request": item.request, "link": request_link(run.key, item.request)}
    return {"text": text, "nearest": beside, "about": about, "filter": item.filter, "reason": item.reason, **where}


def rejected_file(library: Library, asked: PageRequest) -> Response:
    """Return all rejections of a view as lines of JSON, as the run stores them, or as CSV."""
    run = library.run(asked.path["run"])
    index, _ = run.index()
    starts = View(REJECTED, asked.query).all(index)
    if asked.path["kind"] == "jsonl":
        return Response(body=(text.decode() for text in index.raw(FILE, list(starts))), type="application/x-ndjson")
    return Response(body=in_csv(index, starts), type="text/csv")


def in_csv(index: Index, starts: Iterator[int]) -> Iterator[str]:
    """Yield rejections as CSV, each with the instruction of the nearest task."""
    yield csv_text([HEAD])
    while some := list(islice(starts, AT_ONCE)):
        found = index.rejections_at(some)
        known = {task.id: task for task in index.tasks([item.nearest[0] for _, _, item in found if item.nearest])}
        yield csv_text([row_of(*one, known) for one in found])


def row_of(stage: str, number: int, item: Rejection, known: dict[str, Task]) -> list[object]:
    """Return a rejection as a row."""
    name, score = item.nearest or (None, None)
    near = known[name].instruction if name in known else None
    scores = (score, None) if item.score == ROUGE_L else (None, score)
    return [stage, number, item.request, item.filter, item.reason, name, *scores, item.task, text_of(item), near]
