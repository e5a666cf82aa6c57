"""What a run does, in the order written.

Actions speak to each other only through the run and its folder.  Before the first of them starts, each says what would
keep it from its work, so that nothing is spent on a run that cannot end well.

To add one: `conf/actions/<name>.yaml`, nesting under its own name, and one module here.
"""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:  # a run is made of actions, and an action works on a run
    from selfinstruct.run import Run


@runtime_checkable
class Action(Protocol):
    """One thing a run does."""

    @property
    def asks(self) -> bool:
        """Whether it asks the run's models."""
        ...

    def problems(self, run: "Run") -> list[str]:
        """Everything that would keep it from its work, found without spending anything."""
        ...

    def __call__(self, run: "Run") -> None:
        """Do it."""
        ...
