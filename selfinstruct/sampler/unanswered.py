"""Show a task of a benchmark with one of its inputs, until all of them are answered.

An input that stands twice in a task is asked about once: its answer counts for both.  Inputs come in the order of the
benchmark, and nothing is drawn, so that all models meet the same ones.
"""

from itertools import islice
from random import Random

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.sampler import about_input
from selfinstruct.task import Task


@part
class Unanswered:
    """Takes every input of a benchmark that has no answer yet."""

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """Return all that is left, with the variables `task` and `input`."""
        return [about_input(task, text) for task in pool for text in left(task)]

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return the first task with its first input; raises ValueError where no task has references."""
        for task in pool:
            for text in islice(left(task), 1):
                return about_input(task, text)
        raise ValueError("wants tasks with references. Set seeds=superni_tasks or seeds=user_tasks")


def left(task: Task) -> list[str]:
    """Return the inputs of a task that have no answer and were not given up, each once."""
    met = {pair.input for pair in task.instances or ()} | set(task.unanswered)
    return [text for text in dict.fromkeys(one.input for one in task.references) if text not in met]
