"""Where each round is logged.

A tracker that raises is reported once and gets no further round, and the run continues: a tracker is never the only
copy of anything.

To add one: `conf/trackers/<name>.yaml`, nesting under its own name, and one module here.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:  # `--help` reads this module, and must not wait for pydantic
    from selfinstruct.round import Round, TrainingStep
    from selfinstruct.run_info import RunInfo

LOG = logging.getLogger(__name__)

Pictures: TypeAlias = Callable[[], Mapping[str, bytes]]
"""Draws the figures of a run as PNG files, by their names."""


@runtime_checkable
class Tracker(Protocol):
    """Logs a run."""

    def start(self, start: "RunInfo") -> None:
        """Prepare for a run; called once, before the first round.

        A resumed run has rounds already: `start.logged_rounds()` yields them.
        """
        ...

    def log(self, round_: "Round", step: int) -> None:
        """Log a round; `step` counts the rounds of the whole run from 1."""
        ...

    def finish(self, summary: dict[str, Any], error: str | None) -> None:
        """Close what is open; called once, at the end. `error` says why the run failed, if it did."""
        ...


@runtime_checkable
class Waiting(Protocol):
    """A tracker that also shows what is under way while a round takes long."""

    def wait(self, row: Mapping[str, Any], seconds: float) -> None:
        """Show what is under way; called once a minute in another thread.

        `row` is that of a `Tally`, `seconds` those since the last round.
        """
        ...


@runtime_checkable
class TrainingTracker(Protocol):
    """A tracker that also logs the training of a model."""

    def log_step(self, step: "TrainingStep") -> None:
        """Log a step; `start.logged_steps()` yields those of earlier processes."""
        ...


@runtime_checkable
class ReportTracker(Protocol):
    """A tracker that also logs what the report of a run shows."""

    def log_report(self, figures: Mapping[str, bytes], samples: Sequence[Sequence[str]]) -> None:
        """Log figures, as PNG files by their names, and samples: what became of each, its id or the reason, its text.

        Called at most once, before `finish`.
        """
        ...


class Trackers:
    """The trackers of a run, each kept from ending it."""

    def __init__(self, trackers: Mapping[str, Tracker]) -> None:
        self._trackers = trackers
        self._off: set[str] = set()
        """The names of those that have raised."""

    def start(self, start: "RunInfo") -> None:
        """Start every tracker."""
        for name, tracker in self._trackers.items():
            with self._isolated(name, "cannot start"):
                tracker.start(start)

    def log(self, round_: "Round", step: int) -> None:
        """Log a round with every tracker that has not raised."""
        for name, tracker in self._working():
            with self._isolated(name, f"cannot log round {step}"):
                tracker.log(round_, step)

    def log_step(self, step: "TrainingStep") -> None:
        """Log a step of a training with every tracker that can."""
        for name, tracker in self._working():
            if isinstance(tracker, TrainingTracker):
                with self._isolated(name, f"cannot log step {step.row['step']} of the training"):
                    tracker.log_step(step)

    def log_report(self, figures: Pictures, samples: Sequence[Sequence[str]]) -> None:
        """Log what the report shows with every tracker that can; drawn for them only."""
        able = [(name, tracker) for name, tracker in self._working() if isinstance(tracker, ReportTracker)]
        drawn = figures() if able else {}
        for name, tracker in able:
            with self._isolated(name, "cannot log the report"):
                tracker.log_report(drawn, samples)

    def wait(self, row: Mapping[str, Any], seconds: float) -> None:
        """Show what is under way, where a tracker can."""
        for name, tracker in self._working():
            if isinstance(tracker, Waiting):
                with self._isolated(name, "cannot show what is under way"):
                    tracker.wait(row, seconds)

    def show(self, round_: "Round") -> None:
        """Show a round of a benchmark inside the run, where a tracker shows what is under way; it is not logged."""
        for name, tracker in self._working():
            if isinstance(tracker, Waiting):
                with self._isolated(name, "cannot show a round"):
                    tracker.log(round_, 0)

    def finish(self, summary: dict[str, Any], error: str | None) -> None:
        """Finish every tracker, also one that has raised: it may have something open."""
        for name, tracker in self._trackers.items():
            with self._isolated(name, "cannot finish"):
                tracker.finish(summary, error)

    def _working(self) -> Iterator[tuple[str, Tracker]]:
        return ((name, tracker) for name, tracker in self._trackers.items() if name not in self._off)

    @contextmanager
    def _isolated(self, name: str, what: str) -> Iterator[None]:
        """Report the first error of a tracker, and switch it off; a closed standard output is not its error."""
        try:
            yield
        except BrokenPipeError:
            raise
        except Exception as error:
            if name in self._off:
                LOG.debug("trackers.%s %s", name, what, exc_info=True)
                return
            self._off.add(name)
            text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
            LOG.warning("trackers.%s %s: %s. It is switched off, and the run continues without it.", name, what, text)
            LOG.info("%s", type(error).__name__, exc_info=True)  # to run.log alone
