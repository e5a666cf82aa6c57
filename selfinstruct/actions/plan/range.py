"""A figure that is not known yet: what to expect of it, and between what."""

from collections.abc import Callable
from typing import Annotated

from pydantic import Field, model_validator

from selfinstruct.part import part

Figure = Annotated[float, Field(ge=0)]


@part
class Range:
    """Low, expected and high."""

    low: Figure
    """What it may be if all goes well."""
    expected: Figure
    """What to reckon with."""
    high: Figure
    """What it may be if little goes well."""

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
        """Each of the three, changed; the change keeps their order."""
        return Range(low=change(self.low), expected=change(self.expected), high=change(self.high))

    def row(self) -> dict[str, float]:
        """The three, as they are written down."""
        return {"low": self.low, "expected": self.expected, "high": self.high}


def exactly(value: float) -> Range:
    """A figure that is known."""
    return Range(low=value, expected=value, high=value)


def added(ranges: "list[Range | None]") -> Range | None:
    """The sum; None as soon as one is not known."""
    total = exactly(0)
    for range_ in ranges:
        if range_ is None:
            return None
        total += range_
    return total
