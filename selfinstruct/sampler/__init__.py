"""What a prompt is shown.

A sampler draws from the pool.  It holds no state: the same pool and the same random stream give the same samples.

To add one: `conf/sampler/<name>.yaml` and one module here.
"""

from random import Random
from typing import Literal, Protocol, runtime_checkable

from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.task import HUMAN, Task


@runtime_checkable
class Sampler(Protocol):
    """Draws what prompts show."""

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """Return at most `count` samples, one a request; an empty list means that nothing is left to do for this stage.

        An Annotate stage draws once, all that is left to do, and divides it into rounds.
        """
        ...

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return a sample of the same shape from a pool that holds only seeds, to check a prompt before it is paid for.

        Raises ValueError where the seeds are not enough for it; `{key}` in the message stands for the sampler's key.
        """
        ...


@runtime_checkable
class Various(Protocol):
    """A sampler whose samples are of several kinds, for each of which a template may have words of its own."""

    def previews(self, pool: Pool) -> list[Sample]:
        """Return a sample of each kind, from a pool that holds only seeds."""
        ...


@runtime_checkable
class ByInput(Protocol):
    """A sampler that shows a task with one of its inputs at a time."""

    def inputs_each(self, pool: Pool) -> float:
        """Return with how many inputs each task is shown, on average, for a pool that holds only seeds."""
        ...


@runtime_checkable
class Foreseeing(Protocol):
    """A sampler that knows from the seeds how many prompts it will show, though earlier stages must come first."""

    def foreseen(self, pool: Pool) -> int:
        """Return how many prompts it will show."""
        ...


def families(pool: Pool, kind: Literal["induce", "execute"]) -> list[Task]:
    """Return the seeds whose pairs of input and output may be shown (`induce`), or are held out (`execute`)."""
    return [task for task in map(pool.__getitem__, pool.of(HUMAN)) if task.attributes.get("set") == kind]


def about(task: Task, pool: Pool) -> Sample:
    """Return what a prompt about one task of the pool shows: `task`, and `parents`, the tasks that it was made of."""
    parents = [pool[parent] for parent in task.parents if parent in pool]
    return Sample(variables={"task": task, "parents": parents}, task=task)


def about_input(task: Task, text: str) -> Sample:
    """Return what a prompt about one input of a task shows."""
    return Sample(variables={"task": task, "input": text}, task=task, input=text, attributes={"input": text})
