"""Pieces: each piece of a reply with what became of it, and what every filter says of it, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from selfinstruct.actions.explain.fate import Fate, Words, neighbours, verdicts
from selfinstruct.actions.explain.text import one_line, piece_text
from selfinstruct.actions.questions import Question
from selfinstruct.filters import Filter
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Task
from selfinstruct.text.command import pasted


def read_again(prompt: Prompt, question: Question) -> list[Candidate | Rejection]:
    """The pieces of a reply about a task, as its stage judges them."""
    assert question.reply is not None
    assert question.sample.task is not None
    pieces = prompt.parse(question.reply.completion, question.sample, question.request.chat)
    instruction = question.sample.task.instruction
    return [replace(piece, instruction=instruction) if isinstance(piece, Candidate) else piece for piece in pieces]


def words_of(task: Task) -> Words:
    """What a kept task was as a candidate; a stage that makes instances later had none."""
    return task.instruction, task.instances[0] if task.instances else None


def name_of(fate: Fate, request: str, made: Task | None) -> str:
    """What a piece is called: the task that it became, or its rejection."""
    if made is not None:
        return pasted(made.id)
    return "a piece whose fate is not known" if fate.number is None else f"{request}:{fate.number}"


def told_fates(found: list[Fate], request: str, kept: list[Task], *, is_whole: bool = False) -> Iterator[str]:
    """Each piece and what became of it."""
    for number, fate in enumerate(found, 1):
        text = one_line(piece_text(fate.piece, is_whole=is_whole))
        if fate.rejection is not None:
            why = f"`{fate.rejection.filter}` ({fate.rejection.reason})"
            yield f"{number}. rejected as {request}:{fate.number} by {why}: {text}"
        elif fate.kept is not None:
            yield f"{number}. kept as {pasted(kept[fate.kept].id)}: {text}"
        else:
            yield f"{number}. its fate is not known, for the parser is not that of the run: {text}"


def told_verdicts(
    candidate: Candidate, filters: Mapping[str, Filter], pool: Pool, name: str, made: Task | None
) -> Iterator[str]:
    """What each filter says of a candidate on a pool, and what it is nearest to there.

    The task that it became, if it was kept, is in the pool afterwards.
    """
    yield from ("", f"## {name} before the filters, on the pool of {len(pool):,} tasks that there was", "")
    yield from (f"- {filter_}: {reason or 'passes'}" for filter_, reason in verdicts(candidate, filters, pool).items())
    near = neighbours(candidate.instruction, filters, pool, made)
    if near is not None and near.nearest:
        average = "" if near.average is None else f" (mean of all: {near.average:.4f})"
        yield from ("", f"Nearest by ROUGE-L F{average}:", "")
        yield from (
            f"- {score:.4f} {pasted(known)}: {one_line(pool[known].instruction)}" for known, score in near.nearest
        )
