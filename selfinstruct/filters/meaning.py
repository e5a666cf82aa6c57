"""Reject instructions that mean the same as one the pool has, by the cosine of their vectors.

ROUGE-L sees common words in a common order only: "Explain linear regression in a simpler language" passes beside
"Explain the mathematical concept of linear regression in simple words".  This compares the vectors of an embedder with
those of everything in the pool, seeds included.  It costs a request to the embedder for each candidate that the filters
before it let pass, so it stands last.

The vectors of a round are asked for together, before its candidates are judged one by one: see `VectorFilter`.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from selfinstruct.embedder import SCALE, Embedder
from selfinstruct.model import ModelClient
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Task

if TYPE_CHECKING:
    from selfinstruct.filters.vector_index import VectorIndex

REFUSED = "the embedder refuses the instruction"
NEAREST = "nearest_meaning"
"""The attribute of a kept task that holds the nearest task when it entered the pool, with the cosine."""


@part
class Meaning:
    """Rejects an instruction whose cosine with any task of the pool is above the threshold."""

    threshold: Annotated[float, Field(gt=0, le=1)]
    """The highest cosine that still passes; 1 lets even copies pass."""
    embedder: Embedder
    """What turns an instruction into a vector."""

    def prepare(self, texts: Sequence[str], pool: Pool, client: ModelClient) -> None:
        """Have the vectors of the pool and of the candidates of a round."""
        self._index(pool).prepare(texts, client)

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the nearest task and its cosine, where that is above the threshold."""
        if self._index(pool).is_refused(candidate.instruction):
            return REFUSED
        near = self.nearest(candidate, pool)
        by = "" if self.embedder.reads_meaning else f" by the {self.embedder.name} embedder"
        return f"cosine {near[1]:.4f} with {near[0]}{by}" if near else None

    def nearest(self, candidate: Candidate, pool: Pool) -> tuple[str, float] | None:
        """Return the nearest task with its cosine, where that is above the threshold."""
        from selfinstruct.filters.vector_index import score

        near = self._index(pool).nearest(candidate.instruction)
        return (near[0], score(near[1])) if near and near[1] > round(self.threshold * SCALE**2) else None

    def attributes(self, task: Task, pool: Pool) -> dict[str, Any]:
        """Return the nearest task when a task of this round entered the pool, with its cosine."""
        near = self._index(pool).entered(task.id)
        return {NEAREST: list(near)} if near else {}

    @cached_property
    def _key(self) -> object:
        """Return the key of its index in a pool: it has one of its own, for it holds the candidates that it judges."""
        return object()

    def _index(self, pool: Pool) -> "VectorIndex":
        from selfinstruct.filters.vector_index import VectorIndex

        return pool.index(self._key, VectorIndex)


def nearest_by_meaning(task: Task) -> tuple[str, float] | None:
    """Return the task that was nearest to one when it entered the pool, with the cosine, where that is stored."""
    match task.attributes.get(NEAREST):
        case [str(name), int() | float() as cosine]:
            return name, float(cosine)
    return None
