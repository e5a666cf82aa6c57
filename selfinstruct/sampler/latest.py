"""Show the newest version of every task, each with an operation to evolve it by.

Evol-Instruct (Xu et al., 2023, section 2.2): in each generation every instruction is evolved once; what comes of it
takes its place in the next generation, and where the evolution failed, the instruction returns unchanged.  A task of
the stage that has no instances and was not given up is still on its way, and until it has come nothing is drawn.
"""

from random import Random
from typing import Annotated, Self

from pydantic import Field, model_validator

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.task import Task

NUMBERS = 2**32
"""The template's number is below this."""


@part
class Latest:
    """Takes the newest version of each task, in the order of the tasks that the run started from."""

    operations: dict[str, Annotated[float, Field(ge=0)]]
    """Operation to weight: how often it is drawn, beside the others; 0 for never."""

    @model_validator(mode="after")
    def _draws_some(self) -> Self:
        if not any(self.operations.values()):
            raise ValueError("has no operation with a weight above 0")
        return self

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """Return at most `count` samples with the variables `task`, `text`, `operation` and `number`."""
        names, weights = list(self.operations), list(self.operations.values())
        return [
            shown(task, rng.choices(names, weights)[0], rng.randrange(NUMBERS)) for task in newest(pool, stage)[:count]
        ]

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return the first task, with an operation of the stream's choice."""
        return self.sample(pool, rng, 1, "")[0]

    def previews(self, pool: Pool) -> list[Sample]:
        """Return the first task, with every operation that may be drawn."""
        task = next(iter(pool))
        return [shown(task, operation, 0) for operation, weight in self.operations.items() if weight]


def shown(task: Task, operation: str, number: int) -> Sample:
    """Return what a prompt shows that evolves a task; templates choose by the number."""
    variables = {"task": task, "text": task.text, "operation": operation, "number": number}
    return Sample(variables=variables, parents=(task.id,), attributes={"operation": operation})


def newest(pool: Pool, stage: str) -> list[Task]:
    """Return the newest completed version of each task; nothing while one is neither completed nor given up."""
    found = {task.id: task for task in pool if task.origin != stage}
    head = {known: known for known in found}
    for task in map(pool.__getitem__, pool.of(stage)):
        head[task.id] = head[task.parents[0]]
        if task.instances is not None and not task.is_rejected:
            found[head[task.id]] = task
        elif not task.failed_stages:
            return []
    return list(found.values())
