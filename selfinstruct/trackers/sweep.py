"""Log what a sweep found, as one more W&B run in the group of its runs.

It is asked for by no key of its own: a sweep whose runs are logged to W&B is logged there too, by the settings of its
runs.  W&B must never break a sweep, so that whatever it cannot do is a warning.

The run holds the comparison as it lies on disk: its tables as W&B tables, its figures as charts, its page, and all its
files as an artifact.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selfinstruct.run_info import RunInfo
from selfinstruct.task import stand_ins
from selfinstruct.trackers.environment import mode_of
from selfinstruct.trackers.wandb import KEYS, Wandb

log = logging.getLogger(__name__)

JOB_TYPE = "compare"
FILES = "comparison"
"""The kind of the artifact, and what the keys of tables and figures start with."""


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


def log_sweep(
    settings: Mapping[str, Any], folder: Path, group: str, recipe: str, models: Sequence[str], findings: Findings
) -> None:
    """Log the findings of a group's runs, whose W&B settings these are; W&B writes into the folder."""
    try:
        if mode_of(settings.get("mode")) == "disabled":
            return
        tracker = Wandb(**{key: settings[key] for key in KEYS}, tables=False)
        start = RunInfo(
            folder=folder,
            name=f"{group}/{JOB_TYPE}",
            group=group,
            recipe=recipe,
            job_type=JOB_TYPE,
            config={},
            declared={},
            models=tuple(models),
            is_offline=bool(stand_ins(models)),
        )
        tracker.start(start)
        try:
            tracker.show(dict(shown(findings)))
            if findings.page is not None:
                beside = sorted(path for path in findings.page.parent.iterdir() if path.is_file())
                tracker.log_artifact(FILES, {path.name: path for path in beside}, {"is_offline": start.is_offline})
        finally:
            tracker.finish(dict(findings.summary), None)
    except Exception as problem:
        log.warning("W&B: the comparison of %s was not logged: %s", group, problem)


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
