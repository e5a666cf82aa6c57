"""The words of many texts as numbers, by which they are compared."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import count


class Vocabulary:
    """Words with their numbers, from 1 on; 0 stands for all words that it does not have."""

    def __init__(self) -> None:
        self._numbers = defaultdict[str, int](count(1).__next__)
        self._words: list[str] = []

    def taken(self, words: Iterable[str]) -> list[int]:
        """Return the numbers of words; those that are new are taken in."""
        return list(map(self._numbers.__getitem__, words))

    def known(self, words: Iterable[str]) -> list[int]:
        """Return the numbers of words, 0 for those that are new."""
        get = self._numbers.get
        return [get(word, 0) for word in words]

    def text(self, numbers: Sequence[int]) -> str:
        """Return words of the vocabulary with a space between."""
        if len(self._words) < len(self._numbers):
            self._words = list(self._numbers)  # in the order of their numbers
        return " ".join(self._words[number - 1] for number in numbers)
