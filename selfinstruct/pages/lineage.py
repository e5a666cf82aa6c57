"""Descent in both directions: the seeds by what came of them, and of one task all that is above and below it."""

from typing import Any

from selfinstruct.pages.descent import DEFINITIONS, Descent
from selfinstruct.pages.framing import framed
from selfinstruct.pages.index import Index
from selfinstruct.pages.library import Library, ViewedRun
from selfinstruct.pages.links import link, task_link
from selfinstruct.pages.server import PageError, PageRequest, Response
from selfinstruct.pages.tasks import card
from selfinstruct.task import HUMAN

MOST = 200
"""Tasks in a list."""


def lineage_page(library: Library, asked: PageRequest) -> Response:
    """Return the seeds by descendants, or what is above and below the task that an address names."""
    run = library.run(asked.path["run"])
    index, share = run.index()
    root = asked.query.get("root", "")
    seeds = run.kept if share == 1 else lambda _, make: make()
    values = of_task(run, index, root) if root else seeds("seeds", lambda: of_seeds(run, index))
    return framed("lineage.html", run, "lineage", {"definitions": DEFINITIONS, "root": None, **values}, share)


def of_seeds(run: ViewedRun, index: Index) -> dict[str, Any]:
    """Return every seed with what descends from it, the widest first."""
    of = index.descent()
    seeds = [name for (name,) in index.select("SELECT id FROM tasks WHERE origin = ? ORDER BY place", [HUMAN])]
    made = len(of) - len(seeds)
    rows = ranked(run, index, of, seeds, made)
    silent = sum(not row["children"] for row in rows)
    return {"title": "Lineage", "rows": rows, "made": made, "silent": silent, "seeds": len(seeds)}


def ranked(run: ViewedRun, index: Index, of: Descent, names: list[str], made: int) -> list[dict[str, Any]]:
    """Return tasks with what descends from each, the widest first."""
    uses, counts = of.uses(), of.descendant_counts(names)
    texts = {task.id: task for task in index.tasks(names)}
    rows = [
        {
            **card(run, texts[name]),
            "uses": uses[name],
            "children": len(of.children.get(name, ())),
            "descendants": below,
            "share": below / made if made else 0.0,
            "lineage": link(run.key, "lineage", root=name),
        }
        for name, below in zip(names, counts, strict=True)
        if name in texts
    ]
    return sorted(rows, key=lambda row: (-row["descendants"], -row["uses"]))


def of_task(run: ViewedRun, index: Index, root: str) -> dict[str, Any]:
    """Return the tasks that a task descends from, by generation, and those that descend from it."""
    if not (found := index.tasks([root])):
        raise PageError(f"The run has no task {root}.")
    of = index.descent()
    own = of.children.get(root, [])
    widest = sorted(own, key=lambda name: -len(of.children.get(name, ())))[:MOST]
    return {
        "title": f"Lineage of {root}",
        "root": card(run, found[0]),
        "above": above(run, index, of, root),
        "rows": ranked(run, index, of, widest, len(of)),
        "child_count": len(own),
        "below_count": len(of.descendants(root)),
        "task": task_link(run.key, root),
    }


def above(run: ViewedRun, index: Index, of: Descent, root: str) -> list[dict[str, Any]]:
    """Return the ancestors of a task, those nearest to it first, each generation with its size."""
    levels = of.ancestors(root)
    shown = []
    for number, names in enumerate(levels, 1):
        cards = [
            {**card(run, task), "lineage": link(run.key, "lineage", root=task.id)} for task in index.tasks(names[:MOST])
        ]
        shown.append({"number": number, "count": len(names), "tasks": cards})
    return shown
