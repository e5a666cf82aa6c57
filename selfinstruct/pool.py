"""Every task of a run, human and machine.

Tasks enter in order and keep their place; a stage that completes a task puts a new version of it in the same place.
What a filter has to look up fast is an index of the pool: made when first asked for, and given every task once.

A pool may have a shelf, which is a file: what is added goes there by way of the journal, and is read anew whenever the
pool is gone through.  So are the tasks of a recipe that asks no model, which may be more than the memory holds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol, TypeVar, cast

from selfinstruct.task import Task


class Index(Protocol):
    """Something derived from the tasks of a pool, kept up to date by the pool."""

    def add(self, task: Task) -> None:
        """Take in a task; called once for each, in the pool's order, when it enters."""
        ...


class Shelf(Protocol):
    """Tasks that are on disk only."""

    def __iter__(self) -> Iterator[Task]:
        """Yield those that are committed, in order, read anew each time."""
        ...

    def __len__(self) -> int:
        """Return how many are committed."""
        ...


I = TypeVar("I", bound=Index)  # noqa: E741  (the letter of the thing)


TOPIC = "topic"
"""The attribute of a task, and of what was rejected, that names the topic which its prompt asked for."""


class TopicCounts:
    """An index of a pool: how many tasks of each topic the run has made."""

    def __init__(self) -> None:
        self.made: Counter[str] = Counter()

    def add(self, task: Task) -> None:
        """Count a task that was made for a topic; seeds do not count."""
        if TOPIC in task.attributes and not task.is_human:
            self.made[task.attributes[TOPIC]] += 1


def quotas(weights: Mapping[str, float], total: int) -> dict[str, int]:
    """Return how many of `total` tasks each topic is to have by its weight; what is left goes to the largest rests."""
    whole = sum(weights.values())
    exact = {topic: total * weight / whole for topic, weight in weights.items() if weight}
    found = {topic: int(exact.get(topic, 0)) for topic in weights}
    by_rest = sorted(exact, key=lambda topic: found[topic] - exact[topic])
    for topic in by_rest[: total - sum(found.values())]:
        found[topic] += 1
    return found


class Pool:
    """All tasks of a run, in the order they came."""

    def __init__(self, tasks: Iterable[Task] = (), shelf: Shelf | None = None) -> None:
        self._tasks: dict[str, Task] = {}
        self._shelf = shelf
        self._shelved = 0 if shelf is None else len(shelf)
        self._indexes: dict[object, Index] = {}
        self._by_origin: dict[str, list[str]] = {}
        self._numbers: dict[str, int] = {}
        for task in tasks:
            self.add(task)

    def __len__(self) -> int:
        return len(self._tasks) + self._shelved

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values() if self._shelf is None else self._shelf)

    @property
    def is_shelved(self) -> bool:
        """Return whether its tasks are on disk only."""
        return self._shelf is not None

    def __contains__(self, id: str) -> bool:
        return id in self._tasks

    def __getitem__(self, id: str) -> Task:
        return self._tasks[id]

    def add(self, task: Task) -> None:
        """Take in a new task; raises ValueError if its id is taken."""
        if task.id in self._tasks:
            raise ValueError(f"the pool has a task {task.id!r} already")
        if self._shelf is None:
            self._tasks[task.id] = task
            self._by_origin.setdefault(task.origin, []).append(task.id)
        else:
            self._shelved += 1
        for index in self._indexes.values():
            index.add(task)

    def put(self, task: Task) -> None:
        """Replace a task by a newer version of itself, in its place; its instruction and origin stay."""
        old = self._tasks[task.id]
        if (old.instruction, old.origin) != (task.instruction, task.origin):
            raise ValueError(f"task {task.id!r} may be completed, but its instruction and origin stay")
        self._tasks[task.id] = task

    def of(self, origin: str) -> list[str]:
        """Return the ids of the tasks of one origin, in the pool's order (not to be changed)."""
        return self._by_origin.get(origin, [])

    def before(self, origin: str, count: int) -> "Pool":
        """Return the pool as it stood when `origin` had made only its first `count` tasks; to be read only."""
        made = self.of(origin)
        if count >= len(made):
            return self
        earlier = Pool()
        earlier._tasks = dict(self._tasks)
        for later in made[count:]:
            del earlier._tasks[later]
        earlier._by_origin = {**self._by_origin, origin: made[:count]}
        return earlier

    def new_id(self, stage: str) -> str:
        """Return an id for the next task of a stage: the stage and a number."""
        number = max(len(self.of(stage)) + 1, self._numbers.get(stage, 1))
        while f"{stage}_{number}" in self._tasks:  # seeds may come from a run that had this stage, too
            number += 1
        self._numbers[stage] = number
        return f"{stage}_{number}"

    def index(self, key: object, make: Callable[[], I]) -> I:
        """Return the index under `key`, made from all tasks so far unless it exists."""
        if key not in self._indexes:
            index = make()
            for task in self:
                index.add(task)
            self._indexes[key] = index
        return cast(I, self._indexes[key])
