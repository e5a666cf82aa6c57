"""How far a run is: under way, done, stopped, failed or interrupted; read from its folder."""

from dataclasses import dataclass
from enum import StrEnum

from selfinstruct.storage.folder import is_held
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.totals import is_outdated


class State(StrEnum):
    """The states of a run."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """By its budget."""
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """It was killed before it could write its summary."""


@dataclass(frozen=True)
class Condition:
    """The state of a run, and the reason in words."""

    state: State
    reason: str


def condition_of(run: RunReader) -> Condition:
    """Return how far a run is; an action that works on a finished run does not make it a running one."""
    summary = run.summary
    if not summary or is_outdated(summary, run.rows):
        return Condition(State.RUNNING, "") if is_held(run.folder) else Condition(State.INTERRUPTED, "")
    reason = str(summary.get("stop_reason", "")).strip()
    if not summary.get("completed"):
        return Condition(State.FAILED, (reason.splitlines() or [""])[-1])
    return Condition(State.STOPPED if summary.get("stopped_by") else State.DONE, reason)
