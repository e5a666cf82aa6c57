"""Where each round is logged.

A tracker is started once, gets every round, and is always finished, also when the run fails.

To add one: `conf/trackers/<name>.yaml`, nesting under its own name, and one module here.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

from selfinstruct.round import Round
from selfinstruct.run_info import RunInfo

log = logging.getLogger(__name__)


@runtime_checkable
class Tracker(Protocol):
    """Logs a run."""

    def start(self, start: RunInfo) -> None:
        """Told once, before the first round."""
        ...

    def log(self, round_: Round, step: int) -> None:
        """Told after each round; `step` counts the rounds of the whole run from 1."""
        ...

    def finish(self, summary: dict[str, Any], error: str | None) -> None:
        """Told once, at the end; `error` says why the run failed, if it did."""
        ...


@runtime_checkable
class Waiting(Protocol):
    """A tracker that also shows what is under way while a round takes long."""

    def wait(self, row: Mapping[str, Any], seconds: float) -> None:
        """Called once a minute in another thread; `row` is that of a `Tally`, `seconds` those since the last round."""
        ...


def finish(trackers: Iterable[Tracker], summary: dict[str, Any], error: str | None) -> None:
    """Finish all trackers; what goes wrong in one is logged and keeps no other from it."""
    for tracker in trackers:
        try:
            tracker.finish(summary, error)
        except BrokenPipeError:  # nobody reads standard output any more
            pass
        except Exception:
            log.exception("%s did not finish", type(tracker).__name__)
