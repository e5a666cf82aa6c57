"""What a run does, in the order written.

Before the first of them starts, each reports what would keep it from working, so that nothing is spent in vain.

To add one: one module here, and `conf/actions/<name>.yaml` with `# @package _global_`, the part under `<name>`, and
`actions: {<name>: ${<name>}}`.  Its keys are then short: `<name>.<key>=<value>`.
"""

import logging
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from selfinstruct.errors import RunFolderError, UnwritableError

if TYPE_CHECKING:  # a run is made of actions, and an action works on a run
    from selfinstruct.run import Run

LOG = logging.getLogger(__name__)


@runtime_checkable
class Action(Protocol):
    """One thing that a run does."""

    @property
    def asks(self) -> bool:
        """Whether it asks the run's models."""
        ...

    @property
    def is_apart(self) -> bool:
        """Whether it needs neither the pool nor the trackers of the run, but only the config, or other folders.

        A run of such actions alone writes none of the files of a run.
        """
        ...

    def problems(self, run: "Run") -> list[str]:
        """Return everything that would keep it from working, found without spending anything."""
        ...

    def __call__(self, run: "Run") -> None:
        """Do the work."""
        ...


@runtime_checkable
class Last(Protocol):
    """An action that describes a finished run.

    It is done after all others, when `summary.json` is written, also for a run that was stopped or has failed; where it
    fails itself, that is a warning, and the run is what it is.
    """

    @property
    def is_last(self) -> bool:
        """Always true."""
        ...


def perform(run: "Run") -> None:
    """Do the actions in order, but those that come last."""
    for action in run.actions.values():
        if not isinstance(action, Last):
            action(run)


def perform_apart(run: "Run") -> None:
    """Do actions that are all apart; raises RunFolderError for what cannot be written: there is nothing to resume."""
    try:
        for action in run.actions.values():
            action(run)
    except UnwritableError as error:
        raise RunFolderError(str(error)) from None


def conclude(run: "Run") -> None:
    """Do the actions that come last, where there is a run to describe."""
    for name, action in run.actions.items():
        if isinstance(action, Last) and run.journal.rounds:
            try:
                action(run)
            except Exception as error:
                again = f"Try again: actions=[{name}] hydra.run.dir={run.start.folder}"
                text = " ".join(str(error).split()).rstrip(".") or type(error).__name__
                LOG.warning("actions.%s failed: %s. Everything else of the run is saved. %s", name, text, again)
                LOG.info("%s", type(error).__name__, exc_info=True)  # to run.log alone
