"""A comparison of runs, computed once for all the forms in which it is shown, with warnings for its reader."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfinstruct.actions.comparison.figures import Figures, figures
from selfinstruct.actions.comparison.grouping import RECIPE, SEED, Group, differing, groups, identity, short, written
from selfinstruct.actions.comparison.overlap import Overlap, overlaps
from selfinstruct.actions.comparison.reading import Reading, read
from selfinstruct.storage.differences import ABSENT, shown
from selfinstruct.storage.folder import CONFIG

NUMBER = re.compile(r"(\d+)(?=_|$)")
"""The number with which the folder of a sweep's job begins."""


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
    warnings: Sequence[str]

    @property
    def short(self) -> dict[str, str]:
        """The keys that differ, with short names; with different recipes, only the keys that all of them have."""
        if RECIPE not in self.keys:
            return short(self.keys)
        readable = [place for place, run in enumerate(self.runs) if run.is_readable]
        shared = [key for key, values in self.keys.items() if ABSENT not in [values[place] for place in readable]]
        return short(key for key in shared if not key.endswith("._target_"))

    @property
    def stages(self) -> list[str]:
        """The stages of all runs."""
        return list(dict.fromkeys(stage for run in self.runs for stage in run.config.get("recipe", ())))

    def value(self, key: str, place: int) -> str:
        """Return the value that a run has for a key that differs."""
        if not self.runs[place].is_readable:
            return ""
        value = self.keys[key][place]
        return value if isinstance(value, str) and len(value) <= 60 else shown(value)

    def legend(self, place: int) -> str:
        """Return a run's label with its values of the keys that differ, cut where they are long."""
        text = ", ".join(f"{name}={self.value(key, place)}" for key, name in self.short.items())
        return f"{self.labels[place]}: {text if len(text) <= 100 else text[:99] + '…'}" if text else self.labels[place]

    def group_label(self, group: Group) -> str:
        """Return a group's runs, and `offline` where no model wrote one of them."""
        numbers = ", ".join(self.labels[place].partition(" ")[0] for place in group.places)
        return f"{numbers} offline" if any(self.runs[place].is_offline for place in group.places) else numbers


def compare(folders: Sequence[Path]) -> Comparison:
    """Read and measure the runs in these folders."""
    runs = [read(folder) for folder in folders]
    measured = [figures(run) if run.is_readable else {} for run in runs]
    names = dict.fromkeys(name for row in measured for name in row if name.startswith("rejected."))
    measured = [row and row | {name: row.get(name, 0) for name in names} for row in measured]  # 0 is known
    labels = numbered(runs)
    return Comparison(
        runs=runs,
        labels=labels,
        figures=measured,
        keys=differing(runs),
        groups=groups(runs, measured),
        overlaps=overlaps(runs),
        warnings=list(warnings(runs, labels, measured)),
    )


def numbered(runs: Sequence[Reading]) -> list[str]:
    """Return a label for each run: the number of its job in a sweep where these are unique, otherwise its place."""
    jobs = [NUMBER.match(run.folder.name) for run in runs]
    numbers = [job[1] for job in jobs if job]
    if len(set(numbers)) < len(runs):
        numbers = [str(number) for number in range(1, len(runs) + 1)]
    return [f"{number} offline" if run.is_offline else number for number, run in zip(numbers, runs, strict=True)]


def warnings(runs: Sequence[Reading], labels: Sequence[str], figures: Sequence[Figures]) -> Iterator[str]:
    """Yield what a reader should know before comparing these runs."""
    offline = [label.partition(" ")[0] for run, label in zip(runs, labels, strict=True) if run.is_offline]
    if offline:
        yield (
            f"Written by 'offline' or 'scripted', which stand in for a model: run {', '.join(offline)}. Its figures"
            " do not measure a language model."
        )
    yield from (f"Run {label}: {run.status}." for run, label in zip(runs, labels, strict=True) if not run.is_complete)
    sizes = {made for row in figures if (made := row.get("made"))}
    if len(sizes) > 1:
        yield (
            f"The runs have made {min(sizes):,} to {max(sizes):,} tasks. Distinct-n falls and nearness rises with"
            " their number."
        )
    summaries = [run.summary for run in runs if run.summary]
    if len({written([one.get("git"), (one.get("versions") or {}).get("selfinstruct")]) for one in summaries}) > 1:
        yield "The runs were made by different versions of the code; summary.json has the version."
    twins: dict[str, list[str]] = {}
    for run, label in zip(runs, labels, strict=True):
        if run.is_complete:
            twins.setdefault(f"{identity(run)} {written(run.config.get(SEED))}", []).append(label)
    for names in twins.values():
        if len(names) > 1:
            yield f"The same config and seed: run {', '.join(names)}. An interval would count them twice."
    for run, label in zip(runs, labels, strict=True):
        for stage in dict(run.served):
            models = [str(model) for of, model in run.served if of == stage]
            if len(models) > 1:
                yield f"Run {label}, {stage}: several models answered: {', '.join(models)}."


def jobs(folder: Path) -> list[Path]:
    """Return the runs in a sweep's folder, finished or not, in the order of their numbers."""
    found = [
        (int(number[1]) if (number := NUMBER.match(path.name)) else 0, path)
        for path in folder.iterdir()
        if path.is_dir() and ((path / CONFIG).exists() or ((path / ".hydra").exists() and NUMBER.match(path.name)))
    ]
    return [path for _, path in sorted(found)]
