"""Which tasks were used as examples, and what descends from them.

A prompt shows several tasks, so that a task descends from many seeds, and the shares add up to far more than one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

DEFINITIONS = (
    "Parents of a task are the tasks that its prompt showed; it is their child.",
    "A use is one request that showed a task, of those from which anything was kept.",
    "Descendants are children, their children and so on, each once; their share is of all tasks made.",
)


class Made(NamedTuple):
    """A task, as far as it matters here."""

    id: str
    parents: Sequence[str]
    request: str


class Descent:
    """The tasks of a pool by what they descend from, in the order in which they were made."""

    def __init__(self, tasks: Iterable[Made]) -> None:
        self._tasks = list(tasks)
        self.children: dict[str, list[str]] = {}
        """The children of every task that has some."""
        for task in self._tasks:
            for parent in dict.fromkeys(task.parents):
                self.children.setdefault(parent, []).append(task.id)

    def __len__(self) -> int:
        """Return how many tasks there are."""
        return len(self._tasks)

    def ancestors(self, name: str) -> list[list[str]]:
        """Return the parents of a task, then theirs and so on up to the seeds, each where it is nearest."""
        parents = {task.id: task.parents for task in self._tasks}
        known, levels, left = {name}, list[list[str]](), [name]
        while left:
            left = list(dict.fromkeys(one for below in left for one in parents.get(below, ()) if one not in known))
            known.update(left)
            levels += [left] if left else []
        return levels

    def uses(self) -> Counter[str]:
        """Return in how many requests that gave something each task was shown."""
        requests = {task.request: task.parents for task in self._tasks if task.request}
        return Counter(parent for parents in requests.values() for parent in dict.fromkeys(parents))

    def descendants(self, name: str) -> set[str]:
        """Return all that descend from a task."""
        found: set[str] = set()
        left = [name]
        while left:
            new = [child for child in self.children.get(left.pop(), ()) if child not in found]
            found.update(new)
            left += new
        return found

    def descendant_counts(self, names: Sequence[str]) -> list[int]:
        """Return how many tasks descend from each of some; all are counted in one pass, as bits of a number."""
        from numpy import frombuffer, uint8, unpackbits

        above: dict[str, int] = {}
        own = {name: 1 << place for place, name in enumerate(names)}
        for task in self._tasks:
            known = 0
            for parent in task.parents:
                known |= above.get(parent, 0) | own.get(parent, 0)
            if known:
                above[task.id] = known
        size = (len(names) + 7) // 8
        if not above or not names:
            return [0] * len(names)
        rows = frombuffer(b"".join(mask.to_bytes(size, "little") for mask in above.values()), uint8)
        bits = unpackbits(rows.reshape(-1, size), axis=1, bitorder="little", count=len(names))
        return [int(count) for count in bits.sum(axis=0)]
