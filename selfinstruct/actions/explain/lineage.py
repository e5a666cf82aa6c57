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
    "Depth is 0 for a seed, else 1 more than that of the deepest parent.",
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


def depths(pool: Iterable[Task]) -> dict[str, int]:
    """Return how many generations each task is away from the seeds; parents stand before their children."""
    found: dict[str, int] = {}
    for task in pool:
        found[task.id] = 0 if task.is_human else 1 + max((found.get(parent, 0) for parent in task.parents), default=0)
    return found


def lineage(record: RunReader) -> list[str]:
    """Return which tasks were used as examples most, what came of them, and how deep the generations go."""
    pool, of = record.pool, children(record.pool)
    made = [task for task in pool if not task.is_human]
    known = depths(pool)
    generations = Counter(known[task.id] for task in made)
    rows = [["task", "uses", "children", "children per use", "descendants", "share"]]
    for name, count in uses(pool).most_common(MOST):
        own, below = len(of[name]), len(descendants(name, of))
        figures = (f"{count:,}", f"{own:,}", f"{own / count:.2f}", f"{below:,}", f"{below / len(made):.1%}")
        rows.append([pasted(name), *figures])
    depth_rows = [["depth", "tasks"], *([str(depth), f"{generations[depth]:,}"] for depth in sorted(generations))]
    return [
        "# Lineage",
        "",
        f"{len(made):,} tasks made from {len(record.seeds):,} seeds, in {len(record.rows):,} rounds.",
        "",
        *(f"- {text}" for text in DEFINITIONS),
        "",
        "## Tasks that were used as examples most",
        "",
        markdown_table(rows),
        "## Depth",
        "",
        markdown_table(depth_rows),
    ]
