"""Reject instructions that ask for what a language model cannot see or make.

Self-Instruct, section 2.2, step 4; the reference code has thirteen words.  A word counts wherever it stands whole, in
any case: "file-system" and "file's" hold the word "file", while "profile" and "file_name" do not.  Words in scripts
without spaces are found anywhere.

The words are a mapping, so that one can be switched off (`...filters.keywords.words.draw=false`) or added
(`+...filters.keywords.words.video=true`) alone; one with a space is written `...words={go to: false}`.
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
class Keywords:
    """Rejects an instruction that holds any of the words."""

    words: dict[Annotated[str, Field(pattern=r"\S")], bool]
    """Word or phrase, and whether it is looked for."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the first of the words that the instruction holds."""
        for word, pattern in self._patterns.items():
            if pattern.search(candidate.instruction):
                return f"contains {word!r}"
        return None

    @cached_property
    def _patterns(self) -> dict[str, re.Pattern[str]]:
        return occurrences(self.words)
