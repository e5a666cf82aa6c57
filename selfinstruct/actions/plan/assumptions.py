"""Estimated figures, and those that are assumed where no earlier run was measured; the YAML has the reason for each."""

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from selfinstruct.part import part

Kind = Literal["tasks", "whole_tasks", "answers", "instances"]
"""What the replies of a stage hold: new instructions, new tasks with input and output, short answers about a task, or
instances of it."""
Figure = Annotated[float, Field(ge=0)]


@part
class Range:
    """Low, expected and high."""

    low: Figure
    """The value if all goes well."""
    expected: Figure
    """The expected value."""
    high: Figure
    """The value if little goes well."""

    @model_validator(mode="after")
    def _is_in_order(self) -> "Range":
        if not self.low <= self.expected <= self.high:
            raise ValueError("must have low <= expected <= high")
        return self

    def __add__(self, other: "Range") -> "Range":
        return Range(low=self.low + other.low, expected=self.expected + other.expected, high=self.high + other.high)

    def __mul__(self, other: "Range") -> "Range":
        return Range(low=self.low * other.low, expected=self.expected * other.expected, high=self.high * other.high)

    def mapped(self, change: Callable[[float], float]) -> "Range":
        """Return the range with a monotonic change applied to its three values."""
        return Range(low=change(self.low), expected=change(self.expected), high=change(self.high))


def exactly(value: float) -> Range:
    """Return the range of a known figure."""
    return Range(low=value, expected=value, high=value)


def added(ranges: "list[Range | None]") -> Range | None:
    """Return the sum; None if any of them is unknown."""
    known = [range_ for range_ in ranges if range_ is not None]
    return sum(known, exactly(0)) if len(known) == len(ranges) else None


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
