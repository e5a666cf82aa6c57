"""Annotated data that a recipe turns into instruction data: rows that people, not models, have labelled.

A source holds one task or several, and gives their rows one at a time, for a dataset may be larger than the memory.
What is wrong in it comes in its place, as a `Mistake`.  How a row is phrased stands in the YAML.

To add one: `conf/source/<name>.yaml` and one module here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

REMEDY = "Set the path of the source, or source=<another> for files of another kind."
"""What to do where no file can be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One annotated example."""

    task: str
    """The name of the task it belongs to."""
    name: str
    """What names it among all rows of the source, and shows a person where it is: `remarks.csv:17`."""
    values: Mapping[str, Any]
    """Column to value."""
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Column to the names of its classes, where the values are the numbers of these; -1 stands for no label."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """What stands where a row should, and what is wrong with it."""

    place: str
    text: str


@runtime_checkable
class Source(Protocol):
    """Gives annotated rows."""

    def tasks(self) -> Sequence[str]:
        """Return the tasks it holds, always in the same order; raises DataError where there are none."""
        ...

    def rows(self, task: str) -> Iterator[Row | Mistake]:
        """Return the rows of a task, one at a time, in the order in which they stand."""
        ...

    def digest(self) -> str:
        """Return the SHA-256 of what it reads, so that a source that has changed is noticed."""
        ...
