"""What the formats have in common: which tasks are exported, and what says where a row came from.

Seeds are off by default, because they are other people's work with a license of its own.
"""

from collections.abc import Iterator
from typing import Any

from selfinstruct.pool import Pool
from selfinstruct.task import Instance, Task

SEED = "seed"
"""The origin of rows that a run started from and no person wrote, or nobody knows who did."""


def finished(pool: Pool, include_seeds: bool) -> Iterator[Task]:
    """Yield the tasks to export: machine-made ones that have instances, then the seeds if wanted.

    A task that a filter rejected by a judge's verdict is not among them.
    """
    yield from (task for task in pool if not task.is_human and task.instances and not task.is_rejected)
    if include_seeds:
        yield from (task for task in pool if task.is_human and task.instances and not task.is_rejected)


def examples(pool: Pool, include_seeds: bool) -> Iterator[tuple[Task, Instance]]:
    """Yield every instance of the tasks to export, with its task."""
    for task in finished(pool, include_seeds):
        for instance in task.instances or ():
            yield task, instance


def question(task: Task, instance: Instance) -> str:
    """Return instruction and input as one message, with a blank line between them where there is an input."""
    return f"{task.instruction}\n\n{instance.input}" if instance.input else task.instruction


def columns(task: Task, instance: Instance) -> dict[str, Any]:
    """Return an example as a flat row, with where it came from."""
    return {
        "instruction": task.instruction,
        "input": instance.input,
        "output": instance.output,
        **provenance(task),
    }


def provenance(task: Task) -> dict[str, Any]:
    """Return where the rows of a task came from; a seed that no person wrote is called `seed`, never `human`."""
    origin = SEED if task.writers else task.origin
    return {"id": task.id, "origin": origin, "models": list(dict.fromkeys(task.models.values()))}
