"""Why a candidate is turned away.

A filter is a pure function of (candidate, pool): `reject` gives the reason, or None to let it pass.  Filters run in the
order in which the YAML writes them, the first reason wins, and what is kept is in the pool before the next candidate is
judged.  What needs a model is no filter but a stage.

To add one, write two files and nothing else: `conf/filters/<name>.yaml`, which nests under its own name, and
`selfinstruct/filters/<name>.py` with a `@part` class that has `reject`.  Then
`python run.py +filters@recipe.instructions.filters=<name>`.
"""

from typing import Protocol, runtime_checkable

from selfinstruct.pool import Pool
from selfinstruct.round import Candidate


@runtime_checkable
class Filter(Protocol):
    """Judges one candidate."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """The reason to turn the candidate away, or None."""
        ...


class Neighbours(Protocol):
    """What a filter that measures nearness knows of a candidate."""

    @property
    def nearest(self) -> tuple[tuple[str, float], ...]:
        """Ids and scores, nearest first."""
        ...

    @property
    def average(self) -> float | None:
        """The mean score over the pool; None where it is not measured."""
        ...


@runtime_checkable
class Measuring(Protocol):
    """A filter that also says how near a candidate is to the pool, which kept tasks and rejections then record."""

    def measure(self, candidate: Candidate, pool: Pool) -> Neighbours:
        """The candidate's neighbours in the pool as it stands."""
        ...
