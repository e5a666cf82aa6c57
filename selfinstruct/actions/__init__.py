"""What a run does, in the order written.

Before the first of them starts, each reports what would keep it from working, so that nothing is spent in vain.

To add one: one module here, and `conf/actions/<name>.yaml` with `# @package _global_`, the part under `<name>`, and
`actions: {<name>: ${<name>}}`.  Its keys are then short: `<name>.<key>=<value>`.
"""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:  # a run is made of actions, and an action works on a run
    from selfinstruct.run import Run


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
