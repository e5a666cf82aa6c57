"""A run folder as a comparison sees it: committed rounds, or the steps of a training, and whether it is complete."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selfinstruct.errors import RunFolderError
from selfinstruct.pages.figures.training import steps_of, thinned
from selfinstruct.pool import Pool
from selfinstruct.storage.differences import shown
from selfinstruct.storage.folder import CONFIG, stored_overrides
from selfinstruct.storage.pool_counts import authors
from selfinstruct.storage.reader import STORE, RunReader
from selfinstruct.storage.schema import reading
from selfinstruct.storage.summary import SUMMARY
from selfinstruct.storage.totals import is_outdated
from selfinstruct.task import Task, stand_ins
from selfinstruct.text.places import public, without_places
from selfinstruct.trainer import STEPS
from selfinstruct.trainer.alone import config_of, summary_of
from selfinstruct.trainer.record import RECORD

COMPLETE = "complete"
OUTDATED = "unfinished: its summary is older than its rounds"


@dataclass(frozen=True)
class Reading:
    """What a run folder holds."""

    folder: Path
    status: str
    """`complete`, or why it is not."""
    config: dict[str, Any] = field(default_factory=dict)
    """Empty where the folder cannot be read."""
    rounds: Sequence[dict[str, Any]] = ()
    timings: Sequence[dict[str, Any]] = ()
    pool: Pool = field(default_factory=Pool)
    summary: dict[str, Any] = field(default_factory=dict)
    """Empty where it is missing or outdated."""
    served: Sequence[tuple[str, str]] = ()
    """The stages, with each model that answered in it, as the provider named it; empty where no reply is stored."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """The keys that were typed when it started, with the text of each."""
    steps: Sequence[Mapping[str, Any]] = ()
    """The logged steps of a training alone; of very many, an even sample."""
    label: str = ""
    """Its number among the runs compared, and `offline` where no model wrote it."""
    figures: Mapping[str, float | None] = field(default_factory=dict)
    """Empty for a run that cannot be read."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The keys in which the runs compared differ, with its own values."""

    @property
    def is_readable(self) -> bool:
        """Whether the folder holds a run that can be read."""
        return bool(self.config)

    @property
    def is_complete(self) -> bool:
        """Whether the run finished all that it was to do."""
        return self.status == COMPLETE

    @property
    def public_status(self) -> str:
        """Its status without the folders and servers of this machine: the page is sent to others."""
        return without_places(self.status)

    @property
    def models(self) -> list[str]:
        """Every model that wrote something in it, or was to."""
        return authors(self.pool) or list(self.summary.get("models", ()))

    @property
    def is_offline(self) -> bool:
        """Whether a stand-in for a model wrote any of it: the offline grammar, or a script."""
        return bool(stand_ins(self.models))

    def value(self, key: str) -> str:
        """Return its value of a key in which the runs differ, as text."""
        value = public(self.values[key]) if self.is_readable else ""  # the page is sent to others
        return value if isinstance(value, str) and len(value) <= 60 else shown(value)

    @property
    def filters(self) -> list[str]:
        """The names of all filters of its stages, also of those that have rejected nothing."""
        stages = self.config.get("recipe", {}).values()
        return list(dict.fromkeys(name for stage in stages for name in stage.get("filters") or ()))

    @property
    def made(self) -> list[Task]:
        """The tasks that it has made."""
        return [task for task in self.pool if not task.is_human]


def is_run(folder: Path) -> bool:
    """Return whether a folder is that of a run, or of a training alone."""
    return any((folder / name).exists() for name in (CONFIG, RECORD))


def read(folder: Path) -> Reading:
    """Return the run in a folder, with whatever of it can be read."""
    if not folder.is_dir():
        return Reading(folder, "there is no such folder")
    try:
        run = RunReader(folder, may_be_empty=True)
        if not run.config:
            return training_in(folder)
        status = status_of(run.rows, run.summary, (folder / SUMMARY).exists())
        summary = {} if status == OUTDATED else run.summary
        found = (run.config, run.rows, run.timings, run.pool, summary, served(run), typed(folder))
        return Reading(folder, status, *found)
    except RunFolderError as error:
        return Reading(folder, str(error).rstrip("."))


def training_in(folder: Path) -> Reading:
    """Return the training in a folder without a run."""
    if not (config := config_of(folder)):
        return Reading(folder, "no run has started here")
    summary = summary_of(folder, str(config["trainer"].get("base_model")))
    status, steps = status_of((), summary, False), thinned(steps_of(folder / STEPS))
    return Reading(folder, status, config, summary=summary, typed=typed(folder), steps=steps)


def typed(folder: Path) -> dict[str, str]:
    """Return the keys that were typed when a run started, with the text of each."""
    parts = (word.lstrip("+~").partition("=") for word in stored_overrides(folder))
    return {key: value for key, _, value in parts}


def served(run: RunReader) -> list[tuple[str, str]]:
    """Return the models that answered in each stage; empty where the store is missing or cannot be read."""
    with suppress(RunFolderError), reading(run.folder / STORE) as connection:
        return connection.execute("SELECT DISTINCT stage, model FROM completions ORDER BY stage, model").fetchall()
    return []


def status_of(rounds: Sequence[dict[str, Any]], summary: dict[str, Any], has_summary: bool) -> str:
    """Return `complete`, or why the run is not."""
    if not summary:
        return f"unfinished: {SUMMARY} cannot be read" if has_summary else "unfinished: it has no summary yet"
    if is_outdated(summary, rounds):
        return OUTDATED
    reason = (str(summary.get("stop_reason")).strip().splitlines() or [""])[-1]
    if not summary.get("completed"):
        return f"failed: {reason}"
    return f"stopped: {reason}" if summary.get("stopped_by") else COMPLETE
