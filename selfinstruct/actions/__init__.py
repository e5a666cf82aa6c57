"""What a run does, in the order written.

Actions speak to each other only through the run and its folder.  Before the first of them starts, each says what would
keep it from its work, so that nothing is spent on a run that cannot end well.

To add one: `conf/actions/<name>.yaml` and one module here.  The YAML either nests the part under its own name, or, so
that a user sets its keys as `<name>.<key>`, has `# @package _global_`, the part at `<name>`, and `<name>: ${<name>}`
under `actions`.
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

    @property
    def is_apart(self) -> bool:
        """Whether it needs neither pool nor trackers of the run: it looks at the config, or at other folders.

        A run of such actions alone makes none of the files of a run.
        """
        ...

    def problems(self, run: "Run") -> list[str]:
        """Everything that would keep it from its work, found without spending anything."""
        ...

    def __call__(self, run: "Run") -> None:
        """Do it."""
        ...
