"""Log the comparison of a sweep as one more W&B run.

No key asks for it: a sweep that is logged to W&B has its comparison logged there too, by the same settings.  Whatever
W&B cannot do is a warning.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.environment import mode_of
from selfinstruct.trackers.wandb import KEYS, Wandb

LOG = logging.getLogger(__name__)

FILES = "comparison"
"""The kind of the artifact of a sweep, and what the keys of its tables start with."""


def log_sweep(
    settings: Mapping[str, Any],
    start: RunInfo,
    summary: Mapping[str, Any],
    tables: Mapping[str, Sequence[Sequence[object]]],
    page: Path,
) -> None:
    """Log the comparison of a sweep: its tables, each after a row of headers, its page, and all files beside it."""
    try:
        if mode_of(settings.get("mode")) == "disabled":
            return
        tracker = Wandb(**{key: settings[key] for key in KEYS}, tables=False)
        tracker.start(start)
        try:
            fill(tracker, tables, page, start.is_offline)
        finally:
            tracker.finish(dict(summary), None)
    except Exception as problem:
        LOG.warning("W&B: the comparison of %s was not logged: %s", start.group, problem)


def fill(tracker: Wandb, tables: Mapping[str, Sequence[Sequence[object]]], page: Path, is_offline: bool) -> None:
    """Log the tables and the page, and the files as an artifact."""
    import wandb

    shown: dict[str, Any] = {f"{FILES}/page": wandb.Html(str(page), inject=False)}
    for name, (headers, *rows) in tables.items():
        if rows:
            columns = [str(header) for header in headers]
            shown[f"{FILES}/{name}"] = wandb.Table(columns=columns, data=rows, allow_mixed_types=True)
    tracker.show(shown)
    files = sorted(path for path in page.parent.iterdir() if path.is_file())
    tracker.log_artifact(FILES, {path.name: path for path in files}, {"is_offline": is_offline})
