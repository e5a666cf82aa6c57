"""What became of each piece of a reply, and what the filters say of it, as Markdown."""

import re
from collections.abc import Iterator, Mapping, Sequence

from selfinstruct.filters import Filter, NeighborFilter, Neighbors, VectorFilter
from selfinstruct.pages.pieces import Outcome, one_line, piece_text
from selfinstruct.pages.story import ending_of, no_reply
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate, Rejection
from selfinstruct.storage.replies import Reply
from selfinstruct.task import Task
from selfinstruct.text.command import pasted

FENCE = "```"
"""The start of a fence."""


def described(found: list[Outcome], request: str, kept: list[Task], *, is_whole: bool = False) -> Iterator[str]:
    """Yield each piece and what became of it."""
    for number, outcome in enumerate(found, 1):
        text = one_line(piece_text(outcome.piece, is_whole=is_whole))
        if outcome.rejection is not None:
            why = f"`{outcome.rejection.filter}` ({outcome.rejection.reason})"
            yield f"{number}. rejected as {request}:{outcome.number} by {why}: {text}"
        elif outcome.kept is not None:
            yield f"{number}. kept as {pasted(kept[outcome.kept].id)}: {text}"
        else:
            yield f"{number}. its outcome is unknown, since the parser is not the run's: {text}"


def verdicts(
    candidate: Candidate, filters: Mapping[str, Filter], pool: Pool, name: str, made: Task | None
) -> Iterator[str]:
    """Yield what each filter says of a candidate on a pool, and its nearest tasks there.

    The task that it became, if it was kept, is in the pool afterwards.
    """
    yield from ("", f"## {name} before the filters, on the pool of {len(pool):,} tasks at that time", "")
    for filter_name, filter_ in filters.items():
        if isinstance(filter_, VectorFilter):
            yield f"- {filter_name}: not judged again, since explain asks no embedder"
        else:
            yield f"- {filter_name}: {filter_.reject(candidate, pool) or 'passes'}"
    near = neighbors(candidate.instruction, filters, pool, made)
    if near is not None and near.nearest:
        average = "" if near.average is None else f" (mean of all: {near.average:.4f})"
        yield from ("", f"Nearest by ROUGE-L F{average}:", "")
        yield from (
            f"- {score:.4f} {pasted(known)}: {one_line(pool[known].instruction)}" for known, score in near.nearest
        )


def neighbors(instruction: str, filters: Mapping[str, Filter], pool: Pool, made: Task | None) -> Neighbors | None:
    """Return how near a text is to the tasks of a pool, by the filter that measures it; `made` enters the pool."""
    if made is not None:
        pool.add(made)
    measuring = next((filter_ for filter_ in filters.values() if isinstance(filter_, NeighborFilter)), None)
    if measuring is None:
        return None
    if made is not None:
        return measuring.measure([made], pool)[0]
    name = "candidate"
    while name in pool:
        name += "'"
    judged = Task(id=name, origin=name, instruction=instruction)
    return measuring.measure([judged], Pool([*pool, judged]))[0]


def fenced(text: str) -> str:
    """Return a text in a fence that it cannot close."""
    fence = "`" * max(len(FENCE), 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def reply_lines(reply: Reply | None, rejections: Sequence[Rejection], request: str) -> Iterator[str]:
    """Yield what was sent and what came back."""
    if reply is None:
        yield from ("", no_reply(rejections, request))
        return
    yield from ("", "## The prompt as sent", "", f"Decoding: {reply.decoding}", f"Model: {reply.fingerprint}", "")
    if reply.system is not None:
        yield from ("System:", "", fenced(reply.system), "")
    received = ("", "## The reply as received", "", ending_of(reply), "", fenced(reply.completion.text))
    yield from (fenced(reply.prompt), *received)
