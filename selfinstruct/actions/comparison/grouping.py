"""Grouping: the keys in which runs differ, and the runs that differ in nothing but their random seed.

Configs are compared as the runs keep them, in `config.json`.  What a run does with its results, and where it logs
them, shapes no result and is left out.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import fsum
from random import Random
from typing import Any

from selfinstruct.actions.comparison.figures import Figures
from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.storage.differences import ABSENT, leaves

SEED = "random_seed"
RECIPE = "recipe"
"""Stands for the many keys in which different recipes differ."""
BESIDE = ("actions", "trackers", "formats")
"""The keys that shape no result."""
RESAMPLES = 2000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """The mean of a figure over runs, and the bounds of its confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Group:
    """Runs that differ in their random seed only."""

    places: tuple[int, ...]
    """Which of the runs they are."""
    figures: Mapping[str, Estimate | None]


def differing(runs: Sequence[Reading]) -> dict[str, list[Any]]:
    """Every key that is not the same in all readable runs, with the value that each run has, ABSENT for none."""
    configs = [keys(run) for run in runs]
    known = dict.fromkeys(key for config in configs for key in config)
    readable = [config for config, run in zip(configs, runs, strict=True) if run.is_readable]
    found = {
        key: [config.get(key, ABSENT) for config in configs]
        for key in known
        if len({written(config.get(key, ABSENT)) for config in readable}) > 1
    }
    return {RECIPE: names, **found} if (names := recipes(runs)) else found


def recipes(runs: Sequence[Reading]) -> list[Any]:
    """The recipe of each run by its name, or by its stages where names do not tell them apart; empty if all are one."""
    stages = [", ".join(run.config["recipe"]) if run.is_readable else ABSENT for run in runs]
    names = [
        run.summary.get("recipe", told) if run.is_readable else ABSENT for run, told in zip(runs, stages, strict=True)
    ]
    kinds = {told for told, run in zip(stages, runs, strict=True) if run.is_readable}
    if len(kinds) < 2:
        return []
    pairs = {*zip(names, stages, strict=True)}
    return names if len({name for name, _ in pairs}) == len(pairs) else stages


def keys(run: Reading) -> dict[str, Any]:
    """Every key of a run's config that shapes its result, dotted."""
    return dict(leaves({name: value for name, value in run.config.items() if name not in BESIDE}))


def written(value: Any) -> str:
    """A value of a config, so that equal ones are one text."""
    return "" if value is ABSENT else json.dumps(value, sort_keys=True, ensure_ascii=False)


def short(names: Iterable[str]) -> dict[str, str]:
    """For each dotted key the last words of it that tell it from the others."""
    names = list(names)
    found = {}
    for name in names:
        words = name.split(".")
        ends = [".".join(words[-size:]) for size in range(1, len(words) + 1)]
        found[name] = next(
            end for end in ends if sum(f".{other}".endswith(f".{end}") for other in names) == 1 or end == name
        )
    return found


def groups(runs: Sequence[Reading], figures: Sequence[Figures]) -> list[Group]:
    """The groups of two or more complete runs with different seeds."""
    found: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        if run.is_complete:
            found.setdefault(identity(run), []).append(place)
    return [
        Group(tuple(places), estimates([figures[place] for place in places]))
        for places in found.values()
        if len({written(runs[place].config.get(SEED)) for place in places}) > 1
    ]


def identity(run: Reading) -> str:
    """The config of a run without its seed, as a text."""
    return written(dict(sorted((key, value) for key, value in keys(run).items() if key != SEED)))


def estimates(figures: Sequence[Figures]) -> dict[str, Estimate | None]:
    """Every figure over some runs; None where it is not known of all."""
    return {
        name: None if None in (values := [row.get(name) for row in figures]) else estimate(tuple(filter_none(values)))
        for name in dict.fromkeys(name for row in figures for name in row)
    }


def filter_none(values: Iterable[float | None]) -> Iterable[float]:
    """The values that are known."""
    return (value for value in values if value is not None)


@cache
def estimate(values: tuple[float, ...]) -> Estimate:
    """The mean, and its percentile bootstrap interval (Efron, 1979); the same values give the same bounds."""
    means = sorted(fsum(values[place] for place in draw) / len(values) for draw in draws(len(values)))
    cut = round((1 - CONFIDENCE) / 2 * len(means))
    return Estimate(fsum(values) / len(values), means[cut], means[-1 - cut])


@cache
def draws(size: int) -> list[list[int]]:
    """Which of so many values each resample takes."""
    rng = Random(0)
    return [rng.choices(range(size), k=size) for _ in range(RESAMPLES)]
