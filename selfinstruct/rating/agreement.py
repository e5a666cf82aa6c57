"""How far raters agree, by the published measures, with intervals of 95 %.

Spearman's ρ (with ties) is SciPy's and Krippendorff's α that of `krippendorff`; the extra `rating` installs both.
Cohen's κ is written out here: that of scikit-learn, with which the tests compare it, takes milliseconds a call, and
an interval takes hundreds of calls.  Answers to one task are alike, so whole tasks are resampled for an interval.
A figure that is not defined is None, with the reason: κ of a rater who gave one grade only says nothing.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from math import isfinite, nan
from typing import Any, TypeAlias

from selfinstruct.metrics.intervals import FEWEST

PACKAGES = ("scipy", "krippendorff")
RESAMPLES = 500
ONE_GRADE = "a rater gave one grade only"
FEW = "fewer than two items"

Ratings: TypeAlias = Mapping[str, Mapping[str, int]]
"""Rater to item to the place of its grade; a rater may lack items."""
Measure: TypeAlias = Callable[[Any], float | None]
"""A figure of a table with a row of grades for each item; None where it is not defined."""


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
    figures: dict[str, tuple[Measure, Sequence[Any]]] = {"percent": (percent, both), "kappa": (kappa, both)}
    if scale.good:
        figures["kappa_classes"] = kappa, [(one in scale.good, other in scale.good) for one, other in both]
    if scale.is_ordinal:
        steps = [(scale.step(one), scale.step(other)) for one, other in both]
        figures |= {"kappa_weighted": (weighted_kappa, steps), "spearman": (spearman, steps)}
    of = [tasks[name] for name in shared]
    return {"n": len(shared), **{name: measured(measure, rows, of) for name, (measure, rows) in figures.items()}}


def alpha(ratings: Ratings, scale: Scale, tasks: Mapping[str, str]) -> Agreed:
    """Return Krippendorff's α of all raters on the ordinal scale, also where some have gaps."""
    counts = Counter(name for said in ratings.values() for name in said)
    names = [name for name, count in counts.items() if count > 1]
    rows = [[scale.step(said[name]) if name in said else nan for said in ratings.values()] for name in names]
    return measured(krippendorff_alpha, rows, [tasks[name] for name in names])


def percent(pairs: Any) -> float | None:
    """Return the share of items that have the same grade from both."""
    return float((pairs[:, 0] == pairs[:, 1]).mean())


def kappa(pairs: Any) -> float | None:
    """Return Cohen's κ; None where a rater gave one grade only."""
    return kappa_by(lambda apart: apart > 0, pairs)


def weighted_kappa(pairs: Any) -> float | None:
    """Return Cohen's κ with weights by the distance of grades; None where a rater gave one grade only."""
    return kappa_by(lambda apart: apart, pairs)


def kappa_by(weight: Callable[[Any], Any], pairs: Any) -> float | None:
    """Return Cohen's κ by the weight of how many places two grades are apart."""
    import numpy as np

    if is_constant(pairs):
        return None
    size = int(pairs.max()) + 1
    table = np.zeros((size, size))
    np.add.at(table, tuple(pairs.astype(int).T), 1)
    distance = weight(np.abs(np.subtract.outer(np.arange(size), np.arange(size))))
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0)) / len(pairs)
    return float(1 - (distance * table).sum() / (distance * by_chance).sum())


def spearman(pairs: Any) -> float | None:
    """Return Spearman's rank correlation, with the mean rank for ties; None where a rater gave one grade only."""
    from scipy.stats import spearmanr

    return None if is_constant(pairs) else float(spearmanr(pairs[:, 0], pairs[:, 1]).statistic)


def krippendorff_alpha(rows: Any) -> float | None:
    """Return Krippendorff's α of items, each with the ordinal grade of every rater; None where all grades are one."""
    import krippendorff
    import numpy as np

    if len(np.unique(rows[~np.isnan(rows)])) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=rows.T, level_of_measurement="ordinal"))


def is_constant(pairs: Any) -> bool:
    """Return whether one of two raters gave one grade only."""
    return bool((pairs == pairs[0]).all(axis=0).any())


def measured(measure: Measure, items: Sequence[Any], tasks: Sequence[str]) -> Agreed:
    """Return a figure of some items of some tasks, with its interval where there are enough tasks."""
    import numpy as np

    if len(items) < 2:
        return Agreed(value=None, reason=FEW)
    table = np.asarray(items, dtype=float)
    value = measure(table)
    if value is None or not isfinite(value):
        return Agreed(value=None, reason=ONE_GRADE)
    low, high = interval(measure, table, tasks) or (None, None)
    return Agreed(value=round(value, 6), low=low, high=high)


def interval(measure: Measure, table: Any, tasks: Sequence[str]) -> tuple[float, float] | None:
    """Return the interval of a figure by resampling tasks; None where few are there, or it is mostly not defined."""
    import numpy as np

    places: dict[str, list[int]] = {}
    for place, task in enumerate(tasks):
        places.setdefault(task, []).append(place)
    groups = list(places.values())
    if len(groups) < FEWEST:
        return None
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of resamples in which everybody agrees
        for drawn in np.random.default_rng(0).integers(len(groups), size=(RESAMPLES, len(groups))):
            value = measure(table[[place for group in drawn for place in groups[group]]])
            if value is not None and isfinite(value):
                found.append(value)
    if len(found) < RESAMPLES / 2:
        return None
    low, high = np.percentile(found, [2.5, 97.5])
    return round(float(low), 6), round(float(high), 6)
