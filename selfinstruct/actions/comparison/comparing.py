"""A comparison of runs, computed once for all the forms in which it is shown, with warnings for its reader."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from selfinstruct.actions.comparison import scores
from selfinstruct.actions.comparison.figures import Overlap, figures, overlaps
from selfinstruct.actions.comparison.grouping import (
    RECIPE,
    SEED,
    Group,
    differing,
    groups,
    identity,
    options,
    short,
    told_apart,
    written,
)
from selfinstruct.actions.comparison.reading import Reading, is_run, read
from selfinstruct.actions.comparison.scores import Evaluation, evaluations
from selfinstruct.storage.differences import ABSENT
from selfinstruct.text.verb_pairs import found_by, problems

NUMBER = re.compile(r"(\d+)(?=_|$)")
"""The number with which the folder of a sweep's job begins."""


@dataclass(frozen=True)
class Comparison:
    """Runs, and their comparison."""

    runs: Sequence[Reading]
    keys: Sequence[str]
    """The keys that differ."""
    groups: Sequence[Group]
    overlaps: Mapping[tuple[str, str], Overlap]
    """By the labels of two runs, how much of the first is in the second."""
    evaluations: Sequence[Evaluation]
    warnings: Sequence[str]
    typed: Sequence[str] = ()
    """The keys that name the runs, where options such as `language` were typed; else empty."""

    @property
    def short(self) -> dict[str, str]:
        """The keys that differ, with short names; with different recipes, only the keys that all of them have."""
        if self.typed:
            return short(self.typed)
        if RECIPE not in self.keys:
            return short(self.keys)
        lacking = {key for run in self.runs if run.is_readable for key in self.keys if run.values[key] is ABSENT}
        return short(key for key in self.keys if key not in lacking and not key.endswith("._target_"))

    def legend(self, run: Reading) -> str:
        """Return a run's label with its values of the keys that differ, cut where they are long."""
        text = ", ".join(f"{name}={run.value(key)}" for key, name in self.short.items())
        return f"{run.label}: {text if len(text) <= 100 else text[:99] + '…'}" if text else run.label


def compare(folders: Sequence[Path], spacy_model: str | None = None) -> Comparison:
    """Read and measure the runs in these folders, all with the same model for verbs and nouns, or with our rule."""
    runs = told_apart([read(folder) for folder in folders])
    models = [spacy_model, *(run.config.get("spacy_model") for run in runs)]
    spacy_model = next((model for model in models if model is not None), None)
    unusable = problems(spacy_model)
    if unusable:
        spacy_model = None
    measured = [figures(run, spacy_model) if run.is_readable else {} for run in runs]
    names = dict.fromkeys(name for row in measured for name in row if name.startswith("rejected."))
    names |= dict.fromkeys(f"rejected.{name}" for run in runs for name in run.filters)
    keys = differing(runs)
    named = options(runs)
    keys = {key: [run.typed.get(key, "") for run in runs] for key in named if key not in keys} | keys
    runs = [
        replace(
            run,
            label=label,
            figures=row | {name: row.get(name, 0) for name in names} if run.rounds else row,  # 0 is known
            values={key: values[place] for key, values in keys.items()},
        )
        for place, (run, label, row) in enumerate(zip(runs, numbered(runs), measured, strict=True))
    ]
    scored = evaluations(runs)
    noted = [*warnings(runs), *scores.warnings(scored), *unusable]
    if any(models):
        noted.append(f"Verbs and nouns were found by {found_by(spacy_model)}.")
    return Comparison(runs, list(keys), groups(runs), overlaps(runs), scored, noted, named)


def numbered(runs: Sequence[Reading]) -> list[str]:
    """Return a label for each run: the number of its job in a sweep where these are unique, otherwise its place."""
    jobs = [NUMBER.match(run.folder.name) for run in runs]
    numbers = [job[1] for job in jobs if job]
    if len(set(numbers)) < len(runs):
        numbers = [str(number) for number in range(1, len(runs) + 1)]
    return [f"{number} offline" if run.is_offline else number for number, run in zip(numbers, runs, strict=True)]


def warnings(runs: Sequence[Reading]) -> Iterator[str]:
    """Yield what a reader should know before comparing these runs."""
    if offline := [run.label.partition(" ")[0] for run in runs if run.is_offline]:
        yield (
            f"Written by 'offline' or 'scripted', which stand in for a model: run {', '.join(offline)}. Its figures"
            " do not measure a language model."
        )
    for run in runs:
        if not run.is_complete:
            yield f"Run {run.label}: {run.public_status.rstrip('.')}{'' if run.status.endswith('?') else '.'}"
    sizes = {made for run in runs if (made := run.figures.get("made"))}
    if len(sizes) > 1:
        yield (
            f"The runs have made {min(sizes):,} to {max(sizes):,} tasks. Distinct-n falls and nearness rises with"
            " their number; distinct-n of 500 does not depend on it."
        )
    summaries = [run.summary for run in runs if run.summary]
    if len({written([one.get("git"), (one.get("versions") or {}).get("selfinstruct")]) for one in summaries}) > 1:
        yield "The runs were made by different versions of the code; summary.json has the version."
    twins: dict[str, list[str]] = {}
    for run in runs:
        if run.is_complete:
            twins.setdefault(f"{identity(run)} {written(run.config.get(SEED))}", []).append(run.label)
    for names in twins.values():
        if len(names) > 1:
            yield f"The same config and seed: run {', '.join(names)}. An interval would count them twice."
    for run in runs:
        for stage in dict(run.served):
            models = [str(model) for of, model in run.served if of == stage]
            if len(models) > 1:
                yield f"Run {run.label}, {stage}: several models answered: {', '.join(models)}."


def jobs(folder: Path) -> list[Path]:
    """Return the runs in a sweep's folder, finished or not, in the order of their numbers."""
    found = [
        (int(number[1]) if (number := NUMBER.match(path.name)) else 0, path)
        for path in folder.iterdir()
        if path.is_dir() and (is_run(path) or ((path / ".hydra").exists() and NUMBER.match(path.name)))
    ]
    return [path for _, path in sorted(found)]
