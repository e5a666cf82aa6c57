"""Reads how a judge rates several answers to one question, and has the best one chosen.

The judge writes a line for each answer, by its number in the prompt ("Answer 2: 4").  Of answers with the same rating
the one stays that was chosen before, or else the first that was drawn.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from selfinstruct.part import part
from selfinstruct.prompt.labeled_lines import answer_in
from selfinstruct.prompt.rating import Scale
from selfinstruct.prompt.reply import read
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import ALTERNATIVES


@part
class RatedAnswers(Scale):
    """Reads a rating for each of the `answers` that the prompt shows."""

    reply_format: ClassVar[str] = "labeled_lines"

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return the alternatives of the task with their scores and the choice, or the reason why not."""
        reply, scale = read(completion), list(range(self.lowest, self.highest + 1))
        shown = {f"Answer {number}": output for number, output in enumerate(prompt_vars["answers"], 1)}
        scores = {output: answer_in(reply, label, scale) for label, output in shown.items()}
        if lost := [label for label, output in shown.items() if scores[output] is None]:
            return reply.without_data(f"no rating from {self.lowest} to {self.highest} of {', '.join(lost)}")
        rated = [{**one, "score": scores[one["output"]]} for one in prompt_vars["task"].attributes[ALTERNATIVES]]
        best = max(rated, key=lambda one: (one["score"], one["chosen"]))
        return [Candidate(attributes={ALTERNATIVES: [{**one, "chosen": one is best} for one in rated]})]
