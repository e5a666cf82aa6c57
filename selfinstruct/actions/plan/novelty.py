"""How novelty declines: the more tasks a pool holds, the fewer candidates differ from all of them.

The share of candidates that are new, by how many tasks `k` were kept, is taken to be `first * (1 + k / size) ** -fall`.
Its integral, the candidates that it takes to keep so many tasks, has a closed form.

An early part of a run says little about `size` and `fall` alone, since a slow fall from a small size looks like a quick
one from a large size.  So every curve of a grid is weighed by how well it explains the rounds (binomial likelihood,
`fall` and `size` uniform on logarithmic scales), and the answer is the median of their predictions, with the 10th and
90th percentile.  This range assumes that the form of the curve is right: runs ended a few percent outside it.

Rejected, each tried on the first 2,000 tasks of a run of 52,000: the best curve alone (50% more candidates than were
needed); Pitman and Yor's law of new species (a third too few); a fall to zero at a finite number of tasks, which
predicted that the run would never end.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from selfinstruct.actions.plan.assumptions import Range

FIRSTS = 9
FALLS = tuple(10 ** (-1 + step / 8) for step in range(13))
SIZES = tuple(10 ** (1.5 + step / 5) for step in range(24))
BINS = 60
"""Rounds are summed up in so many spans, which saves time."""
LEAST = 1e-9


class Judged(NamedTuple):
    """How many candidates were kept of those that the similarity filters judged."""

    kept: int
    judged: int


class Curve(NamedTuple):
    """One way in which novelty may decline."""

    first: float
    size: float
    fall: float

    def share(self, kept: float) -> float:
        """Return the share of new candidates when `kept` are kept."""
        return float(self.first * (1 + kept / self.size) ** -self.fall)

    def candidates(self, kept: float) -> float:
        """Return the number of candidates that are judged until `kept` are kept."""
        steeper = self.fall + 1
        return float(self.size / (self.first * steeper) * ((1 + kept / self.size) ** steeper - 1))


def candidates(rounds: Sequence[Judged], kept: float) -> Range:
    """Return the number of candidates that are judged until `kept` are kept, by the rounds of an earlier run."""
    size = math.ceil(len(rounds) / BINS)
    spans = [rounds[start : start + size] for start in range(0, len(rounds), size)]
    rounds = [Judged(sum(row.kept for row in span), sum(row.judged for row in span)) for span in spans]
    fits = [(likelihood(curve, rounds), curve) for curve in curves(rounds)]
    best = max(fit for fit, _ in fits)
    weighed = sorted((curve.candidates(kept), math.exp(fit - best)) for fit, curve in fits if fit > best - 12)
    total = sum(weight for _, weight in weighed)
    found: list[float] = []
    passed = 0.0
    for value, weight in weighed:
        passed += weight
        while len(found) < 3 and passed >= (0.1, 0.5, 0.9)[len(found)] * total:
            found.append(value)
    return Range(low=found[0], expected=found[1], high=found[2])


def curves(rounds: Sequence[Judged]) -> list[Curve]:
    """Return the curves to weigh: none starts below the mean, since novelty only declines."""
    mean = sum(row.kept for row in rounds) / max(1, sum(row.judged for row in rounds))
    firsts = {max(LEAST, mean + (1 - mean) * step / (FIRSTS - 1)) for step in range(FIRSTS)}
    return [Curve(first, size, fall) for first in sorted(firsts) for fall in FALLS for size in SIZES]


def likelihood(curve: Curve, rounds: Sequence[Judged]) -> float:
    """Return the log-likelihood of the rounds under a curve."""
    kept, total = 0, 0.0
    for row in rounds:
        share = min(max(curve.share(kept + row.kept / 2), LEAST), 1 - LEAST)
        total += row.kept * math.log(share) + (row.judged - row.kept) * math.log(1 - share)
        kept += row.kept
    return total
