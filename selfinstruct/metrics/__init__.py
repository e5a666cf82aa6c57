"""What is counted of a round besides its figures.

A metric is a pure function of a round, of the tasks that it made or changed and of those that were in the pool before
its stage began, since which others are completed by then may differ when a run is resumed.  Its numbers stand in
`rounds.jsonl` and W&B beside the round's figures, and on the console where the name has no slash.

To add one, write `conf/metrics/<name>.yaml`, which nests under its own name, and `selfinstruct/metrics/<name>.py` with
a `@part` class that has `figures`.  Then `python run.py +metrics@recipe.instructions.metrics=<name>`.
"""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from selfinstruct.pool import Pool
from selfinstruct.round import Round


@runtime_checkable
class Metric(Protocol):
    """Counts something of each round."""

    def figures(self, round_: Round, pool: Pool) -> Mapping[str, float | int]:
        """Return what is counted, by name; a name must be none of a round's own figures."""
        ...
