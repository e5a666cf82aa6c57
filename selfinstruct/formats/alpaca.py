"""One row a task, with its first instance: the columns of the Alpaca data, whose trainers count rows as tasks.

Not held: all instances but the first (`self_instruct` has them), tasks without one, whether a task is classification,
parents and neighbors.
"""

from collections.abc import Iterator
from typing import Any

from selfinstruct.formats.rows import columns, finished
from selfinstruct.part import part
from selfinstruct.pool import Pool


@part
class Alpaca:
    """Writes one row for every task."""

    include_seeds: bool
    """Whether the seeds follow after the machine-made tasks."""

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Return `alpaca.jsonl`, in the pool's order."""
        tasks = finished(pool, self.include_seeds)
        yield "alpaca.jsonl", (columns(task, task.instances[0]) for task in tasks if task.instances)
