"""Texts that are all known beforehand, to be compared with others by ROUGE-L: exactly, and without a look at most.

What `rouge` does for a pool that grows is done here with one order of all features, the rarest first (PPJoin; Xiao et
al., 2008): if two texts of m and n features must share `a`, the first m - a + 1 of one and the first n - a + 1 of the
other have one in common.  So the list of a feature holds only the texts that have it among their first, and those of
frequent words are nearly empty.  A signature rejects most of what is left (`inverted_index`), and rapidfuzz measures
the rest.
"""

from array import array
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from selfinstruct.filters.f_measure import Counts, Encoded, decode, encode
from selfinstruct.filters.lcs_threshold import LcsThreshold
from selfinstruct.filters.rouge import highest

Places: TypeAlias = NDArray[np.int32]

_SHIFT = 32
"""A feature is the number of a word, and in so many low bits how often it stands before in its text."""
_BITS = 63


class FixedTexts:
    """Texts as numbers of words; they are complete when another text is first compared with them."""

    def __init__(self) -> None:
        self._texts: list[Encoded] = []
        self._keys = array("Q")
        self._ends = array("q", (0,))
        self._lists: dict[float, Lists] = {}

    def add(self, numbers: Sequence[int]) -> None:
        """Take in the next text."""
        self._texts.append(encode(numbers))
        self._keys.extend(features(numbers))
        self._ends.append(len(self._keys))

    def at(self, place: int) -> list[int]:
        """Return a text."""
        return list(decode(self._texts[place]))

    def above(self, numbers: Sequence[int], limit: LcsThreshold) -> tuple[int, float] | None:
        """Return the place of the text with the highest score above the threshold, of equal ones the first, and it."""
        if not self._texts:
            return None
        if limit.threshold not in self._lists:
            self._lists[limit.threshold] = Lists(self._features, limit)
        places = self._lists[limit.threshold].survivors(numbers)
        if not places.size:
            return None
        texts = [self._texts[place] for place in places.tolist()]
        found = highest(encode(numbers), texts, self._features.lengths[places], limit)
        return None if found is None else (int(places[found[0]]), found[1])

    @cached_property
    def _features(self) -> "Features":
        found = np.unique(np.frombuffer(self._keys, np.uint64), return_inverse=True, return_counts=True)
        keys, which, counts = found
        ranks = np.empty(len(keys), np.int64)
        ranks[np.argsort(counts, kind="stable")] = np.arange(len(keys))
        ends = np.frombuffer(self._ends, np.int64)
        starts, lengths = ends[:-1], ends[1:] - ends[:-1]
        texts = np.repeat(np.arange(len(starts)), lengths)
        ordered = ranks[which]
        ordered = ordered[np.lexsort((ordered, texts))]
        signs = np.bitwise_or.reduceat(np.uint64(1) << (ordered & _BITS).astype(np.uint64), starts)
        positions = np.arange(len(texts)) - starts[texts]
        return Features(
            dict(zip(keys.tolist(), ranks.tolist(), strict=True)), ordered, texts, positions, lengths, ~signs
        )


class Features(NamedTuple):
    """The features of all texts, each as its rank, and those of a text in ascending order."""

    ranks: dict[int, int]
    """The rank of each feature: 0 for the rarest."""
    ordered: Counts
    texts: Counts
    """The text of each."""
    positions: Counts
    """The position of each in its text."""
    lengths: Counts
    """How many features each text has."""
    missing: NDArray[np.uint64]
    """The bits that no feature of a text has set."""


class Lists:
    """For each feature the texts that have it among their first, for one threshold."""

    def __init__(self, found: Features, limit: LcsThreshold) -> None:
        self._found, self._limit = found, limit
        lengths, which = np.unique(found.lengths, return_inverse=True)
        most = np.array([length - limit.fewest(length) + 1 for length in lengths.tolist()])
        is_first = found.positions < most[which][found.texts]
        texts = found.texts[is_first]
        keys = found.ordered[is_first] << _SHIFT | found.lengths[texts]
        order = np.argsort(keys, kind="stable")
        self._keys, self._places = keys[order], texts[order].astype(np.int32)
        self._missing, self._lengths = found.missing[self._places], found.lengths[self._places].astype(np.int32)
        self._all_lengths = np.arange(lengths[-1] + 1)
        self._needed: dict[int, tuple[Counts, int, int]] = {}

    def survivors(self, numbers: Sequence[int]) -> Places:
        """Return the places, ascending, of all texts that no bound rejects."""
        get, length = self._found.ranks.get, len(numbers)
        known = sorted(rank for key in features(numbers) if (rank := get(key)) is not None)
        first = known[: max(0, len(known) - self._limit.fewest(length) + 1)]
        if not first:
            return np.empty(0, np.int32)
        needed, shortest, longest = self._needed_by(length)
        starts = np.array(first) << _SHIFT
        ends = np.searchsorted(self._keys, np.concatenate([starts + shortest, starts + longest + 1])).tolist()
        parts = [slice(*ends) for ends in zip(ends[: len(first)], ends[len(first) :], strict=True)]
        sign = 0
        for rank in known:
            sign |= 1 << (rank & _BITS)
        missing = np.bitwise_count(joined(self._missing, parts) & np.uint64(sign))
        is_left = missing <= (len(known) - needed)[joined(self._lengths, parts)]
        places = np.sort(joined(self._places, parts)[is_left])
        return places[np.flatnonzero(np.diff(places, prepend=-1))]

    def _needed_by(self, length: int) -> tuple[Counts, int, int]:
        """Return what must be shared with texts of each length, and the shortest and longest that can share it."""
        if length not in self._needed:
            needed = self._limit.needed(length, np.maximum(self._all_lengths, 1))
            can = np.flatnonzero(needed <= np.minimum(self._all_lengths, length))
            ends = (int(can[0]), int(can[-1])) if can.size else (1, 0)
            self._needed[length] = needed, *ends
        return self._needed[length]


def joined(values: NDArray[Any], parts: Sequence[slice]) -> NDArray[Any]:
    """Return parts of an array as one."""
    return np.concatenate([values[part] for part in parts])


def features(numbers: Sequence[int]) -> list[int]:
    """Return the features of a text."""
    if len(set(numbers)) == len(numbers):
        return [number << _SHIFT for number in numbers]
    seen: dict[int, int] = {}
    found = []
    for number in numbers:
        before = seen.get(number, 0)
        seen[number] = before + 1
        found.append(number << _SHIFT | before)
    return found
