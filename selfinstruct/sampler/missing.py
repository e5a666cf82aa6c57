"""Show one task that lacks a field, so that the model completes it.

Self-Instruct, section 2.2, asks whether a task is classification (step 2) and for its instances, in another order for
classification tasks (step 3).  A judge fills an attribute of tasks in the same way.
"""

from itertools import islice
from random import Random
from typing import Any

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.sampler import about
from selfinstruct.task import Task

FIELDS = ("is_answered", "is_classification", "is_human", "instances", "origin")


@part
class Missing:
    """Takes the tasks that lack a field, in the pool's order, except those that the stage has given up."""

    field: str
    """What is to be filled: `is_classification`, `instances`, or the name of an attribute."""
    where: dict[str, bool | int | float | str | None]
    """Only tasks with these values of `is_classification`, `is_answered`, `is_human`, `origin` or attributes, null
    for not known; empty for all."""

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """Return at most `count` samples with `task` and `parents`, the tasks that it was made of."""
        lacking = (task for task in pool if self._lacks(task) and stage not in task.failed_stages)
        return [about(task, pool) for task in islice(lacking, count)]

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return any task of the pool, as if it lacked the field and were made of itself."""
        task = next(iter(pool))
        return Sample(variables={"task": task, "parents": [task]}, task=task)

    def _lacks(self, task: Task) -> bool:
        return value_of(task, self.field) is None and all(
            value_of(task, key) == value for key, value in self.where.items()
        )


def value_of(task: Task, name: str) -> Any:
    """Return a field of a task, or one of its attributes; None where it has none of that name."""
    return getattr(task, name) if name in FIELDS else task.attributes.get(name)
