"""Show a judge an answer that a benchmark got, with what it is to be compared with.

The one sampler whose prompts show references.  It shows the answer to the first input of a task: the tasks that people
rate have one (Self-Instruct, section 5.4).
"""

from random import Random

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.task import Task


@part
class Answered:
    """Takes the tasks of a benchmark that are answered and not judged."""

    field: str
    """The attribute in which the judge's verdict is stored."""
    shows_references: bool
    """Whether the prompt sees the right outputs, as `references`; where false, it is an empty list."""

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """Return all that is left, with the variables `task`, `input`, `answer` and `references`."""
        return [
            self._about(task)
            for task in pool
            if answers_of(task) and self.field not in task.attributes
            if stage not in task.failed_stages
        ]

    def foreseen(self, pool: Pool) -> int:
        """Return how many answers there will be: one for each task of the benchmark."""
        return sum(bool(task.references) for task in pool)

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return the first task, with a reference in place of its answer."""
        for task in pool:
            if task.references:
                return self._about(task)
        raise ValueError("wants tasks with references. Set seeds=user_tasks")

    def _about(self, task: Task) -> Sample:
        reference = task.references[0]
        variables = {
            "task": task,
            "input": reference.input,
            "answer": (answers_of(task) or reference.outputs)[0],
            "references": list(reference.outputs) if self.shows_references else [],
        }
        return Sample(variables=variables, task=task)


def answers_of(task: Task) -> list[str]:
    """Return the answers to the first input of a task."""
    return [pair.output for pair in task.instances or () for one in task.references[:1] if pair.input == one.input]
