"""Which tasks were used as examples, and what came of it.

A prompt shows several tasks, so that a task descends from many seeds, and the shares add up to far more than one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task
from selfinstruct.text.command import pasted
from selfinstruct.text.escaping import markdown_table

MOST = 20
DEFINITIONS = (
    "Parents of a task are the tasks that its prompt showed; it is their child.",
    "A use is one request that showed a task, of those from which anything was kept.",
    "Descendants are children, their children and so on, each once; their share is of all tasks made.",
)


def children(pool: Iterable[Task]) -> dict[str, list[str]]:
    """Return the children of every task that has some."""
    found: dict[str, list[str]] = {}
    for task in pool:
        for parent in dict.fromkeys(task.parents):
            found.setdefault(parent, []).append(task.id)
    return found


def descendants(id: str, of: Mapping[str, list[str]]) -> set[str]:
    """Return all that descend from a task."""
    found: set[str] = set()
    left = [id]
    while left:
        new = [child for child in of.get(left.pop(), ()) if child not in found]
        found.update(new)
        left += new
    return found


def uses(pool: Iterable[Task]) -> Counter[str]:
    """Return in how many requests that gave something each task was shown."""
    requests = {task.request: task.parents for task in pool if task.request}
    return Counter(parent for parents in requests.values() for parent in dict.fromkeys(parents))


def lineage(record: RunReader) -> list[str]:
    """Return which tasks were used as examples most, and what came of them."""
    pool, of = record.pool, children(record.pool)
    made = sum(not task.is_human for task in pool)
    rows = [["task", "uses", "children", "children per use", "descendants", "share"]]
    for name, count in uses(pool).most_common(MOST):
        own, below = len(of[name]), len(descendants(name, of))
        figures = (f"{count:,}", f"{own:,}", f"{own / count:.2f}", f"{below:,}", f"{below / made:.1%}")
        rows.append([pasted(name), *figures])
    about = f"{made:,} tasks made from {len(record.seeds):,} seeds, in {len(record.rows):,} rounds."
    definitions = (f"- {text}" for text in DEFINITIONS)
    return ["# Lineage", "", about, "", *definitions, "", "## Tasks used as examples most", "", markdown_table(rows)]
