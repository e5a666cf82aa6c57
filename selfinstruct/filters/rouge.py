"""ROUGE-L between a text and every text of a pool at once, to the last bit of rouge-score's own numbers.

ROUGE-L's F measure rests on the longest common subsequence of two token lists: with `common` its length, precision is
`common / m` and recall `common / n`.  Only this expression, evaluated in this order, decides as rouge-score does: a
pair whose score is exactly the threshold comes out a hair above it for some lengths (7 of 7 and 13) and not for others
(7 of 10 and 10).  The shorter `2 * common / (m + n)`, or a score computed by rapidfuzz, decides many of those pairs
otherwise.

The length of the common subsequence is computed for all texts together.  The 64 bits of an unsigned integer stand for
the tokens of one text; each token of the query is one step of the bit-parallel recurrence (Hyyrö, 2004), and a step
leaves the texts without that token as they are, so that it runs over the token's posting list alone.  Texts of more
than 64 tokens are compared one by one, by rapidfuzz.

Rejected: rapidfuzz for all texts (four times slower with 52,000), and numba or a C kernel (a compiler, or 190 MB, for
a filter that is not the bottleneck).
"""

from array import array
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from selfinstruct.task import Task

BITS = 64
"""The most tokens of a text that one integer holds."""

_ONES = np.uint64(2**BITS - 1)

Counts: TypeAlias = NDArray[np.int64]
Scores: TypeAlias = NDArray[np.float64]


def f_measures(common: Counts, length: int, lengths: Counts) -> Scores:
    """ROUGE-L F of a text of `length` tokens with texts of `lengths`, none of them 0, as rouge-score computes it."""
    precision = common / length
    recall = common / lengths
    total = precision + recall
    total[common == 0] = 1.0
    return 2 * precision * recall / total


def highest(scores: Scores, count: int) -> list[int]:
    """The places of the `count` highest scores, highest first; of equal scores the earlier comes first."""
    border = np.partition(scores, -count)[-count] if count < len(scores) else 0.0
    places = np.flatnonzero(scores >= border)
    order = np.argsort(-scores[places], kind="stable")[:count]
    return [int(place) for place in places[order]]


class ShortTexts:
    """Texts of at most 64 tokens: for each token, the texts that have it, and at which of their positions."""

    def __init__(self) -> None:
        self._places = array("q")
        self._postings: dict[str, tuple[array[int], array[int]]] = {}

    def add(self, tokens: list[str], place: int) -> None:
        """Take in a text, and the place that it has among all texts."""
        positions: dict[str, int] = {}
        for position, token in enumerate(tokens):
            positions[token] = positions.get(token, 0) | 1 << position
        for token, bits in positions.items():
            numbers, masks = self._postings.setdefault(token, (array("q"), array("Q")))
            numbers.append(len(self._places))
            masks.append(bits)
        self._places.append(place)

    def count(self, tokens: list[str], common: Counts) -> None:
        """Write the length of the common subsequence with each text to its place."""
        states = np.full(len(self._places), _ONES)
        for token in tokens:
            if token in self._postings:
                numbers, masks = map(np.asarray, self._postings[token])
                before = states[numbers]
                hits = before & masks
                states[numbers] = (before + hits) | (before ^ hits)
        common[np.asarray(self._places)] = np.bitwise_count(~states)


class LongTexts:
    """Texts of more than 64 tokens: each is kept as a string, one character for a token, as rapidfuzz compares fast.

    There are 1,114,111 characters to give away, and so as many distinct tokens.
    """

    def __init__(self) -> None:
        self._places = array("q")
        self._numbers: dict[str, int] = {}
        self._texts: list[str] = []

    def add(self, tokens: list[str], place: int) -> None:
        """Take in a text, and the place that it has among all texts."""
        for token in tokens:
            self._numbers.setdefault(token, len(self._numbers) + 1)
        self._texts.append(self._encode(tokens))
        self._places.append(place)

    def count(self, tokens: list[str], common: Counts) -> None:
        """Write the length of the common subsequence with each text to its place."""
        from rapidfuzz.distance import LCSseq
        from rapidfuzz.process import cdist

        if self._texts:
            counts = cdist([self._encode(tokens)], self._texts, scorer=LCSseq.similarity, dtype=np.int64)
            common[np.asarray(self._places)] = counts[0]

    def _encode(self, tokens: list[str]) -> str:
        return "".join(chr(self._numbers.get(token, 0)) for token in tokens)  # 0 is in no text


class RougeIndex:
    """The tokens of every task's instruction, ready to be compared with a text."""

    def __init__(self, tokenize: Callable[[str], list[str]]) -> None:
        self.ids: list[str] = []
        self._tokenize = tokenize
        self._lengths = array("q")
        self._short = ShortTexts()
        self._long = LongTexts()
        self._last: tuple[str, Scores] | None = None

    def add(self, task: Task) -> None:
        """Take in the next task of the pool."""
        tokens = self._tokenize(task.instruction)
        texts = self._short if len(tokens) <= BITS else self._long
        texts.add(tokens, len(self.ids))
        self.ids.append(task.id)
        self._lengths.append(max(1, len(tokens)))  # nothing is common with an empty text: any length but 0 will do
        self._last = None

    def scores(self, text: str) -> Scores:
        """ROUGE-L F with every task so far, in the pool's order; the last answer is kept until a task is added."""
        if self._last is None or self._last[0] != text:
            self._last = (text, self._compare(self._tokenize(text)))
        return self._last[1]

    def _compare(self, tokens: list[str]) -> Scores:
        common = np.zeros(len(self.ids), np.int64)
        self._short.count(tokens, common)
        self._long.count(tokens, common)
        return f_measures(common, max(1, len(tokens)), np.asarray(self._lengths))
