"""Reject what overlaps with a benchmark, so that a model tuned on the data can still be scored on it.

A candidate overlaps that shares thirteen words in a row with an item (as GPT-3's authors looked for their test sets;
Brown et al., 2020, appendix C), or of which the instruction or input is above a ROUGE-L threshold with what an item
asks, as Self-Instruct's novelty test finds near copies.  In a stage that grows, instructions are judged, and the
instances of those that come with them; in a stage that annotates, each instance together with its instruction.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from selfinstruct.errors import DataError
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.seeds import Seeds
from selfinstruct.source import Source

if TYPE_CHECKING:
    from selfinstruct.filters.benchmark_index import BenchmarkIndex, Hit, Texts
    from selfinstruct.filters.lcs_threshold import LcsThreshold


@part
class Contamination:
    """Rejects candidates that share thirteen words in a row with a benchmark, or ask nearly the same."""

    benchmarks: Annotated[dict[str, Seeds | Source], Field(min_length=1)]
    """Names and what reads them: parts of `seeds` for tasks with references, parts of `source` for rows of any file."""
    threshold: Annotated[float, Field(gt=0, le=1)]
    """The highest ROUGE-L F with an item, from 0 to 1, that still passes; with 1 only runs of words count."""

    def problems(self) -> list[str]:
        """Report what is wrong in the benchmarks, which are read for that."""
        try:
            self.index  # noqa: B018  (kept)
        except DataError as error:
            return error.problems
        return []

    def digest(self) -> str:
        """Return the SHA-256 of all items of the benchmarks."""
        return self.index.digest

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the item that the candidate overlaps with, and the words."""
        found = self._hit(candidate)
        return found.text if found else None

    def facts(self, candidate: Candidate, pool: Pool) -> Mapping[str, Any]:
        """Return the same as values, for a rejected candidate."""
        found = self._hit(candidate)
        return {} if found is None else {"overlap": found.row()}

    def hit(self, texts: "Texts") -> "Hit | None":
        """Return what some texts share with the benchmarks, if they do."""
        return self.index.hit(texts, self._limit)

    @cached_property
    def index(self) -> "BenchmarkIndex":
        """The items of the benchmarks; raises DataError where they cannot be read."""
        from selfinstruct.filters.benchmark_index import index_of

        return index_of(self.benchmarks)

    def _hit(self, candidate: Candidate) -> "Hit | None":
        from selfinstruct.filters.benchmark_index import Texts

        given = candidate.instance
        if given is None:
            return self.hit(Texts((candidate.instruction,)))
        return self.hit(Texts((candidate.instruction, given.input), (given.output,)))

    @cached_property
    def _limit(self) -> "LcsThreshold":
        from selfinstruct.filters.lcs_threshold import LcsThreshold

        return LcsThreshold(self.threshold)
