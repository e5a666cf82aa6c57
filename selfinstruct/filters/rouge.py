"""The instructions of a pool, ready to be compared with a text by ROUGE-L: exactly, and without a look at most of them.

Whether a text is above the threshold with any of the pool is decided in three exact steps: an inverted index finds the
texts that share enough words (`inverted_index`), whole numbers say how much in common is enough (`lcs_threshold`), and
rapidfuzz measures the few that are left: of 52,000 real instructions, most often no more than ten.

One index serves all filters with its tokenizer, whatever their thresholds.  A text without tokens scores 0 with
everything, as in rouge-score.  Rejected: rapidfuzz for all texts (sixty times slower with 52,000), and numba or a C
kernel (a compiler, or 190 MB).
"""

from array import array
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from selfinstruct.filters import Neighbors
from selfinstruct.filters.f_measure import Counts, Encoded, encode, f_measures
from selfinstruct.filters.inverted_index import InvertedIndex, Places, features
from selfinstruct.filters.lcs_threshold import LcsThreshold
from selfinstruct.filters.neighborhood import Neighborhood
from selfinstruct.task import Task

FEW = 100
"""So many texts are compared at once; of more, those that too few of the lists hold are dropped first."""

Near: TypeAlias = tuple[str, float]


class RougeIndex:
    """The tokens of every task's instruction, and where each of them occurs."""

    def __init__(self, tokenize: Callable[[str], list[str]]) -> None:
        self._tokenize = tokenize
        self._ids: list[str] = []
        self._places: dict[str, int] = {}
        self._lengths = array("I")
        self._texts: list[Encoded] = []
        self._words = InvertedIndex()
        self._neighborhood = Neighborhood()
        self._cut: tuple[str, list[str]] = ("", [])
        self._last: tuple[str, float, Near | None] | None = None

    def add(self, task: Task) -> None:
        """Take in the next task of the pool."""
        tokens = self._tokens(task.instruction)
        self._words.add(tokens)
        self._texts.append(encode(self._words.numbers(tokens)))
        self._lengths.append(len(tokens))
        self._places[task.id] = len(self._ids)
        self._ids.append(task.id)
        self._last = None

    def above(self, text: str, limit: LcsThreshold) -> Near | None:
        """Return the task with the highest score above the threshold, of equal ones the first, if there is one."""
        if self._last is None or self._last[:2] != (text, limit.threshold):
            self._last = (text, limit.threshold, self._above(self._tokens(text), limit))
        return self._last[2]

    def neighbors(self, ids: Sequence[str], count: int) -> list[Neighbors]:
        """Return for each task the `count` nearest of those before it, and its mean score with all of them."""
        self._neighborhood.extend(self._texts)
        found = self._neighborhood.measure([self._places[known] for known in ids], count)
        return [
            Neighbors(tuple((self._ids[place], score) for place, score in nearest), mean) for nearest, mean in found
        ]

    def _above(self, tokens: list[str], limit: LcsThreshold) -> Near | None:
        places = self._survivors(tokens, limit)
        if not places.size:
            return None
        texts = [self._texts[place] for place in places.tolist()]
        found = highest(encode(self._words.numbers(tokens)), texts, self._lengths_at(places), limit)
        return None if found is None else (self._ids[places[found[0]]], found[1])

    def _survivors(self, tokens: list[str], limit: LcsThreshold) -> Places:
        """Return the places, ascending, of all texts that neither bound rejects."""
        length, fewest = len(tokens), limit.fewest(len(tokens))
        known = [number for number in self._words.numbers(features(tokens)) if number]
        places = self._words.listed(known, fewest)
        if not places.size:
            return places
        places = places[self._words.most(known, places) >= limit.needed(length, self._lengths_at(places))]
        if len(places) <= FEW:
            return np.array(sorted(set(places.tolist())), np.uint32)
        places, counts = np.unique(places, return_counts=True)
        return places[counts + (fewest - 1) >= limit.needed(length, self._lengths_at(places))]

    def _lengths_at(self, places: Places) -> Counts:
        return np.frombuffer(self._lengths, np.uint32)[places].astype(np.int64)

    def _tokens(self, text: str) -> list[str]:
        if self._cut[0] != text:  # a candidate that is kept comes again as a task
            self._cut = (text, self._tokenize(text))
        return self._cut[1]


def highest(text: Encoded, texts: Sequence[Encoded], lengths: Counts, limit: LcsThreshold) -> tuple[int, float] | None:
    """Return which of some texts has the highest score above the threshold with a text, of equal ones the first."""
    from rapidfuzz.distance import LCSseq
    from rapidfuzz.process import cdist

    common = cdist([text], texts, scorer=LCSseq.similarity, dtype=np.int64)[0]
    enough = np.flatnonzero(common >= limit.needed(len(text), lengths))
    if not enough.size:
        return None
    scores = f_measures(common[enough], len(text), lengths[enough])
    best = int(scores.argmax())
    return int(enough[best]), float(scores[best])
