"""One more W&B run, with what came of runs that are over: the findings of a sweep, or what was published.

It is asked for by no key of its own: a run that is logged to W&B has what comes of it logged there too, by the same
settings.  Whatever W&B cannot do is a warning.

A published dataset is the result of a run that is over.  Rejected: to open that run's own history again; an offline one
would have to be written anew for it, and a lost connection would then cost a history that is complete.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from selfinstruct.run_info import RunInfo
from selfinstruct.task import stand_ins
from selfinstruct.trackers.environment import mode_of
from selfinstruct.trackers.wandb import KEYS, Wandb

LOG = logging.getLogger(__name__)

FILES = "comparison"
"""The kind of the artifact of a sweep, and what the keys of its tables and figures start with."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What a sweep found, as plain values."""

    summary: Mapping[str, Any]
    tables: Mapping[str, Sequence[Sequence[object]]] = field(default_factory=dict)
    """Name to rows, after a row of headers."""
    lines: Mapping[str, Sequence[tuple[str, Sequence[float | None]]]] = field(default_factory=dict)
    """Name to the label and the values by round of each run."""
    bars: Mapping[str, Sequence[tuple[str, float]]] = field(default_factory=dict)
    """Name to the label and the value of each run."""
    page: Path | None = None
    """The page that shows all of it; the files beside it belong to it."""


def log_run(
    settings: Mapping[str, Any], start: RunInfo, summary: Mapping[str, Any], what: str, fill: Callable[[Wandb], None]
) -> None:
    """Open a W&B run that has no rounds, fill it, and close it with a summary; `what` names it in a warning."""
    try:
        if mode_of(settings.get("mode")) == "disabled":
            return
        tracker = Wandb(**{key: settings[key] for key in KEYS}, tables=False)
        tracker.start(start)
        try:
            fill(tracker)
        finally:
            tracker.finish(dict(summary), None)
    except Exception as problem:
        LOG.warning("W&B: %s was not logged: %s", what, problem)


def log_published(
    settings: Mapping[str, Any], start: RunInfo, artifacts: Mapping[str, Mapping[str, Path]], address: str
) -> None:
    """Log artifacts, kind to names and files, of a run; W&B writes into its folder `push`."""
    about = {"is_offline": start.is_offline, "models": list(start.models), "run": start.name, "address": address}
    new = replace(start, folder=start.folder / "push", name=f"{start.name}/push", job_type="push")

    def fill(tracker: Wandb) -> None:
        for kind, files in artifacts.items():
            tracker.log_artifact(kind, files, about)

    log_run(settings, new, {"address": address}, f"what was published at {address}", fill)


def log_sweep(
    settings: Mapping[str, Any], folder: Path, group: str, recipe: str, models: Sequence[str], findings: Findings
) -> None:
    """Log the findings of a group's runs; W&B writes into the folder of the sweep.

    The tables become W&B tables, the figures charts, the page a page, and all files of the comparison an artifact.
    """
    start = RunInfo(
        folder=folder,
        name=f"{group}/compare",
        group=group,
        recipe=recipe,
        job_type="compare",
        config={},
        declared={},
        models=tuple(models),
        is_offline=bool(stand_ins(models)),
    )

    def fill(tracker: Wandb) -> None:
        tracker.show(dict(shown(findings)))
        if findings.page is not None:
            files = sorted(path for path in findings.page.parent.iterdir() if path.is_file())
            tracker.log_artifact(FILES, {path.name: path for path in files}, {"is_offline": start.is_offline})

    log_run(settings, start, findings.summary, f"the comparison of {group}", fill)


def shown(findings: Findings) -> Iterator[tuple[str, Any]]:
    """Yield tables, charts and the page, as W&B shows them, under their keys; nothing for what is empty."""
    import wandb

    for name, (headers, *rows) in findings.tables.items():
        if rows:
            columns = [str(header) for header in headers]
            yield f"{FILES}/{name}", wandb.Table(columns=columns, data=rows, allow_mixed_types=True)
    for name, series in findings.lines.items():
        if pairs := [(label, points(values)) for label, values in series if points(values)]:
            rounds = [[number for number, _ in found] for _, found in pairs]
            values_ = [[value for _, value in found] for _, found in pairs]
            labels = [label for label, _ in pairs]
            yield f"{FILES}/{name}", wandb.plot.line_series(rounds, values_, keys=labels, title=name, xname="round")
    for name, bars in findings.bars.items():
        if bars:
            table = wandb.Table(columns=["run", name], data=[list(bar) for bar in bars])
            yield f"{FILES}/{name}", wandb.plot.bar(table, "run", name, title=name)
    if findings.page is not None:
        yield f"{FILES}/page", wandb.Html(str(findings.page), inject=False)


def points(values: Sequence[float | None]) -> list[tuple[int, float]]:
    """Return the rounds that have a value, by number, with it."""
    return [(number, value) for number, value in enumerate(values, 1) if value is not None]
