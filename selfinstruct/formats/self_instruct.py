"""One row an instance, with the columns of the published Self-Instruct data (Wang et al. 2023).

What says where a row came from follows after `instruction, input, output`: the task's id, the stage that made it
(`human` for a seed) and the models that wrote it.  Not held: tasks without instances, whether a task is classification,
parents and neighbors.
"""

from collections.abc import Iterator
from typing import Any

from selfinstruct.formats.rows import columns, examples
from selfinstruct.part import part
from selfinstruct.pool import Pool


@part
class SelfInstruct:
    """Writes one row for every instance."""

    include_seeds: bool
    """Whether the seeds follow after the machine-made tasks."""

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Return `self_instruct.jsonl`, in the pool's order."""
        yield "self_instruct.jsonl", (columns(*example) for example in examples(pool, self.include_seeds))
