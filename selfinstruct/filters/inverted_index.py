"""An inverted index: for each word the texts that have it, so that a text is compared only with those it can resemble.

A feature is a token with the number of its occurrence: "the cat the dog" has `the`, `cat`, `the 2` and `dog`.  Two
texts share at least as many features as their longest common subsequence has tokens.  If a match must share `a` of the
m features of a text, it shares at least one of any m - a + 1 of them; those with the shortest lists are chosen anew for
each text (the order of Xiao et al., PPJoin, 2008, is fixed beforehand).

Two bounds then reject nearly all that these lists hold.  Each text has a signature of 64 bits, in which each of its
features sets one: a bit that only one of two texts has is a feature that they do not share.  And a text found in c of
the lists shares at most c + a - 1 features.
"""

from array import array
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from selfinstruct.filters.f_measure import Counts

Places: TypeAlias = NDArray[np.uint32]

_NONE = np.empty(0, np.uint32)


class InvertedIndex:
    """The features of all texts, each with the places of the texts that have it."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lists: list[array[int]] = [array("I")]  # number 0 is for tokens of no text
        self._signs = array("Q")

    def add(self, tokens: Sequence[str]) -> None:
        """Take in the next text."""
        numbers, lists, place = self._numbers, self._lists, len(self._signs)
        sign = 0
        for feature in features(tokens):
            number = numbers.get(feature)
            if number is None:
                number = numbers[feature] = len(lists)
                lists.append(array("I", (place,)))
            else:
                lists[number].append(place)
            sign |= 1 << (number & 63)
        self._signs.append(sign)

    def numbers(self, tokens: Sequence[str]) -> list[int]:
        """Return the numbers of tokens, or of features, that any text has; 0 for all others."""
        get = self._numbers.get
        return [get(token, 0) for token in tokens]

    def listed(self, known: Sequence[int], fewest: int) -> Places:
        """Return every place of a text that may share `fewest` of these features, once for each list that has it."""
        scanned = len(known) - fewest + 1
        if scanned <= 0:
            return _NONE
        found = sorted([self._lists[number] for number in known], key=len)
        return np.frombuffer(b"".join(found[:scanned]), np.uint32)

    def most(self, known: Sequence[int], places: Places) -> Counts:
        """Return how many of these features the text of each place shares at most, by its sign."""
        sign = 0
        for number in known:
            sign |= 1 << (number & 63)
        signs = np.frombuffer(self._signs, np.uint64)[places]
        missing: Counts = np.bitwise_count(~signs & np.uint64(sign)).astype(np.int64)
        return len(known) - missing


def features(tokens: Sequence[str]) -> Sequence[str]:
    """Return the features of a text; no token holds a space, so that none is `the 2`."""
    if len(set(tokens)) == len(tokens):
        return tokens
    seen: dict[str, int] = {}
    found = []
    for token in tokens:
        seen[token] = seen.get(token, 0) + 1
        found.append(token if seen[token] == 1 else f"{token} {seen[token]}")
    return found
