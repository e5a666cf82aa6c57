"""The ROUGE-L F of every text of one list with every text of another, exactly, for a finished pool.

Rows are made some at a time, which bounds the memory.
"""

from collections.abc import Iterator, Sequence
from math import fsum

import numpy as np

from selfinstruct.filters.f_measure import Scores, encode, f_measures

PAIRS = 2**21
"""So many pairs are compared at once."""


def highest(
    texts: Sequence[Sequence[str]], others: Sequence[Sequence[str]], own: Sequence[int] | None = None
) -> list[float]:
    """Return for each text its score with the nearest of the others; `own` are its own places among them."""
    found = []
    for number, row in enumerate(rows(texts, others)):
        if own is not None:
            row[own[number]] = 0.0
        found.append(float(row.max(initial=0.0)))
    return found


def mean_of_pairs(texts: Sequence[Sequence[str]]) -> float | None:
    """Return the mean score of all pairs of texts; None where there is no pair."""
    scores = [score for number, row in enumerate(rows(texts, texts)) for score in row[number + 1 :].tolist()]
    return fsum(scores) / len(scores) if scores else None


def rows(texts: Sequence[Sequence[str]], others: Sequence[Sequence[str]]) -> Iterator[Scores]:
    """Yield for each text its scores with all others; a text without tokens scores 0 with everything."""
    from rapidfuzz.distance import LCSseq
    from rapidfuzz.process import cdist

    numbers: dict[str, int] = {}
    left, right = (
        [encode([numbers.setdefault(token, len(numbers)) for token in text]) for text in side]
        for side in (texts, others)
    )
    lengths = np.array([max(1, len(text)) for text in others], np.int64)
    step = max(1, PAIRS // max(1, len(others)))
    for start in range(0, len(left), step):
        part = left[start : start + step]
        for text, common in zip(part, cdist(part, right, scorer=LCSseq.similarity, dtype=np.int64), strict=True):
            yield f_measures(common, max(1, len(text)), lengths)
