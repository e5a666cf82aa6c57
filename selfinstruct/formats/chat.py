"""One conversation an instance: the user asks, the assistant answers.

Trainers look for the column `messages` with `role` and `content`.  Instruction and input become one user message with a
blank line between them.  Not held: where an instruction ends and its input begins, which instances are of one task
where they have inputs, tasks without instances, whether a task is classification, parents and neighbors.
"""

from collections.abc import Iterator
from typing import Any

from selfinstruct.formats.rows import examples, provenance, question
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.task import Instance, Task


def messages(task: Task, instance: Instance, system: str | None) -> list[dict[str, str]]:
    """Return the conversation that an example makes."""
    turns = [{"role": "user", "content": question(task, instance)}, {"role": "assistant", "content": instance.output}]
    return turns if system is None else [{"role": "system", "content": system}, *turns]


@part
class Chat:
    """Writes one conversation for every instance."""

    include_seeds: bool
    """Whether the seeds follow after the machine-made tasks."""
    system: str | None
    """A system message that opens every conversation; null for none."""

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Return `chat.jsonl`, in the pool's order."""
        yield (
            "chat.jsonl",
            (
                {"messages": messages(task, instance, self.system), **provenance(task)}
                for task, instance in examples(pool, self.include_seeds)
            ),
        )
