"""Show one task that lacks a field, so that the model completes it.

Self-Instruct completes tasks in two steps: whether a task is classification (section 2.2, step 2), and its instances,
in another order for classification tasks than for the rest (step 3).  Each is "the tasks that lack this, where that".
"""

from itertools import islice
from random import Random
from typing import Literal

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.task import Task


@part
class Missing:
    """Takes the tasks that lack a field, in the pool's order, except those that the stage has given up."""

    field: Literal["is_classification", "instances"]
    """The field that is to be filled."""
    where: dict[Literal["is_classification", "instances"], bool | None]
    """Only tasks with these values, null for not known; empty for all."""

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """At most `count` samples with the variable `task`."""
        lacking = (task for task in pool if self._lacks(task) and stage not in task.gave_up)
        return [Sample(variables={"task": task}, task=task) for task in islice(lacking, count)]

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Any task of the pool, as if it lacked the field."""
        task = next(iter(pool))
        return Sample(variables={"task": task}, task=task)

    def _lacks(self, task: Task) -> bool:
        return getattr(task, self.field) is None and all(
            getattr(task, key) is value for key, value in self.where.items()
        )
