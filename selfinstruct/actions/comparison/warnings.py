"""Warnings: what makes runs hard to compare, in sentences."""

from collections.abc import Iterator, Mapping, Sequence

from selfinstruct.actions.comparison.figures import Figures
from selfinstruct.actions.comparison.grouping import SEED, identity, written
from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.actions.comparison.sent_parameters import SERVED, Parameter

Sent = Mapping[tuple[str, str], Parameter]


def warnings(
    runs: Sequence[Reading], labels: Sequence[str], figures: Sequence[Figures], sent: Sequence[Sent]
) -> list[str]:
    """Return what a reader should know before comparing these runs."""
    found = [
        *of_authors(runs, labels),
        *(f"Run {label}: {run.status}." for run, label in zip(runs, labels, strict=True) if not run.is_complete),
        *of_sizes(figures),
        *of_code(runs),
        *of_twins(runs, labels),
    ]
    for label, parameters in zip(labels, sent, strict=True):
        found += of_parameters(label, parameters)
    return found


def of_authors(runs: Sequence[Reading], labels: Sequence[str]) -> Iterator[str]:
    """Warn of text that no model wrote."""
    offline = [label.partition(" ")[0] for run, label in zip(runs, labels, strict=True) if run.is_offline]
    if offline:
        yield (
            f"Written by 'offline' or 'scripted', which stand in for a model: run {', '.join(offline)}. Its figures"
            " do not measure a language model."
        )


def of_sizes(figures: Sequence[Figures]) -> Iterator[str]:
    """Warn of pools of different sizes."""
    sizes = {row["made"] for row in figures if row.get("made")}
    if len(sizes) > 1:
        yield (
            f"The runs have made {min(filter(None, sizes)):,} to {max(filter(None, sizes)):,} tasks. Distinct-n falls"
            " and nearness rises with their number."
        )


def of_code(runs: Sequence[Reading]) -> Iterator[str]:
    """Warn of runs that were made by different code."""
    made_by = {
        written([run.summary.get("git"), (run.summary.get("versions") or {}).get("selfinstruct")])
        for run in runs
        if run.summary
    }
    if len(made_by) > 1:
        yield "The runs were made by different versions of the code; summary.json has the version."


def of_twins(runs: Sequence[Reading], labels: Sequence[str]) -> Iterator[str]:
    """Warn of runs with the same config and seed, which are not independent repetitions."""
    twins: dict[str, list[str]] = {}
    for run, label in zip(runs, labels, strict=True):
        if run.is_complete:
            twins.setdefault(f"{identity(run)} {written(run.config.get(SEED))}", []).append(label)
    for names in twins.values():
        if len(names) > 1:
            yield f"The same config and seed: run {', '.join(names)}. An interval would count them twice."


def of_parameters(label: str, parameters: Sent) -> Iterator[str]:
    """Warn of parameters that were not sent as requested, and of models that changed during the run."""
    for (stage, name), parameter in parameters.items():
        if parameter.differs:
            yield (
                f"Run {label}, {stage}: {name} was requested as {' or '.join(parameter.requested)} and sent as"
                f" {', '.join(parameter.sent)}."
            )
        if name == SERVED and len(parameter.sent) > 1:
            yield f"Run {label}, {stage}: several models answered: {', '.join(parameter.sent)}."
