"""Show a judge all answers that were drawn for a task.

Judges favor what they read first, so the order is shuffled: by the id of the task, which is the same when a run is
resumed.  A task whose answers are all the same is not shown, for there is nothing to choose.
"""

from random import Random

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.task import ALTERNATIVES, Task


@part
class Alternatives:
    """Takes the tasks with several answers, in the pool's order, except those that the stage has handled."""

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """Return at most `count` samples with the variables `task`, `input` and `answers`."""
        left = [
            task
            for task in pool
            if len(task.attributes.get(ALTERNATIVES, ())) > 1 and not {stage} & {*task.models, *task.failed_stages}
        ]
        return [shown(task, [one["output"] for one in task.attributes[ALTERNATIVES]]) for task in left[:count]]

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return the first task, as if the model had given two answers."""
        return shown(next(iter(pool)), ["One answer.", "Another answer."])


def shown(task: Task, outputs: list[str]) -> Sample:
    """Return what a prompt shows of a task with these answers."""
    answers = Random(task.id).sample(outputs, len(outputs))
    given = task.instances[0].input if task.instances else ""
    return Sample(variables={"task": task, "input": given, "answers": answers}, task=task)
