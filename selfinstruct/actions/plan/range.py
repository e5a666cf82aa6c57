"""An estimated figure: its expected value and its bounds."""

from collections.abc import Callable
from typing import Annotated

from pydantic import Field, model_validator

from selfinstruct.part import part

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

    def row(self) -> dict[str, float]:
        """Return the three values as a row of `plan.json`."""
        return {"low": self.low, "expected": self.expected, "high": self.high}


def exactly(value: float) -> Range:
    """Return the range of a known figure."""
    return Range(low=value, expected=value, high=value)


def added(ranges: "list[Range | None]") -> Range | None:
    """Return the sum; None if any of them is unknown."""
    known = [range_ for range_ in ranges if range_ is not None]
    return sum(known, exactly(0)) if len(known) == len(ranges) else None
