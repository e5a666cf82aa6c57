"""Reject short outputs that apologize.

WizardLM (Xu et al., 2023), section 2.2: a response that holds "sorry" and has fewer than 80 words could not be given.
"""

import re
from functools import cached_property
from typing import Annotated

from pydantic import Field

from selfinstruct.filters.length import count_words
from selfinstruct.filters.scripts import occurrences
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


@part
class Refusal:
    """Rejects an output that holds one of the words and is short."""

    words: dict[Annotated[str, Field(pattern=r"\S")], bool]
    """Word or phrase of an apology, and whether it is looked for."""
    below_words: Annotated[int, Field(ge=1)]
    """An output of so many words or more is never rejected."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the word, where the output of the instance is short and holds it."""
        output = candidate.instance.output if candidate.instance else ""
        for word, pattern in self._patterns.items():
            if pattern.search(output) and (words := count_words(output)) < self.below_words:
                return f"says {word!r} in {words} words"
        return None

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        return occurrences(self.words)
