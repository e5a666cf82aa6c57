"""One row a task, with its first instance: the columns of the Alpaca data.

Alpaca has exactly one instance for each instruction, and trainers that were written for it take that for granted: they
count rows as tasks.  So the first instance is exported and the others are left out; to have all of them, export
`self_instruct`, which has the same columns.  The release is a single JSON list; here it is one object a line, as in all
files of a dataset, which `load_dataset("json")` and the trainers built on it read the same way.

Not held, so that the reader of the same name (`seeds=alpaca`) does not give it back: all instances but the first, tasks
without one, whether a task is classification, parents and neighbors.
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
        """`alpaca.jsonl`, in the pool's order."""
        tasks = finished(pool, self.include_seeds)
        yield "alpaca.jsonl", (columns(task, task.instances[0]) for task in tasks if task.instances)
