"""The vectors of a pool, compared with those of candidates: exactly, by whole numbers (`selfinstruct.embedder`).

The candidates of a round are compared with the pool together, since a product of matrices is many times faster than one
vector after the other; what the round itself keeps is compared when it is there.  Of equally near tasks the first in
the pool counts.

Rejected: hnswlib and faiss, which are built for more queries than a run has.  A search that leaves tasks out would make
a decision depend on the order of insertion.  Exact search costs about 2 ms of one core for a candidate among 100,000
tasks with 384 numbers each, a small part of what it takes to generate that candidate.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from selfinstruct.embedder import SCALE, Vector, embedded
from selfinstruct.errors import ModelError
from selfinstruct.model import ModelClient
from selfinstruct.task import Task

BLOCK = 8192
"""Tasks that are compared at once: what is converted to float32 stays small."""
ONE = SCALE**2
"""The product of two equal vectors."""


class VectorIndex:
    """The vectors of every task of a pool, and those of the candidates of a round."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._waiting: list[str] = []
        """The last instructions of the pool, which have no vector yet."""
        self._rows: NDArray[np.int16] = np.empty((0, 0), np.int16)
        self._filled = 0
        self._vectors: dict[str, Vector | None] = {}
        self._best: dict[str, tuple[int, int]] = {}
        """The product of each candidate with the nearest of the first `_compared` tasks, and the place of that."""
        self._compared = 0
        self._entered: dict[str, tuple[str, float]] = {}

    def add(self, task: Task) -> None:
        """Take in the next task of the pool; a candidate that was kept has its vector already."""
        vector = self._vectors.get(task.instruction)
        if vector is None:
            self._waiting.append(task.instruction)
        else:
            if near := self.nearest(task.instruction):
                self._entered[task.id] = near[0], score(near[1])
            self._append(vector)
        self._ids.append(task.id)

    def prepare(self, texts: Sequence[str], client: ModelClient) -> None:
        """Have the vectors of the pool and of these candidates; raises ModelError where a task gets none."""
        waiting, self._waiting = self._waiting, []
        wanted = list(dict.fromkeys([*waiting, *texts]))
        vectors = dict(zip(wanted, embedded(wanted, client), strict=True))
        sizes = {len(vector) for vector in vectors.values() if vector is not None}
        if len(sizes | ({self._rows.shape[1]} if self._filled else set())) > 1:
            raise ModelError(
                f"{client.name}: vectors of this embedder differ in length. Does another model answer now?"
            )
        for text in waiting:
            if (vector := vectors[text]) is None:
                raise ModelError(f"{client.name}: it refuses the instruction of {self._ids[self._filled]}.")
            self._append(vector)
        self._vectors = {text: vectors[text] for text in texts}
        self._entered.clear()
        self._compare()

    def nearest(self, text: str) -> tuple[str, int] | None:
        """Return the task that is nearest to a candidate, with the product; None where there is none.

        Raises KeyError for a text that is not a candidate of this round.
        """
        if (vector := self._vectors[text]) is None or not self._filled:
            return None
        best, place = self._best[text]
        if self._filled > self._compared:
            new = self._rows[self._compared : self._filled].astype(np.float32) @ vector.astype(np.float32)
            if (most := int(new.max())) > best:
                best, place = most, self._compared + int(new.argmax())
        return self._ids[place], min(best, ONE)

    def is_refused(self, text: str) -> bool:
        """Return whether the embedder has given no vector of a candidate."""
        return self._vectors[text] is None

    def entered(self, id: str) -> tuple[str, float] | None:
        """Return the task that was nearest to one of this round when it entered the pool, with the cosine."""
        return self._entered.get(id)

    def _compare(self) -> None:
        """Compare the candidates with all tasks that are there."""
        found = {text: vector for text, vector in self._vectors.items() if vector is not None}
        best, places = np.full(len(found), -ONE - 1, np.int64), np.zeros(len(found), np.int64)
        if found:
            candidates = np.stack(list(found.values())).astype(np.float32)
            for start in range(0, self._filled, BLOCK):
                rows = self._rows[start : min(start + BLOCK, self._filled)].astype(np.float32)
                products = candidates @ rows.T
                nearest = products.argmax(1)
                most = np.take_along_axis(products, nearest[:, None], 1)[:, 0].astype(np.int64)
                places = np.where(most > best, start + nearest, places)
                best = np.maximum(best, most)
        self._best = dict(zip(found, zip(best.tolist(), places.tolist(), strict=True), strict=True))
        self._compared = self._filled

    def _append(self, vector: Vector) -> None:
        if not self._filled:
            self._rows = np.empty((BLOCK, len(vector)), np.int16)
        elif self._filled == len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self._filled] = vector
        self._filled += 1


def score(product: int) -> float:
    """Return a product as a cosine, to four places."""
    return round(product / ONE, 4)
