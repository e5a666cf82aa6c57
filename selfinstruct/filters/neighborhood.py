"""How near a text of the pool is to every text before it.

This needs the longest common subsequence with all of them.  Texts of up to 16 and up to 64 tokens are compared all at
once (`bit_parallel_lcs`), longer ones by rapidfuzz, several at a time.  A score depends on nothing but two lengths and
what is common, so that some hundred different scores, with how often each occurs, stand for all texts.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from selfinstruct.filters.bit_parallel_lcs import PackedTexts
from selfinstruct.filters.f_measure import Counts, Encoded, Scores, decode, exact_sum, f_measures

PAIRS = 2**22
"""So many long texts are compared at most before their scores are used, which bounds the memory."""
BATCH = 64
"""So many texts are compared at most with all long ones in one go."""

Measured: TypeAlias = tuple[list[tuple[int, float]], float | None]
"""Places and scores of the nearest, nearest first, and the mean score."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a text has in common with a group of others; and which scores above 0 occur, from how much, how often."""

    places: Counts
    lengths: NDArray[np.unsignedinteger]
    common: NDArray[np.integer]
    scores: Scores
    sources: Counts
    counts: Counts

    def reaching(self, least: float, length: int) -> list[tuple[int, float]]:
        """Return the places and scores of the texts whose score is `least` or more, which is above 0."""
        sources = self.sources[self.scores >= least]
        if not sources.size:
            return []
        some = np.flatnonzero(self.common >= sources.min())
        scores = f_measures(self.common[some].astype(np.int64), length, self.lengths[some].astype(np.int64))
        enough = scores >= least
        return list(zip(self.places[some[enough]].tolist(), scores[enough].tolist(), strict=True))


class Neighborhood:
    """All texts in their order, grouped by length; those without tokens score 0 with everything and are in no group."""

    def __init__(self) -> None:
        self._texts: Sequence[Encoded] = ()
        self._size = 0
        self._packed = (PackedTexts(16), PackedTexts(64))
        self._long: list[Encoded] = []
        self._long_places = array("q")
        self._long_lengths = array("I")

    def extend(self, texts: Sequence[Encoded]) -> None:
        """Take in the texts that are new at the end of these."""
        for place in range(self._size, len(texts)):
            numbers = list(decode(texts[place]))
            packed = next((packed for packed in self._packed if len(numbers) <= packed.bits), None)
            if packed is None:
                self._long.append(texts[place])
                self._long_places.append(place)
                self._long_lengths.append(len(numbers))
            elif numbers:
                packed.add(numbers, place)
        self._texts, self._size = texts, len(texts)

    def measure(self, places: Sequence[int], count: int) -> list[Measured]:
        """Return for the text of each place the `count` nearest before it, and its mean score with all of them."""
        return [
            self._measure(place, long_common, count)
            for place, long_common in zip(places, self._all_long(places), strict=True)
        ]

    def _measure(self, place: int, long_common: Counts, count: int) -> Measured:
        if not place:
            return [], None
        numbers = list(decode(self._texts[place]))
        groups = []
        if numbers:
            groups = [in_packed(packed, numbers, place) for packed in self._packed]
            groups.append(self._in_long(long_common, len(numbers), place))
        scores = np.concatenate([np.empty(0), *(group.scores for group in groups)])
        counts = np.concatenate([np.empty(0, np.int64), *(group.counts for group in groups)])
        least = lowest_of_nearest(scores, counts, count)
        pairs = [pair for group in groups for pair in group.reaching(least, len(numbers))]
        return nearest(pairs, count, place), exact_sum(scores, counts) / place

    def _all_long(self, places: Sequence[int]) -> Iterator[Counts]:
        """Yield the common length of the text of each place with every long text, some of which may come after it."""
        from rapidfuzz.distance import LCSseq
        from rapidfuzz.process import cdist

        rows = max(1, min(BATCH, PAIRS // max(1, len(self._long))))
        for start in range(0, len(places), rows):
            texts = [self._texts[place] for place in places[start : start + rows]]
            yield from cdist(texts, self._long, scorer=LCSseq.similarity, dtype=np.int64)

    def _in_long(self, common: Counts, length: int, before: int) -> Compared:
        size = bisect_left(self._long_places, before)
        common, lengths = common[:size], np.asarray(self._long_lengths)[:size]
        scores = f_measures(common, length, lengths.astype(np.int64))
        some = np.flatnonzero(common)
        once = np.ones(len(some), np.int64)
        return Compared(np.asarray(self._long_places)[:size], lengths, common, scores[some], common[some], once)


def in_packed(packed: PackedTexts, numbers: Sequence[int], before: int) -> Compared:
    """Return a text compared with those texts of the packed that come before a place."""
    size = bisect_left(packed.places, before)
    places, lengths, common = np.asarray(packed.places)[:size], packed.lengths(size), packed.common(numbers, size)
    width = packed.bits + 1
    tally = np.bincount(lengths * np.uint16(width) + common)
    keys = np.flatnonzero(tally)
    keys = keys[keys % width > 0]
    sources = keys % width
    return Compared(places, lengths, common, f_measures(sources, len(numbers), keys // width), sources, tally[keys])


def lowest_of_nearest(scores: Scores, counts: Counts, count: int) -> float:
    """Return the highest score that `count` texts reach; if there are fewer texts, the lowest of all."""
    if not scores.size:
        return 1.0
    order = np.argsort(-scores)
    last = np.searchsorted(np.cumsum(counts[order]), count)
    return float(scores[order[min(int(last), len(order) - 1)]])


def nearest(pairs: list[tuple[int, float]], count: int, before: int) -> list[tuple[int, float]]:
    """Return the `count` nearest places, of equal ones the first in the pool; places that score 0 fill the rest."""
    found = sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:count]
    taken = {place for place, _ in found}
    for place in range(before):
        if len(found) == count:
            break
        if place not in taken:
            found.append((place, 0.0))
    return found
