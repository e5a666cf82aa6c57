"""What turns a text into a vector, so that texts can be compared by meaning.

An embedder is asked as a model is: a text is a request, and its vector, as text, is the reply.  So vectors are sent
for, retried, stored before use, shared by runs, published and replayed by the same code as replies.

Decisions must be repeatable, and sums of floating-point numbers depend on the order in which a processor adds.  So a
vector is scaled to the length 4,000 and rounded to integers once, before it is stored.  The product of two such vectors
is at most 4,032 squared (with up to 4,096 numbers), below 2**24, and so is every part of its sum: float32 represents
all of them exactly, in whatever order, batch and number of threads they are added.  Rounding moves a cosine by about
0.0001.  Each text is embedded alone, since what shares a batch would change the last digits before that.

To add one, write `conf/embedder/<name>.yaml` and `selfinstruct/embedder/<name>.py` with a `@part` class that is a model
(`selfinstruct.model`) whose completions hold what `encode` gives.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from selfinstruct.model import Model, ModelClient
from selfinstruct.request import Decoding, Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Vector: TypeAlias = "NDArray[np.int16]"
SCALE = 4000
"""The length to which vectors are scaled before they are rounded."""
STAGE = "vectors"
"""Stands for the stage in the requests to an embedder, which belong to no round."""
TOGETHER = 1000
"""Requests handed over at once, which bounds the memory that they take."""


@runtime_checkable
class Embedder(Model, Protocol):
    """Turns texts into vectors."""

    @property
    def reads_meaning(self) -> bool:
        """Whether its vectors come from a model that was trained; False where they only tell how texts are spelled."""
        ...


def encode(numbers: Iterable[float]) -> str:
    """Return a vector as it is stored; raises ValueError for one without a direction."""
    import numpy as np

    vector = np.fromiter(numbers, np.float64)
    length = float(np.sqrt(np.sum(vector * vector)))
    if not 0 < length < float("inf"):
        raise ValueError("its numbers are all 0, or not all are finite")
    return base64.b64encode(np.rint(vector * (SCALE / length)).astype("<i2").tobytes()).decode()


def decode(text: str) -> Vector:
    """Return a vector that was stored."""
    import numpy as np

    return np.frombuffer(base64.b64decode(text), "<i2").astype(np.int16)


def request_of(text: str) -> Request:
    """Return the request for the vector of a text; the same text is the same request, and paid for once."""
    name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Request(f"{STAGE}/{name}", STAGE, 0, text, None, False, Decoding(), STAGE)


def embedded(texts: Sequence[str], client: ModelClient) -> "Iterator[Vector | None]":
    """Yield the vector of each text, None for one that the embedder refuses; raises ModelError where it cannot."""
    for start in range(0, len(texts), TOGETHER):
        for completion in client.complete([request_of(text) for text in texts[start : start + TOGETHER]]):
            yield decode(completion.text) if completion.failure is None else None
