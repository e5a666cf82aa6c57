"""Why a candidate is rejected.

A filter is a pure function of (candidate, pool): `reject` gives the reason, or None to let it pass.  Filters run in the
order in which the YAML writes them, those that compare the instances of a reply last, and the first reason wins.  What
is kept is in the pool before the next candidate is judged.  What needs a model is not a filter but a stage.

To add one, write `conf/filters/<name>.yaml`, which nests under its own name, and `selfinstruct/filters/<name>.py` with
a `@part` class that has `reject`.  Then `python run.py +filters@recipe.instructions.filters=<name>`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol, runtime_checkable

from selfinstruct.embedder import Embedder
from selfinstruct.model import ModelClient
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Task


@runtime_checkable
class Filter(Protocol):
    """Judges one candidate."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the reason to reject the candidate, or None."""
        ...


@runtime_checkable
class Comparing(Protocol):
    """A filter that judges an instance by those of the same reply that all other filters let pass."""

    compares_instances: ClassVar[bool]


@runtime_checkable
class ReadingFilter(Protocol):
    """A filter that reads files, once, before the run spends anything."""

    def problems(self) -> list[str]:
        """Return everything that is wrong with them."""
        ...

    def digest(self) -> str:
        """Return the SHA-256 of what it read, so that files that have changed are noticed when a run is resumed.

        It is asked for where nothing is wrong with them.
        """
        ...


def digest_of(filters: Mapping[str, Filter]) -> str | None:
    """Return the SHA-256 of what these filters read; None where none of them reads files."""
    read = [f"{name}\0{filter_.digest()}\n" for name, filter_ in filters.items() if isinstance(filter_, ReadingFilter)]
    return hashlib.sha256("".join(read).encode()).hexdigest() if read else None


@runtime_checkable
class ExplainingFilter(Protocol):
    """A filter that says why it rejected a candidate in values, too, which the rejection records as attributes."""

    def facts(self, candidate: Candidate, pool: Pool) -> Mapping[str, Any]:
        """Return what decided, as JSON; called for a candidate that it rejected."""
        ...


class Neighbors(NamedTuple):
    """How near a task is to the tasks that entered the pool before it."""

    nearest: tuple[tuple[str, float], ...] = ()
    """Ids and scores, nearest first."""
    average: float | None = None
    """The mean score with all of them; None where it is not measured."""


@runtime_checkable
class NeighborFilter(Protocol):
    """A filter that also says how near texts are to the pool, which kept tasks and rejections then record."""

    def nearest(self, candidate: Candidate, pool: Pool) -> tuple[str, float] | None:
        """Return the task that a rejected candidate resembles most, with the score; None if it is not rejected."""
        ...

    def measure(self, tasks: Sequence[Task], pool: Pool) -> Sequence[Neighbors]:
        """Return how near each of these tasks of the pool is to those that entered before it."""
        ...


@runtime_checkable
class VectorFilter(Protocol):
    """A filter that compares vectors, which its embedder computes and the run stores.

    It judges only what it was shown before, by `prepare`: the candidates of a round that the filters before it let
    pass at that time.  A pool only grows, so none of those before may let pass later what it would reject now.
    """

    embedder: Embedder

    def prepare(self, texts: Sequence[str], pool: Pool, client: ModelClient) -> None:
        """Have the vectors of the pool and of the candidates of a round, by a client of its embedder."""
        ...

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the reason to reject the candidate, or None."""
        ...

    def nearest(self, candidate: Candidate, pool: Pool) -> tuple[str, float] | None:
        """Return the task that a rejected candidate resembles most, with the cosine; None if it is not rejected."""
        ...

    def attributes(self, task: Task, pool: Pool) -> dict[str, Any]:
        """Return what a task that was kept in this round records."""
        ...
