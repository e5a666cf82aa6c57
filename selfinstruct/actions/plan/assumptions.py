"""The assumptions of a plan where no earlier run was measured; their values are in the YAML, each with its reason."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from selfinstruct.actions.plan.range import Range
from selfinstruct.part import part
from selfinstruct.recipe import ModelStage
from selfinstruct.recipe.annotate import Annotate

Kind = Literal["tasks", "whole_tasks", "answers", "instances"]
"""What the replies of a stage hold: new instructions, new tasks with input and output, short answers about a task, or
instances of it."""


def above_zero(range_: Range) -> Range:
    """Return the range; raises ValueError if it includes 0."""
    if range_.low == 0:
        raise ValueError("must be above 0")
    return range_


@part
class Assumptions:
    """The assumed needs of a recipe."""

    kept_per_request: Annotated[Range, AfterValidator(above_zero)]
    """New tasks that one request adds to the pool."""
    whole_tasks_per_request: Annotated[Range, AfterValidator(above_zero)]
    """The same, where a reply holds whole tasks, one after the other."""
    attempts_per_task: Range
    """Requests for each task until it is completed or given up."""
    classification: Range
    """Share of new tasks that are classification, for stages that complete only these, or only the others."""
    reply_tokens: dict[Kind, Range]
    """Tokens of one reply, by what it holds."""
    first_token_seconds: Annotated[float, Field(ge=0)]
    """Seconds until the first token of a reply."""
    tokens_per_second: Annotated[float, Field(gt=0)]
    """Tokens a second within one reply."""

    def kept(self, stage: ModelStage) -> Range:
        """Return the number of new tasks that one request of a stage adds to the pool."""
        return self.whole_tasks_per_request if kind_of(stage) == "whole_tasks" else self.kept_per_request

    def latency(self, tokens: float) -> float:
        """Return the seconds that a reply of this length takes."""
        return self.first_token_seconds + tokens / self.tokens_per_second


def kind_of(stage: ModelStage) -> Kind:
    """Return what the replies of a stage hold, as its parser says, or else by what the stage does with them."""
    holds: Kind | None = getattr(stage.prompt.parser, "holds", None)
    if holds is not None:
        return holds
    if not isinstance(stage, Annotate):
        return "tasks"
    return "answers" if stage.instances is None else "instances"
