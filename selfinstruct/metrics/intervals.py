"""How far a score may be from what more tasks would have given: intervals of 95 %.

Answers to one task are alike, so a mean over answers is resampled task by task (a bootstrap over clusters).  A share of
single answers has Wilson's interval, which stays within 0 and 1 and is right for small numbers too.  Both are the same
in every run: resampling is seeded.
"""

from collections.abc import Sequence
from math import sqrt

RESAMPLES = 2_000
FEWEST = 5
"""Tasks; fewer say nothing of how far others would be from them, and have no interval."""
Z = 1.959964
"""The quantile of the normal distribution that leaves 2.5 % above it."""


def bootstrap(sums: Sequence[float], counts: Sequence[int]) -> tuple[float, float] | None:
    """Return the interval of a mean, by the sum and the number of the values of each task; None of too few tasks."""
    if len(sums) < FEWEST:
        return None
    import numpy as np

    drawn = np.random.default_rng(0).multinomial(len(sums), [1 / len(sums)] * len(sums), size=RESAMPLES)
    means = (drawn @ np.asarray(sums, dtype=float)) / (drawn @ np.asarray(counts, dtype=float))
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def wilson(hits: float, count: int) -> tuple[float, float] | None:
    """Return the interval of a share, by the number of hits among some answers; None of none."""
    if not count:
        return None
    share = hits / count
    middle = (share + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * sqrt(share * (1 - share) / count + Z**2 / (4 * count**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def paired(differences: Sequence[float], tasks: Sequence[str]) -> tuple[float, float] | None:
    """Return the interval of the mean of differences between two models on the same items, of some tasks."""
    sums: dict[str, float] = {}
    counts: dict[str, int] = {}
    for difference, task in zip(differences, tasks, strict=True):
        sums[task] = sums.get(task, 0.0) + difference
        counts[task] = counts.get(task, 0) + 1
    return bootstrap(list(sums.values()), list(counts.values()))
