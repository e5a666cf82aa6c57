"""How long a stage takes at the model's limits.

Three limits bound it: the number of concurrent requests, each as long as a reply takes; requests a minute; tokens a
minute.  The slowest counts.  The time of the program itself, such as for similarity, is not included; the pace of an
earlier run, which is noted as well, includes it.
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
    """A model with limits."""

    @property
    def concurrency(self) -> int:
        """The most concurrent requests."""
        ...

    @property
    def requests_per_minute(self) -> int | None:
        """The most attempts in any 60 seconds."""
        ...

    @property
    def tokens_per_minute(self) -> int | None:
        """The most tokens in any 60 seconds."""
        ...


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a stage can be."""

    seconds: Range
    bound_by: str
    """The limit that decides."""


def pace(stage: ModelStage, model: Model, estimate: Estimate, latency: float) -> Pace | None:
    """Return how fast a stage can be, with replies of this latency in seconds; None for a model without limits."""
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
