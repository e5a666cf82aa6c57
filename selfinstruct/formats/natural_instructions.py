"""One row an instance, in the columns of Natural Instructions v2: `task_name, id, definition, inputs, targets`.

`task_name` is the id of the task and `id` that of the instance; who wrote a row follows after the columns.  Not held:
whether a task is classification, tasks without instances, parents and neighbors.
"""

from collections.abc import Iterator
from typing import Any

from selfinstruct.formats.rows import finished, provenance
from selfinstruct.part import part
from selfinstruct.pool import Pool


@part
class NaturalInstructions:
    """Writes one row for every instance."""

    include_seeds: bool
    """Whether the seeds follow after the machine-made tasks."""

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """`natural_instructions.jsonl`, in the pool's order."""
        yield "natural_instructions.jsonl", self._rows(pool)

    def _rows(self, pool: Pool) -> Iterator[dict[str, Any]]:
        for task in finished(pool, self.include_seeds):
            who = {key: value for key, value in provenance(task).items() if key != "id"}
            for number, instance in enumerate(task.instances or (), 1):
                yield {
                    "task_name": task.id,
                    "id": f"{task.id}-{number}",
                    "definition": task.instruction,
                    "inputs": instance.input,
                    "targets": instance.output,
                    **who,
                }
