"""Seed tasks from conversations as chat trainers read them: `messages` [{`role`, `content`}].

See `selfinstruct.seeds.conversation` for what of a conversation makes a task.
"""

from pathlib import Path

from selfinstruct.part import part
from selfinstruct.seeds.assembly import Row, problems_of, together
from selfinstruct.seeds.conversation import Longer, Spelling, mistakes_in, task_of
from selfinstruct.seeds.source import lines_or_items
from selfinstruct.task import Task

SPELLING = Spelling(
    turns="messages",
    role="role",
    text="content",
    roles={name: name for name in ("user", "assistant")} | dict.fromkeys(("system", "developer"), "system"),
)


@part
class Chat:
    """Reads the first question and answer of every conversation."""

    path: Path
    """The file, JSON or JSONL; a relative path starts where the command runs."""
    written_by: str
    """Who wrote the rows that do not say so: `human`, the name of a model, or `unknown`."""
    longer: Longer
    """What to do with conversations that go on: take the `first` question and answer, or `refuse` the file."""

    def problems(self) -> list[str]:
        """Every mistake in the file."""
        return problems_of(self.load)

    def load(self) -> list[Task]:
        """The tasks in the order of the file; raises DataError with every bad conversation."""
        return together(self.path, lines_or_items(self.path), self._mistakes, self._task, is_split=True)

    def _mistakes(self, row: Row) -> list[str]:
        return mistakes_in(row, SPELLING, self.longer)

    def _task(self, row: Row) -> Task:
        return task_of(row, SPELLING, self.written_by)
