"""Reject instructions that resemble one the pool has.

Self-Instruct, section 2.2, step 4: a new instruction enters only if its ROUGE-L similarity with every task of the pool,
seeds included, is less than 0.7.  The reference code rejects what is above 0.7, by the numbers of the rouge-score
package, and so does this, to their last bit (`selfinstruct.filters.f_measure`), but it looks at few texts of the pool
(`selfinstruct.filters.rouge`).  The neighbors and the mean score of what was kept are measured for the kept tasks only.

A candidate whose instruction has no tokens (punctuation only, or under `rouge` another script than Latin) passes;
`length`, `script` and the `unicode` tokenizer are what stops it.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from selfinstruct.filters import Neighbors, tokens
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Task

if TYPE_CHECKING:
    from selfinstruct.filters.lcs_threshold import LcsThreshold
    from selfinstruct.filters.rouge import RougeIndex

TOKENIZERS = {"rouge": tokens.rouge, "unicode": tokens.unicode}


@part
class Similarity:
    """Rejects an instruction whose ROUGE-L F with any task of the pool is above the threshold."""

    threshold: Annotated[float, Field(gt=0, le=1)]
    """The highest ROUGE-L F, from 0 to 1, that still passes; 1 lets even copies pass."""
    tokenizer: Literal["rouge", "unicode"]
    """How texts are cut: `rouge` as the rouge-score package does, which sees a to z and 0 to 9 only; `unicode` the same
    for ASCII texts, and right for other scripts."""
    neighbors: Annotated[int, Field(ge=0)]
    """How many nearest tasks a kept task records, with the mean score over the pool; 0 for neither."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the nearest task and its score, where that is above the threshold."""
        near = self.nearest(candidate, pool)
        return f"ROUGE-L {near[1]:.4f} with {near[0]}" if near else None

    def nearest(self, candidate: Candidate, pool: Pool) -> tuple[str, float] | None:
        """Return the task with the highest score above the threshold, of equally near ones the first in the pool."""
        return self._index(pool).above(candidate.instruction, self._limit)

    def measure(self, tasks: Sequence[Task], pool: Pool) -> list[Neighbors]:
        """Return for each task the nearest of those before it in the pool, and its mean score with all of them."""
        if not self.neighbors:
            return [Neighbors() for _ in tasks]
        return self._index(pool).neighbors([task.id for task in tasks], self.neighbors)

    @cached_property
    def _limit(self) -> "LcsThreshold":
        from selfinstruct.filters.lcs_threshold import LcsThreshold

        return LcsThreshold(self.threshold)

    def _index(self, pool: Pool) -> "RougeIndex":
        from selfinstruct.filters.rouge import RougeIndex

        return pool.index(("rouge", self.tokenizer), lambda: RougeIndex(TOKENIZERS[self.tokenizer]))
