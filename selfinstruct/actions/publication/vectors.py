"""The vectors of a run as lines of a capsule, and those of a capsule, to answer from.

A line of `vectors.jsonl` is a text with its vector (`selfinstruct.embedder`), or a text that the embedder refused.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from selfinstruct.actions.publication.archive import VECTORS, Archive
from selfinstruct.actions.publication.replies import Count, Line
from selfinstruct.embedder import decode
from selfinstruct.errors import ModelError
from selfinstruct.filters.meaning import REFUSED
from selfinstruct.request import Completion, Failure, Request
from selfinstruct.storage.journal import REJECTED
from selfinstruct.storage.vectors import stored

NOT_HELD = (
    "The capsule holds no vector of {text}, so it cannot be compared. A replay asks no embedder: leave out what was"
    " changed for it, or run the config of the capsule with the embedder in a folder of its own."
)


class VectorLine(Line):
    """A text with its vector; without one where the embedder refused it."""

    embedder: str = ""
    text: str
    vector: str | None
    tokens: Count | None = None
    cost_usd: Annotated[float, Field(ge=0)] | None = None


def rows(run: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a run's vectors, in an order that does not depend on when they came."""
    yield from stored(run)
    with (run / REJECTED).open(encoding="utf-8") as file:
        refused = {row["instruction"] for text in file if (row := json.loads(text))["reason"] == REFUSED}
    yield from ({"text": text, "vector": None} for text in sorted(refused))


class Vectors:
    """The vectors of a capsule."""

    def __init__(self, capsule: Archive) -> None:
        """Read a capsule; raises SelfInstructError, with the line, for one that no run has written."""
        self._vectors: dict[tuple[str, str], Completion] = {}
        self._refused: set[str] = set()
        for line in capsule.rows(VECTORS, lambda _, row: VectorLine.model_validate(row)) if capsule.has_vectors else ():
            if line.vector is None:
                self._refused.add(line.text)
                continue
            decode(line.vector)  # raises ValueError
            found = Completion(line.vector, "stop", line.tokens, 0, line.cost_usd)
            self._vectors[line.embedder, line.text] = found

    def answer(self, request: Request, fingerprint: str) -> Completion:
        """Return the vector of a text, or its refusal; raises ModelError where neither was recorded."""
        if found := self._vectors.get((fingerprint, request.text)):
            return found
        if request.text in self._refused:
            return Completion(failure=Failure("refused", REFUSED))
        raise ModelError(NOT_HELD.format(text=repr(request.text[:80])))
