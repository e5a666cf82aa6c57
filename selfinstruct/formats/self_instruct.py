"""One row an instance, with the columns of the published Self-Instruct data.

The columns `instruction, input, output` are those of the data released with the paper (Wang et al. 2023), which most
fine-tuning tools read as they are.  What says where a row came from follows after them: the task's id, the stage that
made it (`human` for a seed) and the models that wrote it.  Readers that pick their columns pass over these; without
them nobody could trace a bad row back to its request in `pool.jsonl`, nor tell two models' rows apart once they are
mixed.  Rows of one task share its id.

What the other formats export is chosen here too: tasks that a model made and that have instances, in the pool's order,
and after them the seeds if they are wanted.  Seeds are off by default, because they are somebody else's work with a
licence of its own.
"""

from collections.abc import Iterator
from typing import Any

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.task import Instance, Task


def finished(pool: Pool, include_seeds: bool) -> Iterator[Task]:
    """The tasks to export: machine-made ones that have instances, then the seeds if wanted."""
    yield from (task for task in pool if not task.is_human and task.instances)
    if include_seeds:
        yield from (task for task in pool if task.is_human and task.instances)


def examples(pool: Pool, include_seeds: bool) -> Iterator[tuple[Task, Instance]]:
    """Every instance of the tasks to export, with its task."""
    for task in finished(pool, include_seeds):
        for instance in task.instances or ():
            yield task, instance


def columns(task: Task, instance: Instance) -> dict[str, Any]:
    """An example as a flat row, with where it came from."""
    return {
        "instruction": task.instruction,
        "input": instance.input,
        "output": instance.output,
        **provenance(task),
    }


def provenance(task: Task) -> dict[str, Any]:
    """Where the rows of a task came from."""
    return {"id": task.id, "origin": task.origin, "models": list(dict.fromkeys(task.models.values()))}


@part
class SelfInstruct:
    """Writes one row for every instance."""

    include_seeds: bool
    """Whether the human-written seeds follow after the machine-made tasks."""

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:  # noqa: ARG002
        """`self_instruct.jsonl`, in the pool's order."""
        yield "self_instruct.jsonl", (columns(*example) for example in examples(pool, self.include_seeds))
