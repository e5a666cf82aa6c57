"""How long a stage takes at the model's limits.

Three things bound it: so many requests under way at once, each as long as a reply takes; requests a minute; tokens a
minute.  The slowest of them counts.  What the program itself takes, to judge how like a candidate is to the pool, say,
is no limit of the model's; an earlier run's own pace, which is told beside it, holds that too.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from selfinstruct.actions.plan.estimate import Estimate
from selfinstruct.actions.plan.range import Range
from selfinstruct.model import Model
from selfinstruct.recipe import ModelStage
from selfinstruct.recipe.annotate import AHEAD
from selfinstruct.recipe.grow import Grow


@runtime_checkable
class Limited(Protocol):
    """A model that is asked within limits."""

    @property
    def concurrency(self) -> int:
        """Requests under way at once."""
        ...

    @property
    def requests_per_minute(self) -> int | None:
        """Attempts in any 60 seconds."""
        ...

    @property
    def tokens_per_minute(self) -> int | None:
        """Tokens in any 60 seconds."""
        ...


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a stage can be."""

    seconds: Range
    bound_by: str
    """The limit that decides."""


def pace(stage: ModelStage, model: Model, estimate: Estimate, latency: float) -> Pace | None:
    """How fast a stage can be, if a reply takes so many seconds; None for a model without limits."""
    if not isinstance(model, Limited):
        return None
    under_way = AHEAD
    if isinstance(stage, Grow) and stage.generations is None:
        under_way = (stage.rounds_ahead + 1) * stage.requests_per_round
    at_once = min(model.concurrency, under_way)
    narrow = "rounds_ahead" if under_way < model.concurrency else "concurrency"
    found = {narrow: estimate.requests.mapped(lambda count: count * latency / at_once)}
    if (most := model.requests_per_minute) is not None:
        found["requests_per_minute"] = estimate.requests.mapped(lambda count: 60 * count / most)
    if (tokens := model.tokens_per_minute) is not None:
        found["tokens_per_minute"] = (estimate.prompts + estimate.replies).mapped(lambda count: 60 * count / tokens)
    bound_by = max(found, key=lambda name: found[name].expected)
    seconds = Range(
        low=max(range_.low for range_ in found.values()),
        expected=found[bound_by].expected,
        high=max(range_.high for range_ in found.values()),
    )
    return Pace(seconds=seconds, bound_by=bound_by)
