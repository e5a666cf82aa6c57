"""The settings that are compared: runs that differ in their random seed only are one setting, named by what differs.

Where a number was swept, it is what the figures are drawn against; of several, the one with the most values.  With no
number it is the key with the most values.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from selfinstruct.actions.comparison.comparing import Comparison
from selfinstruct.actions.comparison.grouping import SEED, Estimate, estimate, written
from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.pages.figures.labels import short

LONGEST = 40
"""Characters of a name in a figure."""


@dataclass(frozen=True)
class Setting:
    """Runs that differ in their random seed only."""

    name: str
    """What differs from the other settings."""
    runs: Sequence[Reading]


def settings(comparison: Comparison, without: str | None = None) -> list[Setting]:
    """Return the settings of the runs, in order, named without one key; unfinished runs count where no other does."""
    able = [run for run in comparison.runs if run.rounds or run.steps]
    found: dict[str, list[Reading]] = {}
    for run in [run for run in able if run.is_complete] or able:
        found.setdefault(name(comparison, run, without), []).append(run)
    return [Setting(text, runs) for text, runs in found.items()]


def name(comparison: Comparison, run: Reading, without: str | None = None) -> str:
    """Return what differs of a run, but for its seed and another key, in one line."""
    parts = [f"{end}={run.value(key)}" for key, end in comparison.short.items() if key not in (SEED, without)]
    return short(", ".join(parts), LONGEST)


def swept(comparison: Comparison) -> str | None:
    """Return the key that the figures are drawn against; None where the runs differ in their seeds at most."""
    able = [run for run in comparison.runs if run.is_readable]
    counts = {
        key: (are_numbers([run.values[key] for run in able]), len({written(run.values[key]) for run in able}))
        for key in comparison.short
        if key != SEED
    }
    return max(counts, key=counts.__getitem__, default=None)


def are_numbers(values: Sequence[object]) -> bool:
    """Return whether all values are numbers."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def over_seeds(values: Sequence[float | None]) -> Estimate | None:
    """Return the mean of some runs with its interval; without one for a single run, None where a value is unknown."""
    known = [value for value in values if value is not None]
    return estimate(tuple(known)) if known and len(known) == len(values) else None
