"""The keys of `config.json` in which runs differ, and the groups of runs that differ only in their random seed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import fsum
from random import Random
from typing import Any

from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.storage.differences import ABSENT, leaves

SEED = "random_seed"
RECIPE = "recipe"
"""Stands for the many keys in which recipes differ."""
TRAINING = "training"
"""Stands for the recipe of a training alone."""
FORMATS = "formats"
"""Shape the files of a dataset, and nothing else."""
IGNORED = ("actions", "trackers", "spacy_model")
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

    runs: Sequence[Reading]
    figures: Mapping[str, Estimate | None]

    @property
    def label(self) -> str:
        """The numbers of its runs, and `offline` where no model wrote one of them."""
        numbers = ", ".join(run.label.partition(" ")[0] for run in self.runs)
        return f"{numbers} offline" if any(run.is_offline for run in self.runs) else numbers


def told_apart(runs: Sequence[Reading]) -> list[Reading]:
    """Return the runs without their formats, unless some of them differ in nothing else."""
    bare = [replace(run, config=without_formats(run.config), typed=without_formats(run.typed)) for run in runs]
    twins: dict[str, set[str]] = {}
    for run, one in zip(runs, bare, strict=True):
        twins.setdefault(f"{identity(one)} {written(run.config.get(SEED))}", set()).add(
            written(run.config.get(FORMATS))
        )
    return [*runs] if any(len(formats) > 1 for formats in twins.values()) else bare


def without_formats(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config, or the keys that were typed, without those of formats."""
    return {key: value for key, value in values.items() if key.partition(".")[0] != FORMATS}


def differing(runs: Sequence[Reading]) -> dict[str, list[Any]]:
    """Return every key that is not the same in all readable runs, with the value that each run has, ABSENT for none."""
    configs = [keys(run) for run in runs]
    readable = [config for config in configs if config]
    found = {
        key: [config.get(key, ABSENT) for config in configs]
        for key in dict.fromkeys(key for config in configs for key in config)
        if len({written(config.get(key, ABSENT)) for config in readable}) > 1
    }
    return {RECIPE: names, **found} if (names := recipes(runs)) else found


def options(runs: Sequence[Reading]) -> list[str]:
    """Return the keys that were typed with different texts for the runs, where one of them chose an option.

    An option such as `language` sets many keys, of which none names a run as well as it does.  Empty where a run lacks
    one of the words, or where runs of the same words differ, so that something else differs, too.
    """
    readable = [run for run in runs if run.is_readable]
    typed = [key for key in dict.fromkeys(key for run in readable for key in run.typed) if shapes(key)]
    varied = [key for key in typed if len({run.typed.get(key) for run in readable}) > 1]
    alike: dict[tuple[str | None, ...], set[str]] = {}
    for run in readable:
        alike.setdefault(tuple(map(run.typed.get, varied)), set()).add(identity(run))
    are_typed = all(key in run.typed for key in varied for run in readable)
    is_all = all(len(configs) == 1 for configs in alike.values())
    known = {key for run in readable for key in keys(run)}
    return varied if are_typed and is_all and {*varied} - known else []


def recipes(runs: Sequence[Reading]) -> list[Any]:
    """Return the recipe of each run by name, or by stages where names are ambiguous; empty if all are the same."""
    stages = [", ".join(run.config.get("recipe", [TRAINING])) if run.is_readable else ABSENT for run in runs]
    if len({*stages} - {ABSENT}) < 2:
        return []
    names = [run.summary.get("recipe", stage) for run, stage in zip(runs, stages, strict=True)]
    return names if len({*names}) == len({*zip(names, stages, strict=True)}) else stages


def keys(run: Reading) -> dict[str, Any]:
    """Return every key of a run's config that shapes its result, dotted."""
    shaping = {name: value for name, value in run.config.items() if shapes(name)}
    return dict(leaves(shaping)) if shaping else {}


def shapes(key: str) -> bool:
    """Return whether a key shapes the result of a run."""
    return key.partition(".")[0].partition("@")[0] not in IGNORED


def written(value: Any) -> str:
    """Return a value of a config as a text that is the same for equal values."""
    return "" if value is ABSENT else json.dumps(value, sort_keys=True, ensure_ascii=False)


def short(names: Iterable[str]) -> dict[str, str]:
    """Return for each dotted key its shortest unique ending that is not a number alone."""
    names = list(names)
    found = {}
    for name in names:
        words = name.split(".")
        ends = [".".join(words[-size:]) for size in range(1, len(words) + 1)]
        found[name] = next(
            end
            for end in ends
            if (sum(f".{other}".endswith(f".{end}") for other in names) == 1 and not end.isdecimal()) or end == name
        )
    return found


def groups(runs: Sequence[Reading]) -> list[Group]:
    """Return the groups of two or more complete runs with different seeds."""
    found: dict[str, list[Reading]] = {}
    for run in runs:
        if run.is_complete:
            found.setdefault(identity(run), []).append(run)
    return [
        Group(alike, estimates([run.figures for run in alike]))
        for alike in found.values()
        if len({written(run.config.get(SEED)) for run in alike}) > 1
    ]


def identity(run: Reading) -> str:
    """Return the config of a run without its seed, as a text."""
    return written(dict(sorted((key, value) for key, value in keys(run).items() if key != SEED)))


def estimates(figures: Sequence[Mapping[str, float | None]]) -> dict[str, Estimate | None]:
    """Return the estimate of every figure over some runs; None where any of them lacks it."""
    found: dict[str, Estimate | None] = {}
    for name in dict.fromkeys(name for row in figures for name in row):
        values = [value for row in figures if (value := row.get(name)) is not None]
        found[name] = estimate(tuple(values)) if len(values) == len(figures) else None
    return found


@cache
def estimate(values: tuple[float, ...]) -> Estimate:
    """Return the mean, and its percentile bootstrap interval (Efron, 1979); the same values give the same bounds."""
    means = sorted(fsum(values[place] for place in draw) / len(values) for draw in draws(len(values)))
    cut = round((1 - CONFIDENCE) / 2 * len(means))
    return Estimate(fsum(values) / len(values), means[cut], means[-1 - cut])


@cache
def draws(size: int) -> list[list[int]]:
    """Return the indices that each bootstrap resample draws."""
    rng = Random(0)
    return [rng.choices(range(size), k=size) for _ in range(RESAMPLES)]
