"""Seed tasks from the pool of an earlier run, up to its last committed round: its seeds and what it made.

What is known of a task stays, with its id.  Who wrote it moves below `seeds` in `models`, so that no machine's text
passes for a person's, however often a pool is passed on.  Left out are round, request, and which stages gave it up.
"""

from dataclasses import replace
from pathlib import Path

from selfinstruct.errors import DataError, RunFolderError
from selfinstruct.part import part
from selfinstruct.seeds.fields import instance
from selfinstruct.storage.hashes import ROUNDS
from selfinstruct.storage.rows import committed_tasks, rounds_of
from selfinstruct.task import HUMAN, SEEDS, Task
from selfinstruct.text.plain_files import check_plain

FAMILY = "family"
"""The attribute of tasks of Instruction Induction."""


@part
class Run:
    """Reads the pool of a run folder."""

    path: Path
    """The folder; a relative path starts where the command runs."""

    def load(self) -> list[Task]:
        """Return the tasks in the pool's order; raises DataError for a folder that no run has left so."""
        try:
            check_plain(self.path)
            rounds = rounds_of(self.path / ROUNDS)
            tasks = {task.id: seed_of(task) for task in committed_tasks(self.path, rounds)}  # the last of an id wins
        except RunFolderError as error:
            raise DataError(str(error).split("\n")) from None
        except (OSError, ValueError) as error:  # a ValueError for a path with NUL
            raise DataError([f"{self.path}: cannot be read ({error})."]) from None
        if not tasks:
            raise DataError([f"{self.path}: holds no rounds of a run. Set seeds.path=<folder> to the folder of a run."])
        return list(tasks.values())


def seed_of(task: Task) -> Task:
    """Return the seed that a task of an earlier run becomes."""
    models = {
        stage if stage.partition("/")[0] == SEEDS else f"{SEEDS}/{stage}": name for stage, name in task.models.items()
    }
    instances = task.instances
    if instances is not None and FAMILY not in task.attributes:  # a family's inputs are words, "none" among them
        instances = tuple(instance(known.input, known.output) for known in instances)
    return replace(task, origin=HUMAN, models=models, round=0, request="", failed_stages={}, instances=instances)
