"""The human-written tasks a run starts from.

To add one: `conf/seeds/<name>.yaml`, with origin and license at its head, and one module here where no reader fits.
"""

from typing import Protocol, runtime_checkable

from selfinstruct.task import Task


@runtime_checkable
class Seeds(Protocol):
    """Gives the seed tasks."""

    def load(self) -> list[Task]:
        """Return the tasks, in the order of their source; raises DataError with every mistake in it."""
        ...
