"""Log what a sweep came to, as one more W&B run in the group of its runs.

It is asked for by no key of its own: a sweep whose runs are logged to W&B is logged there too, by the settings of its
runs.  W&B must never break a sweep, so that whatever it cannot do is a warning.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from selfinstruct.start import Start
from selfinstruct.task import OFFLINE
from selfinstruct.trackers.wandb import KEYS, Wandb

log = logging.getLogger(__name__)

JOB_TYPE = "compare"


def log_sweep(
    settings: Mapping[str, Any], folder: Path, group: str, recipe: str, models: Sequence[str], summary: dict[str, Any]
) -> None:
    """Log a summary of a group's runs, whose W&B settings these are; W&B writes into the folder."""
    if settings.get("mode") == "disabled":
        return
    try:
        tracker = Wandb(**{key: settings[key] for key in KEYS}, tables=False)
        start = Start(
            folder=folder,
            name=f"{group}/{JOB_TYPE}",
            group=group,
            recipe=recipe,
            job_type=JOB_TYPE,
            config={},
            declared={},
            models=tuple(models),
            is_offline=OFFLINE in models,
        )
        tracker.start(start)
        tracker.finish(summary, None)
    except Exception as problem:
        log.warning("W&B: the comparison of %s was not logged: %s", group, problem)
