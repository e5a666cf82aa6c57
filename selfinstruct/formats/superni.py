"""One JSON file a task, with the keys of Super-NaturalInstructions (Wang et al. 2022), all in one zip.

What is not known is `Unknown`, the word of the published files, or an empty list.  `Source` says that the task was
grown and by which models, or by the offline grammar.  Instances that follow each other with one input are one, with
several right outputs; nobody has judged which are good enough for positive examples.

After the published keys stand `id`, `is_classification`, `origin` and `models`.  Not held: tasks without instances,
parents and neighbors.  The names of the files hold nothing of the tasks, so that no id can be a path.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from selfinstruct.formats.rows import finished, provenance
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.task import OFFLINE, SCRIPTED, Task, stand_ins

UNKNOWN = ["Unknown"]
BY_STAND_IN = {
    OFFLINE: "selfinstruct: made by its offline grammar, which stands in for a model to try the program;"
    " no language model's work and no data to train on",
    SCRIPTED: "selfinstruct: made of prepared replies, which stand in for a model to try a recipe;"
    " no language model's work and no data to train on",
}


@part
class Superni:
    """Writes one task file for every task."""

    include_seeds: bool
    """Whether the seeds follow after the machine-made tasks."""

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Return `superni.zip`, a file a task."""
        yield "superni.zip", (task_file(task) for task in finished(pool, self.include_seeds))


def task_file(task: Task) -> dict[str, Any]:
    """Return a task as one object."""
    who = provenance(task)
    return {
        "Contributors": UNKNOWN,
        "Source": source(task, who["models"]),
        "URL": [],
        "Categories": ["Classification"] if task.is_classification else UNKNOWN,
        "Reasoning": [],
        "Definition": [task.instruction],
        "Input_language": UNKNOWN,
        "Output_language": UNKNOWN,
        "Instruction_language": UNKNOWN,
        "Domains": UNKNOWN,
        "Positive Examples": [],
        "Negative Examples": [],
        "Instances": list(numbered(task)),
        "Instance License": UNKNOWN,
        "id": task.id,
        "is_classification": task.is_classification,
        "origin": who["origin"],
        "models": who["models"],
    }


def source(task: Task, models: list[str]) -> list[str]:
    """Return where a task comes from; of a seed nothing is known but who wrote it."""
    if made_up := stand_ins(models):
        return [BY_STAND_IN[made_up[0]]]
    if task.is_human:
        return UNKNOWN
    return [f"selfinstruct: grown by {', '.join(models) or 'a model that is not known'}"]


def numbered(task: Task) -> Iterator[dict[str, Any]]:
    """Yield the instances, each with all outputs that follow on its input."""
    groups = groupby(task.instances or (), key=lambda instance: instance.input)
    for number, (shown, instances) in enumerate(groups, 1):
        yield {"id": f"{task.id}-{number}", "input": shown, "output": [one.output for one in instances]}
