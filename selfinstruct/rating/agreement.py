"""How far raters agree, by the published measures, with intervals of 95 %.

Spearman's ρ (with ties) is SciPy's and Krippendorff's α that of `krippendorff`; the extra `rating` installs both.
Cohen's κ is written out here: that of scikit-learn, with which the tests compare it, takes milliseconds a call, and
an interval takes hundreds of calls.  Answers to one task are alike, so whole tasks are resampled for an interval.
A figure that is not defined is None, with the reason: κ of a rater who gave one grade only says nothing.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from math import isfinite
from typing import Any, TypeAlias

from selfinstruct.metrics.intervals import FEWEST

PACKAGES = ("scipy", "krippendorff")
RESAMPLES = 500
ONE_GRADE = "a rater gave one grade only"
FEW = "fewer than two items"

Ratings: TypeAlias = Mapping[str, Mapping[str, int]]
"""Rater to item to the place of its grade; a rater may lack items."""
Measure: TypeAlias = Callable[[Sequence[Any]], float | None]
"""A figure of some items, each with its grades; None where it is not defined."""


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """A figure of agreement."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None
    """Why there is no value."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How the grades of a question lie to each other; a grade is named by its place among them."""

    worths: Sequence[float]
    """The worth of each grade; grades of the same worth are one step of the ordinal scale."""
    good: frozenset[int] = field(default_factory=frozenset)
    """The grades of the upper class; empty where there are no two classes."""

    def step(self, place: int) -> int:
        """Return the place of a grade on the ordinal scale, 0 for the lowest."""
        return sorted(set(self.worths)).index(self.worths[place])

    @property
    def is_ordinal(self) -> bool:
        """Return whether the order of the grades says more than which of them were given."""
        return len(set(self.worths)) > 2


def missing() -> list[str]:
    """Return a sentence where the packages of the extra are not installed."""
    lacking = [name for name in PACKAGES if find_spec(name) is None]
    return [f"rate: agreement needs {', '.join(lacking)}. Run: pip install 'selfinstruct[rating]'"] if lacking else []


def pair(first: Mapping[str, int], second: Mapping[str, int], scale: Scale, tasks: Mapping[str, str]) -> dict[str, Any]:
    """Return how far two raters agree on the items that both have rated: `n`, and each figure by its name."""
    shared = [name for name in first if name in second]
    both = [(first[name], second[name]) for name in shared]
    of = [tasks[name] for name in shared]
    figures: dict[str, Measure] = {"percent": percent, "kappa": kappa}
    if scale.good:
        figures["kappa_classes"] = lambda pairs: kappa([(a in scale.good, b in scale.good) for a, b in pairs])
    if scale.is_ordinal:
        figures["kappa_weighted"] = lambda pairs: kappa(steps(pairs, scale), is_weighted=True)
        figures["spearman"] = lambda pairs: spearman(steps(pairs, scale))
    return {"n": len(shared), **{name: measured(measure, both, of) for name, measure in figures.items()}}


def alpha(ratings: Ratings, scale: Scale, tasks: Mapping[str, str]) -> Agreed:
    """Return Krippendorff's α of all raters on the ordinal scale, also where some have gaps."""
    names = list(dict.fromkeys(name for said in ratings.values() for name in said))
    rows = [
        [None if name not in said else scale.step(said[name]) for said in ratings.values()]
        for name in names
        if sum(name in said for said in ratings.values()) > 1
    ]
    of = [tasks[name] for name in names if sum(name in said for said in ratings.values()) > 1]
    return measured(krippendorff_alpha, rows, of)


def steps(pairs: Sequence[tuple[int, int]], scale: Scale) -> list[tuple[int, int]]:
    """Return grades by their places on the ordinal scale."""
    return [(scale.step(first), scale.step(second)) for first, second in pairs]


def percent(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Return the share of items that have the same grade from both."""
    return sum(first == second for first, second in pairs) / len(pairs)


def kappa(pairs: Sequence[tuple[int, int]], *, is_weighted: bool = False) -> float | None:
    """Return Cohen's κ, weighted by the distance of grades where wanted; None where a rater gave one grade only."""
    import numpy as np

    if is_constant(pairs):
        return None
    grades = np.asarray(pairs, dtype=int)
    size = int(grades.max()) + 1
    table = np.zeros((size, size))
    np.add.at(table, tuple(grades.T), 1)
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    if not is_weighted:
        distance = np.minimum(distance, 1)
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / len(pairs)
    return float(1 - (distance * table).sum() / (distance * by_chance).sum())


def spearman(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Return Spearman's rank correlation, with the mean rank for ties; None where a rater gave one grade only."""
    from scipy.stats import spearmanr

    if is_constant(pairs):
        return None
    return float(spearmanr([first for first, _ in pairs], [second for _, second in pairs]).statistic)


def krippendorff_alpha(rows: Sequence[Sequence[int | None]]) -> float | None:
    """Return Krippendorff's α of items, each with the ordinal grade of every rater; None where all grades are one."""
    import krippendorff
    import numpy as np

    table = np.array([[np.nan if one is None else one for one in row] for row in rows], dtype=float).T
    if len(np.unique(table[~np.isnan(table)])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement="ordinal"))


def is_constant(pairs: Sequence[tuple[int, int]]) -> bool:
    """Return whether one of two raters gave one grade only."""
    return any(len({one[place] for one in pairs}) < 2 for place in (0, 1))


def measured(measure: Measure, items: Sequence[Any], tasks: Sequence[str]) -> Agreed:
    """Return a figure of some items of some tasks, with its interval where there are enough tasks."""
    if len(items) < 2:
        return Agreed(value=None, reason=FEW)
    value = measure(items)
    if value is None or not isfinite(value):
        return Agreed(value=None, reason=ONE_GRADE)
    low, high = interval(measure, items, tasks) or (None, None)
    return Agreed(value=round(value, 6), low=low, high=high)


def interval(measure: Measure, items: Sequence[Any], tasks: Sequence[str]) -> tuple[float, float] | None:
    """Return the interval of a figure by resampling tasks; None where few are there, or it is mostly not defined."""
    import numpy as np

    by_task: dict[str, list[Any]] = {}
    for item, task in zip(items, tasks, strict=True):
        by_task.setdefault(task, []).append(item)
    groups = list(by_task.values())
    if len(groups) < FEWEST:
        return None
    rng = np.random.default_rng(0)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of resamples in which everybody agrees
        for places in rng.integers(len(groups), size=(RESAMPLES, len(groups))):
            value = measure([item for place in places for item in groups[place]])
            if value is not None and isfinite(value):
                found.append(value)
    if len(found) < RESAMPLES / 2:
        return None
    low, high = np.percentile(found, [2.5, 97.5])
    return round(float(low), 6), round(float(high), 6)
