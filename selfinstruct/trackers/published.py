"""Log what was published as artifacts of one more W&B run, beside the run that it comes from.

A published dataset is the result of a run that is over.  Opening that run's own history again was rejected: an offline
one would have to be written anew for it, and a lost connection would then cost a history that is complete.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.environment import mode_of
from selfinstruct.trackers.wandb import KEYS, Wandb

log = logging.getLogger(__name__)

JOB_TYPE = "push"


def log_published(
    settings: Mapping[str, Any], start: RunInfo, artifacts: Mapping[str, Mapping[str, Path]], address: str
) -> None:
    """Log artifacts, kind to names and files, of the run that starts so; these are its W&B settings.

    W&B writes into the folder `push` of the run, and whatever it cannot do is a warning.
    """
    name, about = f"{start.name}/{JOB_TYPE}", {"is_offline": start.is_offline, "models": list(start.models)}
    try:
        if mode_of(settings.get("mode")) == "disabled":
            return
        tracker = Wandb(**{key: settings[key] for key in KEYS}, tables=False)
        tracker.start(replace(start, folder=start.folder / JOB_TYPE, name=name, job_type=JOB_TYPE))
        try:
            for kind, files in artifacts.items():
                tracker.log_artifact(kind, files, {**about, "run": start.name, "address": address})
        finally:
            tracker.finish({"address": address}, None)
    except Exception as problem:
        log.warning("W&B: what was published at %s was not logged: %s", address, problem)
