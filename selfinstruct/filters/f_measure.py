"""ROUGE-L F of two texts, to the last bit of rouge-score's own number.

With `common` the length of the longest common subsequence, precision is `common / m` and recall `common / n`.  Only
this expression, evaluated in this order, decides as rouge-score does: a pair whose score is exactly the threshold comes
out a hair above it for some lengths (7 of 7 and 13) and not for others (7 of 10 and 10).  No score is above 1.
"""

from collections.abc import Iterable, Sequence
from math import fsum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[np.int64]
Scores: TypeAlias = NDArray[np.float64]

Encoded: TypeAlias = str | tuple[int, ...]
"""A text as rapidfuzz compares it fastest: a character for each token, or, beyond the 1,114,111 of these, numbers."""

_SPLIT = 2.0**27 + 1


def f_measures(common: Counts, length: int, lengths: Counts) -> Scores:
    """Return the ROUGE-L F of a text of `length` tokens with texts of `lengths`, none 0, as rouge-score does."""
    precision = common / length
    recall = common / lengths
    total = precision + recall
    total[common == 0] = 1.0
    return 2 * precision * recall / total


def exact_sum(scores: Scores, counts: Counts) -> float:
    """Return the sum of scores that occur so many times each, rounded once: what `math.fsum` gives for the whole list.

    Each score is cut into two halves of 26 bits (Dekker, 1971), so that its product with a count below 2 ** 26 is
    exact, and fsum adds the products exactly.  numpy's own sum depends on the machine's vector width.
    """
    shifted = scores * _SPLIT
    high = shifted - (shifted - scores)
    low = scores - high
    return fsum((high * counts).tolist() + (low * counts).tolist())


def encode(numbers: Sequence[int]) -> Encoded:
    """Return numbers as a string, or as a tuple where one of them is beyond the characters."""
    try:
        return "".join(map(chr, numbers))
    except (ValueError, OverflowError):
        return tuple(numbers)


def decode(text: Encoded) -> Iterable[int]:
    """Return the numbers that were encoded."""
    return map(ord, text) if isinstance(text, str) else text
