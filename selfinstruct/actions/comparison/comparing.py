"""A comparison of runs, computed once for all the forms in which it is shown."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfinstruct.actions.comparison.figures import Figures, figures, kept_shares
from selfinstruct.actions.comparison.grouping import RECIPE, SEED, Group, differing, groups, short
from selfinstruct.actions.comparison.overlap import Overlap, overlaps
from selfinstruct.actions.comparison.reading import Reading, read
from selfinstruct.actions.comparison.sent_parameters import Parameter, parameters
from selfinstruct.actions.comparison.warnings import warnings
from selfinstruct.storage.differences import ABSENT, shown
from selfinstruct.storage.folder import CONFIG

NUMBER = re.compile(r"(\d+)(?=_|$)")
"""The number with which the folder of a sweep's job begins."""

REJECTED = re.compile(r"(^|\.)rejected\.")


@dataclass(frozen=True)
class Comparison:
    """Runs, and their comparison; all sequences are in the order of the runs."""

    runs: Sequence[Reading]
    labels: Sequence[str]
    """A short name for each run: its number, and `offline` where no model wrote it."""
    figures: Sequence[Figures]
    """Empty for a run that cannot be read."""
    keys: Mapping[str, Sequence[Any]]
    """The keys that differ, each with the value of every run."""
    groups: Sequence[Group]
    overlaps: Mapping[tuple[int, int], Overlap]
    parameters: Sequence[Mapping[tuple[str, str], Parameter]]
    warnings: Sequence[str]

    @property
    def short(self) -> dict[str, str]:
        """The keys that differ, with short names; with different recipes, only the keys that all of them have."""
        if RECIPE not in self.keys:
            return short(self.keys)
        readable = [place for place, run in enumerate(self.runs) if run.is_readable]
        shared = [key for key, values in self.keys.items() if ABSENT not in [values[place] for place in readable]]
        return short(key for key in shared if not key.endswith("._target_"))

    def value(self, key: str, place: int) -> str:
        """Return the value that a run has for a key that differs."""
        if not self.runs[place].is_readable:
            return ""
        value = self.keys[key][place]
        return value if isinstance(value, str) and len(value) <= 60 else shown(value)

    def legend(self, place: int, but: Iterable[str] = ()) -> str:
        """Return a run's label with its values of the keys that differ, as far as they fit in a legend."""
        named = [f"{name}={self.value(key, place)}" for key, name in self.short.items() if key not in but]
        text = ", ".join(named)
        return f"{self.labels[place]}: {text if len(text) <= 100 else text[:99] + '…'}" if text else self.labels[place]

    def group_label(self, group: Group) -> str:
        """Return a group's runs, and `offline` where no model wrote one of them."""
        numbers = ", ".join(self.labels[place].partition(" ")[0] for place in group.places)
        return f"{numbers} offline" if any(self.runs[place].is_offline for place in group.places) else numbers

    def group_legend(self, group: Group) -> str:
        """Return a group's label with the values that its runs share."""
        _, _, values = self.legend(group.places[0], (SEED,)).partition(": ")
        return f"{self.group_label(group)}: {values}" if values else self.group_label(group)


def stages(comparison: Comparison) -> list[str]:
    """Return the stages of all runs."""
    return list(dict.fromkeys(stage for run in comparison.runs for stage in run.config.get("recipe", ())))


def series(comparison: Comparison, stage: str) -> list[tuple[str, list[float | None]]]:
    """Return each run's label with its kept shares of a stage; empty for a stage that had one round at most."""
    found = [
        (comparison.legend(place), kept_shares(run, stage))
        for place, run in enumerate(comparison.runs)
        if any(row["stage"] == stage for row in run.rounds)
    ]
    return found if any(len(values) > 1 for _, values in found) else []


def compare(folders: Sequence[Path]) -> Comparison:
    """Read and measure the runs in these folders."""
    runs = [read(folder) for folder in folders]
    measured = counted_zero(runs, [figures(run) if run.is_readable else {} for run in runs])
    sent = [parameters(run) if run.is_readable else {} for run in runs]
    labels = numbered(runs)
    return Comparison(
        runs=runs,
        labels=labels,
        figures=measured,
        keys=differing(runs),
        groups=groups(runs, measured),
        overlaps=overlaps(runs),
        parameters=sent,
        warnings=warnings(runs, labels, measured, sent),
    )


def counted_zero(runs: Sequence[Reading], measured: Sequence[Figures]) -> list[Figures]:
    """Return the figures with a 0 for every filter that rejected nothing in one run and something in another."""
    names = list(dict.fromkeys(name for row in measured for name in row if REJECTED.search(name)))
    return [
        row | {name: row.get(name, 0) for name in names if stage_of(name) in (None, *run.config["recipe"])}
        if row
        else row
        for run, row in zip(runs, measured, strict=True)
    ]


def stage_of(name: str) -> str | None:
    """Return the stage that a figure is of, if it is of one."""
    return name.split(".")[1] if name.startswith("stages.") else None


def numbered(runs: Sequence[Reading]) -> list[str]:
    """Return a label for each run: the number of its job in a sweep where these are unique, otherwise its place."""
    jobs = [NUMBER.match(run.folder.name) for run in runs]
    numbers = [job[1] for job in jobs if job]
    if len(set(numbers)) < len(runs):
        numbers = [str(number) for number in range(1, len(runs) + 1)]
    return [f"{number} offline" if run.is_offline else number for number, run in zip(numbers, runs, strict=True)]


def jobs(folder: Path) -> list[Path]:
    """Return the runs in a sweep's folder, finished or not, in the order of their numbers."""
    found = [
        path
        for path in folder.iterdir()
        if path.is_dir() and ((path / CONFIG).exists() or ((path / ".hydra").exists() and NUMBER.match(path.name)))
    ]
    return sorted(found, key=in_order)


def in_order(path: Path) -> tuple[int, str]:
    """By the number of the job, then by name."""
    number = NUMBER.match(path.name)
    return (int(number[1]) if number else 0, path.name)
