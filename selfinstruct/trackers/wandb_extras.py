"""Log what came of finished runs, the comparison of a sweep or a published dataset, as one more W&B run.

No key asks for it: a run that is logged to W&B has what comes of it logged there too, by the same settings.  Whatever
W&B cannot do is a warning.

A published dataset is the result of a run that is over.  Rejected: to open that run's own history again; an offline one
would have to be written anew for it, and a lost connection would then cost a history that is complete.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.environment import mode_of
from selfinstruct.trackers.wandb import KEYS, Wandb

LOG = logging.getLogger(__name__)

FILES = "comparison"
"""The kind of the artifact of a sweep, and what the keys of its tables start with."""


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
    settings: Mapping[str, Any],
    start: RunInfo,
    summary: Mapping[str, Any],
    tables: Mapping[str, Sequence[Sequence[object]]],
    page: Path,
) -> None:
    """Log the comparison of a sweep: its tables, each after a row of headers, its page, and all files beside it."""

    def fill(tracker: Wandb) -> None:
        import wandb

        shown: dict[str, Any] = {f"{FILES}/page": wandb.Html(str(page), inject=False)}
        for name, (headers, *rows) in tables.items():
            if rows:
                columns = [str(header) for header in headers]
                shown[f"{FILES}/{name}"] = wandb.Table(columns=columns, data=rows, allow_mixed_types=True)
        tracker.show(shown)
        files = sorted(path for path in page.parent.iterdir() if path.is_file())
        tracker.log_artifact(FILES, {path.name: path for path in files}, {"is_offline": start.is_offline})

    log_run(settings, start, summary, f"the comparison of {start.group}", fill)
