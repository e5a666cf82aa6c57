"""Runs of thirteen words, by which a text is found again in others.

Thirteen words in a row are no coincidence: the length that the authors of GPT-3 chose to look for test sets in training
data (Brown et al., 2020, appendix C).  Every run of every text is one number of 64 bits, in a sorted array; a run of
another text is searched there, and where its number is found, the words themselves are compared.  Rejected: a set of
runs as texts, which needs gigabytes for 200,000 test items.
"""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from itertools import count
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

LENGTH = 13
"""Words in a row."""
_SPREAD, _STEP, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93), np.uint64(32)
"""Two odd numbers of no meaning, which spread the numbers of words over 64 bits."""

Hashes: TypeAlias = NDArray[np.uint64]


class Shared(NamedTuple):
    """A run that a text shares with one of the index."""

    text: int
    """Which text of the index, counted from 0; of several, the first."""
    at: int
    """Where the run begins in the other text, in words."""


class WordRuns:
    """The runs of words of all texts; it is complete when it is first asked."""

    def __init__(self) -> None:
        self._numbers = defaultdict[str, int](count(1).__next__)
        self._words = array("I")  # of all texts, with a 0 after each
        self._ends = array("q")

    def add(self, words: Sequence[str]) -> None:
        """Take in the next text."""
        self._words.extend(map(self._numbers.__getitem__, words))
        self._words.append(0)
        self._ends.append(len(self._words))

    def first(self, words: Sequence[str]) -> Shared | None:
        """Return the first run of a text that any text of the index has; None where there is none."""
        if len(words) < LENGTH or not self._sorted[0].size:
            return None
        get = self._numbers.get
        numbers = np.array([get(word, 0) for word in words], np.uint32)
        sought, (known, places) = hashes(numbers), self._sorted
        found = np.searchsorted(known, sought).clip(max=known.size - 1)
        for at in np.flatnonzero(known[found] == sought).tolist():
            place = int(places[found[at]])
            if np.array_equal(self._all[place : place + LENGTH], numbers[at : at + LENGTH]):
                return Shared(int(np.searchsorted(self._ends, place, side="right")), at)
        return None

    @cached_property
    def _all(self) -> NDArray[np.uint32]:
        return np.frombuffer(self._words, np.uint32)

    @cached_property
    def _sorted(self) -> tuple[Hashes, NDArray[np.uint32]]:
        """The number of each different run within a text, ascending, and where it first begins."""
        if len(self._words) < LENGTH:
            return np.empty(0, np.uint64), np.empty(0, np.uint32)
        is_within = np.ones(len(self._words) - LENGTH + 1, bool)
        for offset in range(LENGTH):
            is_within &= self._all[offset : offset + len(is_within)] > 0
        places = np.flatnonzero(is_within).astype(np.uint32)
        known, first = np.unique(hashes(self._all)[places], return_index=True)
        return known, places[first]


def hashes(numbers: NDArray[np.uint32]) -> Hashes:
    """Return a number of 64 bits for each run of these words; equal runs have equal numbers."""
    spread = numbers * _SPREAD
    spread ^= spread >> _SHIFT
    total = np.zeros(len(numbers) - LENGTH + 1, np.uint64)
    for offset in range(LENGTH):
        total *= _STEP
        total += spread[offset : offset + len(total)]
    return total
