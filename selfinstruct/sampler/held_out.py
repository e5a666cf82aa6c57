"""Show an induced instruction with an input that was held out, to see whether it is what was meant.

Instruction Induction (Honovich et al., 2022, section 3.1).  Equal instructions of one family are executed once, for the
first task that has one.  Inputs are taken in the order of the data, so that all instructions meet the same ones.
"""

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Annotated

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.sampler import about_input, families
from selfinstruct.task import Task


@part
class HeldOut:
    """Takes every input that an induced instruction has not met yet."""

    inputs: Annotated[int, Field(ge=1)] | None
    """How many held-out inputs of a family each of its instructions meets, the first ones; null for all."""

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """Return all that is left, with the variables `task` and `input`."""
        held = {
            task.attributes["family"]: list(islice(inputs(task), self.inputs)) for task in families(pool, "execute")
        }
        left = []
        for task in distinct(pool):
            met = {pair.input for pair in task.instances or ()} | set(task.unanswered)
            left += [about_input(task, text) for text in held.get(task.attributes["family"], ()) if text not in met]
        return left

    def inputs_each(self, pool: Pool) -> float:
        """Return how many inputs an instruction meets, on average over the families."""
        counts = [len(list(islice(inputs(task), self.inputs))) for task in families(pool, "execute")]
        return sum(counts) / len(counts) if counts else 0.0

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return a family's own instruction with one of its inputs; raises ValueError where no seeds are held out."""
        for task in families(pool, "execute"):
            return about_input(task, next(inputs(task)))
        raise ValueError("wants seeds that are task families. Set seeds=families")


def inputs(task: Task) -> Iterator[str]:
    """Return the inputs of a task, each once."""
    return iter(dict.fromkeys(pair.input for pair in task.instances or ()))


def distinct(pool: Pool) -> list[Task]:
    """Return the first task of every induced instruction, family by family."""
    first: dict[tuple[str, str], Task] = {}
    for task in pool:
        if not task.is_human and "family" in task.attributes:
            first.setdefault((task.attributes["family"], task.instruction), task)
    return list(first.values())
