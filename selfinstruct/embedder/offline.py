"""A stand-in for a sentence model, to try, teach and test: no network, no key, no cost, the same on every machine.

Words, pairs of words, and runs of three letters within a word are hashed into 512 places, with a sign, as in feature
hashing (Weinberger et al., 2009, https://arxiv.org/abs/0902.2206).  It knows how texts are spelled and nothing of what
they mean, so its decisions are no result.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise
from typing import ClassVar

from selfinstruct.budget import Pricing
from selfinstruct.embedder import encode
from selfinstruct.model import ImmediateSession, Mode, Session
from selfinstruct.part import part
from selfinstruct.request import Completion, Request
from selfinstruct.task import OFFLINE

SIZE = 512


@part
class Offline:
    """Embeds texts by how they are spelled."""

    name: ClassVar[str] = OFFLINE
    mode: ClassVar[Mode] = "completion"
    store: ClassVar[str | None] = None
    is_offline: ClassVar[bool] = True
    reads_meaning: ClassVar[bool] = False

    def problems(self) -> list[str]:
        """Return nothing: it needs nothing."""
        return []

    def fingerprint(self) -> dict[str, object]:
        """Return what shapes its vectors."""
        return {"embedder": self.name, "size": SIZE}

    def pricing(self) -> Pricing:
        """Return a price of 0."""
        return Pricing(0.0, 0.0)

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session, which needs nothing."""
        return nullcontext(ImmediateSession(answer))


def answer(request: Request) -> Completion:
    """Return the vector of a text."""
    return Completion(text=encode(hashed(request.text)), prompt_tokens=0, completion_tokens=0, cost_usd=0.0)


def hashed(text: str) -> list[int]:
    """Return how often what a text is spelled with falls on each place."""
    places = [0] * SIZE
    for feature in features(text):
        number = zlib.crc32(feature.encode("utf-8", "surrogatepass"))
        places[number % SIZE] += 1 if number & 1 << 31 else -1
    return places if any(places) else [1] * SIZE


def features(text: str) -> Iterator[str]:
    """Yield words, pairs of words, and runs of three letters; of a text without words, the text."""
    words = re.findall(r"\w+", text.lower()) or [text]
    yield from words
    yield from map(" ".join, pairwise(words))
    for word in words:
        yield from (f" {word} "[start : start + 3] + "\0" for start in range(len(word)))
