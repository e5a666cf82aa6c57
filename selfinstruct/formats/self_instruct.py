"""One row an instance, with the columns of the published Self-Instruct data.

The columns `instruction, input, output` are those of the data released with the paper (Wang et al. 2023), which most
fine-tuning tools read as they are.  What says where a row came from follows after them: the task's id, the stage that
made it (`human` for a seed) and the models that wrote it.  Readers that pick their columns pass over these; without
them nobody could trace a bad row back to its request in `pool.jsonl`, nor tell two models' rows apart once they are
mixed.  Rows of one task share its id.

Not held, so that the reader of the same name (`seeds=self_instruct`) does not give it back: tasks without instances,
whether a task is classification, parents and neighbors.
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
        """`self_instruct.jsonl`, in the pool's order."""
        yield "self_instruct.jsonl", (columns(*example) for example in examples(pool, self.include_seeds))
