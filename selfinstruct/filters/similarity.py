"""Reject instructions that resemble one the pool has.

Self-Instruct, section 2.2, step 4: a new instruction enters only if its ROUGE-L similarity with every task of the
pool, human-written seeds included, is less than 0.7.  The reference code rejects what is above 0.7, by the numbers of
the rouge-score package, and so does this, to their last bit (see `selfinstruct.filters.rouge`).  It compares one pair
at a time; here a candidate is scored with the whole pool at once, so that every kept task can also record its
neighbours and its mean score, as the published data does.

A candidate whose instruction has no tokens (punctuation only, or under `rouge` another script than Latin) scores 0 with
everything and passes; `length`, `script` and the `unicode` tokenizer are what stops it.
"""

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from selfinstruct.filters import tokens
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate

if TYPE_CHECKING:
    from selfinstruct.filters.rouge import RougeIndex

TOKENIZERS = {"rouge": tokens.rouge, "unicode": tokens.unicode}


@dataclass(frozen=True, slots=True)
class Nearness:
    """How near a candidate is to the pool."""

    nearest: tuple[tuple[str, float], ...] = ()
    average: float | None = None


@part
class Similarity:
    """Rejects an instruction whose ROUGE-L F with any task of the pool is above the threshold."""

    threshold: Annotated[float, Field(gt=0, le=1)]
    """The highest ROUGE-L F, from 0 to 1, that still passes; 1 lets even copies pass."""
    tokenizer: Literal["rouge", "unicode"]
    """How texts are cut: `rouge` as the rouge-score package does, which sees a to z and 0 to 9 only; `unicode` the same
    for ASCII texts, and right for other scripts."""
    neighbours: Annotated[int, Field(ge=0)]
    """How many nearest tasks a kept task records, with the mean score over the pool; 0 for neither."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """The nearest task and its score, where that is above the threshold."""
        index = self._index(pool)
        scores = index.scores(candidate.instruction)
        if not scores.size or scores.max() <= self.threshold:
            return None
        place = int(scores.argmax())
        return f"ROUGE-L {scores[place]:.4f} with {index.ids[place]}"

    def measure(self, candidate: Candidate, pool: Pool) -> Nearness:
        """The nearest tasks, of equally near ones the first in the pool first, and the mean over the pool."""
        from selfinstruct.filters.rouge import highest

        index = self._index(pool)
        if not self.neighbours or not index.ids:
            return Nearness()
        scores = index.scores(candidate.instruction)
        places = highest(scores, self.neighbours)
        nearest = tuple((index.ids[place], float(scores[place])) for place in places)
        # numpy adds up in an order that depends on the machine's vector width
        return Nearness(nearest, fsum(scores) / len(scores))

    def _index(self, pool: Pool) -> "RougeIndex":
        from selfinstruct.filters.rouge import RougeIndex

        return pool.index(("rouge", self.tokenizer), lambda: RougeIndex(TOKENIZERS[self.tokenizer]))
