"""A conversation as a seed task: what a person asks first, and what the assistant answers.

What a conversation does not say is where an instruction ends and its input begins: the whole question is taken for the
instruction, and the input is empty.  Rows of one id with one question are one task with several answers; other
questions under the same id are tasks of their own, with a number behind the id, since an export gives every instance of
a task the id of the task.

Conversations in the wild go on.  What follows the first answer rests on it and is no task by itself, so it is left out,
or refused (`longer`); so is what a system message asks for, which an instruction has no place for.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from selfinstruct.seeds.fields import mistakes_in_id, name_of, shown, writers
from selfinstruct.task import HUMAN, Instance, Task

Longer: TypeAlias = Literal["first", "refuse"]


class Spelling(NamedTuple):
    """How a format calls the parts of a conversation."""

    turns: str
    role: str
    text: str
    roles: Mapping[str, str]
    """Its word for a speaker, and ours: `user`, `assistant`, or `system` for what is left out."""


def mistakes_in(row: Mapping[str, Any], spelling: Spelling, longer: Longer) -> list[str]:
    """Everything that is wrong with a conversation."""
    turns = row.get(spelling.turns)
    if not isinstance(turns, list) or not turns:
        return [*mistakes_in_id(row), f"'{spelling.turns}' must be a list that is not empty (got {shown(turns)})"]
    mistakes = mistakes_in_id(row)
    for number, turn in enumerate(turns, 1):
        mistakes += [f"turn {number}{text}" for text in mistakes_in_turn(turn, spelling)]
    if mistakes:
        return mistakes
    said = spoken(turns, spelling)
    speakers = [speaker for speaker, _ in said]
    if speakers[:1] != ["user"]:
        return ["must begin with a question"]
    if speakers[1:2] == ["user"]:
        return ["has two questions before the first answer"]
    if not said[0][1].strip():
        return ["the first question is empty"]
    if len(said) > 2 and longer == "refuse":
        return [f"has {len(said)} turns; one question and one answer make a task"]
    return []


def mistakes_in_turn(turn: Any, spelling: Spelling) -> list[str]:
    """What is wrong with a turn."""
    if not isinstance(turn, dict):
        return [f" must be an object with '{spelling.role}' and '{spelling.text}' (got {shown(turn)})"]
    role, mistakes = turn.get(spelling.role), []
    if not isinstance(role, str) or role not in spelling.roles:
        mistakes.append(f": '{spelling.role}' must be one of {', '.join(spelling.roles)} (got {shown(role)})")
    if not isinstance(turn.get(spelling.text), str):
        mistakes.append(f": '{spelling.text}' must be text (got {shown(turn.get(spelling.text))})")
    return mistakes


def spoken(turns: Sequence[Mapping[str, Any]], spelling: Spelling) -> list[tuple[str, str]]:
    """Who says what, system messages left out."""
    said = ((spelling.roles[turn[spelling.role]], turn[spelling.text]) for turn in turns)
    return [(speaker, text) for speaker, text in said if speaker != "system"]


def task_of(row: Mapping[str, Any], spelling: Spelling, written_by: str) -> Task:
    """The seed task that a conversation without mistakes begins with."""
    (_, question), *answers = spoken(row[spelling.turns], spelling)
    return Task(
        id=name_of(row),
        origin=HUMAN,
        instruction=question.strip(),
        instances=(Instance("", answers[0][1]),) if answers else None,
        models=writers(row, written_by),
    )
