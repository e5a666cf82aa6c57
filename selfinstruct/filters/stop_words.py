"""Reject outputs that say nothing: punctuation and stop words alone.

WizardLM (Xu et al., 2023), section 2.2, elimination rule 3; the paper does not print its list.  The one of the YAML
leaves out what may be a whole answer ("no", "not", "a").  Words are runs of letters and digits of any script.
"""

import re
from functools import cached_property
from typing import Annotated

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate

WORD = re.compile(r"[^\W_]+")


@part
class StopWords:
    """Rejects an output that has no other word than these."""

    words: dict[Annotated[str, Field(pattern=r"^[^\W_]+$")], bool]
    """Words that say nothing by themselves, and whether they count as such."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return that nothing else stands in the output, where that is so."""
        if candidate.instance is None:
            return None
        words = WORD.findall(candidate.instance.output.lower())
        if not words:
            return "only punctuation"
        return "only punctuation and stop words" if self._words.issuperset(words) else None

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(word.lower() for word, wanted in self.words.items() if wanted)
