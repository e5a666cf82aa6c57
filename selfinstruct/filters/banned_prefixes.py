"""Reject instructions by how they begin.

Models write "Write a program" again and again; the reference code of Self-Instruct drops whatever begins so, "Write a
programme for the school concert" too.  Here a text must end where a word ends, unless `whole_words` is false, and case
does not matter.  The texts are a mapping, so that one can be switched off or added alone:
`...filters.banned_prefixes.texts={Write a program: false}`.
"""

import re
from functools import cached_property
from typing import Annotated

from pydantic import Field

from selfinstruct.filters.scripts import occurrences
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


@part
class BannedPrefixes:
    """Rejects an instruction that begins with any of the texts."""

    texts: dict[Annotated[str, Field(pattern=r"\S")], bool]
    """Opening text, and whether it is looked for."""
    whole_words: bool
    """Whether the last word of a text must be whole: "Write a program" is then no opening of "Write a programme"."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the first of the texts that the instruction begins with."""
        instruction = candidate.instruction.lstrip()
        for text, pattern in self._patterns.items():
            if pattern.match(instruction):
                return f"begins with {text!r}"
        return None

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        return occurrences(self.texts, ends=self.whole_words)
