"""The human-written tasks a run starts from.

To add a source: `conf/seeds/<name>.yaml`, with origin and licence at its head, and one module here if it is not JSONL.
"""

from typing import Protocol, runtime_checkable

from selfinstruct.task import Task


@runtime_checkable
class Seeds(Protocol):
    """Gives the seed tasks."""

    def load(self) -> list[Task]:
        """The tasks, in the order of their source; raises DataError with every mistake in it."""
        ...
