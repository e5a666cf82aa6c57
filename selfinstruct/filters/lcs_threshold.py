"""How much two texts must have in common for their score to be above a threshold, in whole numbers.

For two lengths there is one smallest common subsequence whose score, as rouge-score computes it, is above the
threshold; comparing with that length decides as rouge-score does, ties included.  In exact arithmetic it is the first
whole number above `threshold * (m + n) / 2`, and the rounding of rouge-score moves it by less than one, so three
candidates are tried.
"""

import numpy as np

from selfinstruct.filters.f_measure import Counts, f_measures

ROW = 1024
"""The lengths that a kept row covers; the last one stands for all longer texts."""
NEVER = 2**62
"""What stands where no common subsequence is long enough."""


class LcsThreshold:
    """The smallest common subsequences whose score is above one threshold."""

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._fewest: dict[int, int] = {}
        self._rows: dict[int, Counts | None] = {}
        self._all = np.arange(ROW)

    def fewest(self, length: int) -> int:
        """Return the fewest common tokens with which any text can be above the threshold: one inside the other."""
        if length not in self._fewest:
            first = max(1, int(self.threshold * length / (2 - self.threshold)) - 1)
            tried = np.arange(first, min(first + 4, length + 1))
            enough = tried[f_measures(tried, length, tried) > self.threshold]
            self._fewest[length] = int(enough[0]) if enough.size else NEVER
        return self._fewest[length]

    def needed(self, length: int, lengths: Counts) -> Counts:
        """Return the smallest common subsequence above the threshold with texts of `lengths`, none of them 0."""
        if length not in self._rows:
            row = None
            if length < ROW:
                row = self._needed(length, np.maximum(self._all, 1))
                row = row if row[-1] == NEVER else None  # else longer texts differ
            self._rows[length] = row
        known = self._rows[length]
        return self._needed(length, lengths) if known is None else known.take(lengths, mode="clip")

    def _needed(self, length: int, lengths: Counts) -> Counts:
        lengths = lengths.astype(np.int64)
        smallest = (self.threshold * (length + lengths) / 2).astype(np.int64)
        for _ in range(2):
            smallest += f_measures(smallest, length, lengths) <= self.threshold
        smallest[smallest > np.minimum(length, lengths)] = NEVER
        return smallest
