"""Show a judge two answers to one task, in one of the two orders.

A judge favors the answer that it reads first, or last; so a recipe has two stages with this sampler, and what they
disagree about is a tie.
"""

from random import Random

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.task import Task


@part
class TwoAnswers:
    """Takes the tasks with two answers that are not compared in this order yet."""

    field: str
    """The attribute in which the verdict is stored."""
    swapped: bool
    """Whether the answer of the second system is shown first."""

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """Return all that is left, with the variables `task`, `input`, `answer_1` and `answer_2`."""
        return [
            self._about(task)
            for task in pool
            if "answers" in task.attributes and self.field not in task.attributes and stage not in task.failed_stages
        ]

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return the first task with two answers; raises ValueError where there is none."""
        for task in pool:
            if "answers" in task.attributes:
                return self._about(task)
        raise ValueError("wants tasks with two answers. Set seeds=two_answers")

    def _about(self, task: Task) -> Sample:
        answers = task.attributes["answers"]
        first, second = reversed(answers) if self.swapped else answers
        variables = {"task": task, "input": task.references[0].input, "answer_1": first, "answer_2": second}
        return Sample(variables=variables, task=task)
