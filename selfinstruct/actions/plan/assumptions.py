"""What is taken for granted where no earlier run says better; the values stand in the YAML, each with its reason."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from selfinstruct.actions.plan.range import Range
from selfinstruct.part import part
from selfinstruct.recipe import ModelStage
from selfinstruct.recipe.annotate import Annotate

Kind = Literal["tasks", "whole_tasks", "answers", "instances"]
"""What the replies of a stage hold: new instructions, new tasks with input and output, short answers about a task, or
instances of it."""

SHORT = ("single_instruction", "answer")
"""Forms of a reply that is a few words."""


def above_zero(range_: Range) -> Range:
    """The range, if none of it is 0."""
    if range_.low == 0:
        raise ValueError("must be above 0")
    return range_


@part
class Assumptions:
    """What a recipe is taken to need."""

    kept_per_request: Annotated[Range, AfterValidator(above_zero)]
    """New tasks that one request leaves in the pool."""
    whole_tasks_per_request: Annotated[Range, AfterValidator(above_zero)]
    """The same, where a reply holds whole tasks, one after the other."""
    attempts_per_task: Range
    """Requests until a task is completed or given up, in stages that complete tasks."""
    classification: Range
    """Share of new tasks that are classification, for stages that complete only these, or only the others."""
    reply_tokens: dict[Kind, Range]
    """Tokens of one reply, by what it holds."""
    first_token_seconds: Annotated[float, Field(ge=0)]
    """Seconds until a reply begins."""
    tokens_per_second: Annotated[float, Field(gt=0)]
    """Tokens that one reply grows by in a second."""

    def kept(self, stage: ModelStage) -> Range:
        """New tasks that one request of a stage leaves in the pool."""
        return self.whole_tasks_per_request if kind_of(stage) == "whole_tasks" else self.kept_per_request

    def latency(self, tokens: float) -> float:
        """Seconds that a reply of so many tokens takes."""
        return self.first_token_seconds + tokens / self.tokens_per_second


def kind_of(stage: ModelStage) -> Kind:
    """What the replies of a stage hold; one induced instruction is as short as an answer."""
    if stage.prompt.parser.reply_format in SHORT:
        return "answers"
    if not isinstance(stage, Annotate):
        return "whole_tasks" if stage.prompt.parser.reply_format == "whole_tasks" else "tasks"
    return "answers" if stage.instances is None else "instances"
