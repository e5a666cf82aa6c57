"""Reject instructions that are too short or too long.

Self-Instruct, section 2.2, step 4; the reference code drops 3 words and fewer, and more than 150.  Words are what white
space separates; in scripts without spaces each letter counts as one, so raise `max_words` for these languages.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from selfinstruct.filters.scripts import has_unspaced
from selfinstruct.filters.tokens import unicode
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


@part
class Length:
    """Keeps instructions of `min_words` to `max_words` words, both included."""

    min_words: Annotated[int, Field(ge=0)]
    """The fewest words an instruction may have."""
    max_words: Annotated[int, Field(ge=1)]
    """The most words an instruction may have."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.min_words > self.max_words:
            raise ValueError(f"min_words ({self.min_words}) is above max_words ({self.max_words}): nothing would pass")
        return self

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the number of words, where it is out of range."""
        words = count_words(candidate.instruction)
        if words < self.min_words:
            return f"too short: {words} of at least {self.min_words} words"
        if words > self.max_words:
            return f"too long: {words} words, at most {self.max_words}"
        return None


def count_words(text: str) -> int:
    """Count what white space separates; letters of a script without spaces count one by one."""
    return sum(len(unicode(piece)) if has_unspaced(piece) else 1 for piece in text.split())
