"""Seed tasks from conversations: what a person asks first, and what the assistant answers.

Formats of conversations differ in their words alone, so that another format is another YAML.  The whole question is
taken for the instruction, and the input is empty.  Rows of one id with one question are one task with several answers;
other questions under the same id are tasks of their own, with a number behind the id.

What follows the first answer rests on it, so it is left out, or refused (`longer`); system messages are left out.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from selfinstruct.part import part
from selfinstruct.seeds.assembly import Row, together
from selfinstruct.seeds.fields import mistakes_in_id, writers
from selfinstruct.seeds.reading import lines_or_items
from selfinstruct.task import HUMAN, Instance, Task
from selfinstruct.text.json_objects import shown

Speaker: TypeAlias = Literal["user", "assistant", "system"]


@part
class Conversation:
    """Reads the first question and answer of every conversation."""

    path: Path
    """The file, JSON or JSONL; a relative path starts where the command runs."""
    turns: str
    """The key of a row that holds the turns."""
    role: str
    """The key of a turn that says who speaks."""
    text: str
    """The key of a turn that holds what is said."""
    roles: dict[str, Speaker]
    """The format's word for a speaker, and who that is; what `system` says is left out."""
    author: str
    """Who wrote the rows that do not say so: `human`, the name of a model, or `unknown`."""
    longer: Literal["first", "refuse"]
    """What to do with longer conversations: take the `first` question and answer, or `refuse` the file."""

    def load(self) -> list[Task]:
        """Return the tasks in the order of the file; raises DataError with every bad conversation."""
        return together(self.path, lines_or_items(self.path), self._mistakes, self._task, is_split=True)

    def _mistakes(self, row: Row) -> list[str]:
        """Return everything that is wrong with a conversation."""
        turns, mistakes = row.get(self.turns), mistakes_in_id(row)
        if not isinstance(turns, list) or not turns:
            return [*mistakes, f"'{self.turns}' must be a list that is not empty (got {shown(turns)})"]
        for number, turn in enumerate(turns, 1):
            mistakes += [f"turn {number}{text}" for text in self._mistakes_in_turn(turn)]
        return mistakes or self._mistakes_in_order(self._spoken(turns))

    def _mistakes_in_turn(self, turn: Any) -> list[str]:
        if not isinstance(turn, dict):
            return [f" must be an object with '{self.role}' and '{self.text}' (got {shown(turn)})"]
        role, mistakes = turn.get(self.role), []
        if not isinstance(role, str) or role not in self.roles:
            mistakes.append(f": '{self.role}' must be one of {', '.join(self.roles)} (got {shown(role)})")
        if not isinstance(turn.get(self.text), str):
            mistakes.append(f": '{self.text}' must be text (got {shown(turn.get(self.text))})")
        return mistakes

    def _mistakes_in_order(self, said: list[tuple[Speaker, str]]) -> list[str]:
        """Return what keeps turns that are sound from being a question and its answer."""
        speakers = [speaker for speaker, _ in said]
        if speakers[:1] != ["user"]:
            return ["must begin with a question"]
        if speakers[1:2] == ["user"]:
            return ["has two questions before the first answer"]
        if not said[0][1].strip():
            return ["the first question is empty"]
        if len(said) > 2 and self.longer == "refuse":
            return [f"has {len(said)} turns; one question and one answer make a task"]
        return []

    def _spoken(self, turns: list[Mapping[str, Any]]) -> list[tuple[Speaker, str]]:
        """Return who says what, system messages left out."""
        said = [(self.roles[turn[self.role]], turn[self.text]) for turn in turns]
        return [(speaker, text) for speaker, text in said if speaker != "system"]

    def _task(self, row: Row) -> Task:
        """Return the seed task that a conversation without mistakes begins with."""
        (_, question), *answers = self._spoken(row[self.turns])
        return Task(
            id=str(row.get("id", "")),
            origin=HUMAN,
            instruction=question.strip(),
            instances=(Instance("", answers[0][1]),) if answers else None,
            models=writers(row, self.author),
        )
