"""Runs of thirteen words, by which a text is found again in others.

Thirteen words in a row are no coincidence: the length that the authors of GPT-3 chose to look for test sets in training
data (Brown et al., 2020, appendix C).  Every run of every text is one number of 64 bits, in a sorted array; a run of
another text is searched there, and where its number is found, the words themselves are compared.  Rejected: a set of
runs as texts, which needs gigabytes for 200,000 test items.
"""

from array import array
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

LENGTH = 13
"""Words in a row."""
_SPREAD, _STEP, _SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93), np.uint64(32)
"""Two odd numbers of no meaning, which spread the numbers of words over 64 bits."""
_INVERSE = np.uint64(pow(int(_STEP), -1, 1 << 64))
_FIRST = 26
"""The bits of a run's number by which most runs of another text are told apart."""
_REST = np.uint64(64 - _FIRST)

Hashes: TypeAlias = NDArray[np.uint64]


class Shared(NamedTuple):
    """A run that a text shares with one of the index."""

    text: int
    """Which text of the index, counted from 0; of several, the first."""
    at: int
    """Where the run begins in the other text, in words."""


class Runs(NamedTuple):
    """The different runs within all texts."""

    known: Hashes
    """The number of each, ascending."""
    places: NDArray[np.uint32]
    """Where each first begins."""
    is_there: NDArray[np.bool_]
    """Whether the number of any run begins with these bits: few of other texts do, which saves a search."""


class WordRuns:
    """The runs of words of all texts; it is complete when it is first asked."""

    def __init__(self) -> None:
        self._words = array("I")  # of all texts, with a 0 after each
        self._ends = array("q")

    def add(self, numbers: Sequence[int]) -> None:
        """Take in the next text, as numbers of words from 1 on."""
        self._words.extend(numbers)
        self._words.append(0)
        self._ends.append(len(self._words))

    def first(self, numbers: Sequence[int]) -> Shared | None:
        """Return the first run of a text that any text of the index has; 0 is a word that none of them has."""
        if len(numbers) < LENGTH or not self._sorted.known.size:
            return None
        words, (known, places, is_there) = np.array(numbers, np.uint32), self._sorted
        sought = hashes(words)
        for at in np.flatnonzero(is_there[sought >> _REST]).tolist():
            found = int(np.searchsorted(known, sought[at]))
            if found == known.size or known[found] != sought[at]:
                continue
            place = int(places[found])
            if np.array_equal(self._all[place : place + LENGTH], words[at : at + LENGTH]):
                return Shared(int(np.searchsorted(self._ends, place, side="right")), at)
        return None

    @cached_property
    def _all(self) -> NDArray[np.uint32]:
        return np.frombuffer(self._words, np.uint32)

    @cached_property
    def _sorted(self) -> Runs:
        if len(self._words) < LENGTH:
            return Runs(np.empty(0, np.uint64), np.empty(0, np.uint32), np.empty(0, bool))
        is_within = np.ones(len(self._words) - LENGTH + 1, bool)
        for offset in range(LENGTH):
            is_within &= self._all[offset : offset + len(is_within)] > 0
        places = np.flatnonzero(is_within).astype(np.uint32)
        known, first = np.unique(hashes(self._all)[places], return_index=True)
        is_there = np.zeros(1 << _FIRST, bool)
        is_there[known >> _REST] = True
        return Runs(known, places[first], is_there)


def hashes(numbers: NDArray[np.uint32]) -> Hashes:
    """Return a number of 64 bits for each run of these words; equal runs have equal numbers.

    The words of a run are the digits of its number, to an odd base.  A run is the difference of two sums, of which each
    digit stands with the inverse of its place; all is modulo 2 ** 64.
    """
    spread = numbers * _SPREAD
    spread ^= spread >> _SHIFT
    size = len(numbers) + 1
    places = np.multiply.accumulate(np.full(size, _STEP))
    inverse = np.multiply.accumulate(np.full(size, _INVERSE))
    sums = np.zeros(size, np.uint64)
    np.cumsum(spread * inverse[:-1], out=sums[1:])
    return (sums[LENGTH:] - sums[:-LENGTH]) * places[LENGTH - 1 : -1]
