"""Reads a number on a scale from the reply of a judge; one that names two, or one beyond the scale, is rejected."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import model_validator

from selfinstruct.part import part
from selfinstruct.prompt.reply import read
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.text.pattern import lazy

MAX_DIGITS = 20  # digits that are read: Python reads no number of thousands of them, and this is beyond any scale
NUMBER = lazy(r"(?<![\w.,-])(\d+)(?:\.0+)?(?![\w-]|[.,]\d)")


@part
class Scale:
    """A scale of ratings: the whole numbers from one to another."""

    lowest: int
    """The low end of the scale."""
    highest: int
    """The high end of the scale."""

    @model_validator(mode="after")
    def _is_scale(self) -> Self:
        if self.lowest >= self.highest:
            raise ValueError(f"lowest ({self.lowest}) must be below highest ({self.highest})")
        return self


@part
class Rating(Scale):
    """Reads a whole number into an attribute."""

    attribute: str
    """The attribute that the number is stored as."""
    reply_format: ClassVar[str] = "rating"

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return one rating, or the reason why not."""
        reply = read(completion)
        for line in reply.text.split("\n"):
            text = re.sub(rf"(?:/|\bout of|\bof)\s*{self.highest}\b", "", line)
            if found := {int(number[:MAX_DIGITS]) for number in NUMBER.findall(text)}:
                if len(found) == 1 and self.lowest <= (rating := found.pop()) <= self.highest:
                    return [Candidate(attributes={self.attribute: rating})]
                break
        return reply.without_data(f"no number from {self.lowest} to {self.highest}")
