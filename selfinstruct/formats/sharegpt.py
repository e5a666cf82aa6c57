"""One conversation an instance, in the shape of ShareGPT: the human asks, `gpt` answers, whichever model it was.

Vicuna's trainer reads `id` and `conversations` with `from` and `value`.  Not held is what `chat` does not hold.
"""

from collections.abc import Iterator
from typing import Any

from selfinstruct.formats.rows import examples, provenance, question
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.task import Instance, Task


def conversation(task: Task, instance: Instance) -> dict[str, Any]:
    """Return the row of an example; the columns of the format come first."""
    turns = [{"from": "human", "value": question(task, instance)}, {"from": "gpt", "value": instance.output}]
    return {"id": task.id, "conversations": turns, **provenance(task)}


@part
class Sharegpt:
    """Writes one conversation for every instance."""

    include_seeds: bool
    """Whether the seeds follow after the machine-made tasks."""

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Return `sharegpt.jsonl`, in the pool's order."""
        yield "sharegpt.jsonl", (conversation(*example) for example in examples(pool, self.include_seeds))
