"""The four files of the published Self-Instruct code, so that its later scripts continue from this pool.

Each file holds the keys which that code writes, in its order, and no others.  Where a task came from stands inside
`metadata`, which its scripts carry along unread.  A task that nobody classified has an empty answer, as after a failed
request, and one without instances is left out of the two files of instances.  Seeds are in none of the files.

The reader's marks are looked for anywhere in a text ("Example", "Output:", "Input:", "Class label:"), so an instance
that holds one is read back differently from the third file; the fourth has all of them as they are.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from selfinstruct.formats.rows import examples, finished, provenance
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.task import Instance, Task

Row = dict[str, Any]
NEIGHBORS = 10
"""The published code records that many."""


def label_first(instances: Sequence[Instance]) -> str:
    """Instances of a classification task, as a model would have written them."""
    return "\n\n".join(f"Class label: {one.output}\n{one.input}".rstrip("\n") for one in instances)


def input_first(instances: Sequence[Instance]) -> str:
    """Instances of any other task, as a model would have written them."""
    if len(instances) == 1 and not instances[0].input:
        return f"Output: {instances[0].output}"
    numbered = enumerate(instances, start=1)
    return "\n\n".join(f"Example {number}\n{one.input}\nOutput: {one.output}" for number, one in numbered)


def neighbors(task: Task, pool: Pool) -> dict[str, float]:
    """Return the texts of the most similar tasks, with their scores, highest first."""
    scores: dict[str, float] = {}
    for name, score in task.most_similar[:NEIGHBORS]:
        scores.setdefault(pool[name].instruction, score)
    return scores


def metadata(task: Task) -> Row:
    """Return where a task came from, in our own words."""
    return {**provenance(task), "request": task.request, "parents": list(task.parents)}


def instruction_row(task: Task, pool: Pool) -> Row:
    """Return a line of the file of instructions."""
    return {
        "instruction": task.instruction,
        "most_similar": neighbors(task, pool),
        "avg_similarity_score": task.average_similarity,
        "metadata": metadata(task),
        "request_idx": max(task.round - 1, 0),
    }


def classification_row(task: Task) -> Row:
    """Return a line of the file of answers to "is it classification?"."""
    answer = {True: " Yes", False: " No", None: ""}[task.is_classification]
    return {"instruction": task.instruction, "is_classification": answer}


def instances_row(task: Task, pool: Pool) -> Row:
    """Return a line of the file of instances as text."""
    write = label_first if task.is_classification else input_first
    return {
        "instruction": task.instruction,
        "raw_instances": write(task.instances or ()),
        "instance_metadata": {"response": {"choices": [{"finish_reason": "stop"}]}},
        "instruction_metadata": metadata(task),
        "most_similar": neighbors(task, pool),
        "avg_similarity_score": task.average_similarity,
    }


def example_row(task: Task, instance: Instance) -> Row:
    """Return a line of the file of instances as read."""
    return {"instruction": task.instruction, "input": instance.input, "output": instance.output}


def made(pool: Pool) -> Iterator[Task]:
    """Return the tasks that are no seeds."""
    return (task for task in pool if not task.is_human)


@part
class Reference:
    """Writes the files that the published code leaves behind after each of its steps."""

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[Row]]]:
        """Yield the four files, under the names by which the published code finds them."""
        yield "machine_generated_instructions.jsonl", (instruction_row(task, pool) for task in made(pool))
        yield "is_clf_or_not_davinci_template_1.jsonl", (classification_row(task) for task in made(pool))
        yield "machine_generated_instances.jsonl", (instances_row(task, pool) for task in finished(pool, False))
        yield "all_generated_instances.jsonl", (example_row(*example) for example in examples(pool, False))
