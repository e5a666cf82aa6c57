"""Open a W&B run: online where that is wanted and possible, else in the run folder.

Several runs of one process, as in a sweep, are kept apart; code, git and machine data are not collected.
"""

import logging
import os
from typing import TYPE_CHECKING, Any

from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.environment import Mode, entity_of, kept_id, new_id, project_of, remove_unsent, staged_in

if TYPE_CHECKING:
    from selfinstruct.trackers.wandb import Wandb

LOG = logging.getLogger(__name__)

LONGEST_NAME, LONGEST_TAG = 128, 64
"""W&B refuses longer ones."""
FINISH_SECONDS = 600.0
"""An upload that takes longer at the end is given up; `wandb sync` can make up for it."""


def open_run(tracker: "Wandb", start: RunInfo, mode: Mode) -> Any:
    """Open a W&B run of its own; called in another thread."""
    with staged_in(start.folder):
        return online(tracker, start) if mode == "online" else init(tracker, start, mode)


def is_online(run: Any) -> bool:
    """Return whether a W&B run is sent while it lasts, and can be resumed."""
    return not (run.offline or run.disabled)


def online(tracker: "Wandb", start: RunInfo) -> Any:
    """Open a run online; one that is offline, with a warning, where there is no key or no network."""
    import wandb

    reason = "there is no key: run `wandb login`, or set WANDB_API_KEY"
    try:
        if wandb.login(prompt=False, verify=False):
            return init(tracker, start, "online")
    except wandb.Error as problem:
        reason = str(problem).partition("\n")[0]
        new_id(start.folder)  # W&B holds on to the one it tried
    LOG.warning("W&B logs offline: %s. Upload it later: wandb sync %s/wandb/offline-run-*", reason, start.folder)
    return init(tracker, start, "offline")


def init(tracker: "Wandb", start: RunInfo, mode: Mode) -> Any:
    """Open a run in a mode."""
    os.environ.setdefault("WANDB_DISABLE_WEAVE", "true")  # it would print an invitation to install Weave
    import wandb

    if mode == "offline":
        remove_unsent(start.folder)
    return wandb.init(
        id=None if mode == "disabled" else kept_id(start.folder),
        resume="allow" if mode == "online" else None,
        project=project_of(tracker.project),
        entity=entity_of(tracker.entity),
        mode=mode,
        dir=start.folder,
        name=start.name[:LONGEST_NAME],
        group=start.group[:LONGEST_NAME] if start.group else None,
        job_type=start.job_type,
        tags=tags(tracker, start),
        config=start.config,
        reinit="create_new",
        settings=wandb.Settings(
            silent=True,
            console="off",
            save_code=False,
            x_disable_machine_info=True,
            x_save_requirements=False,
            init_timeout=tracker.init_timeout,
            finish_timeout=FINISH_SECONDS,
            x_transaction_log_flush_interval=1.0,
        ),
    )


def tags(tracker: "Wandb", start: RunInfo) -> list[str]:
    """Return recipe, models and the user's own tags, without those that are turned off."""
    known = [start.recipe, *start.models, *(["offline-model"] if start.is_offline else [])]
    wanted = [tag[:LONGEST_TAG] for tag in [*known, *tracker.tags] if tag and tracker.tags.get(tag, True)]
    return list(dict.fromkeys(wanted))
