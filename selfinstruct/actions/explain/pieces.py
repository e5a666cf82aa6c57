"""What became of each piece of a reply, and what the filters say of it.

A reply is read again by the config's parser.  What the run kept of it and what it rejected are both stored in order, so
that going through the three together gives the outcome of each piece.  Of two equal pieces the first was kept, since
the second is more like it than like anything else.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from selfinstruct.filters import Filter, NeighborFilter, Neighbors
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate, Rejection
from selfinstruct.storage.replies import Reply
from selfinstruct.task import Instance, Task
from selfinstruct.text.command import pasted

LONG = 300
FENCE = "```"
"""The start of a fence."""

Words: TypeAlias = tuple[str, Instance | None]
"""What distinguishes a candidate from another: its instruction, and the instance that is judged."""


class Outcome(NamedTuple):
    """A piece of a reply, and what became of it; neither is known where the parser is not the run's."""

    piece: Candidate | Rejection
    rejection: Rejection | None = None
    """As it was stored, if it was rejected."""
    number: int | None = None
    """Which rejection of its request it is, from 1."""
    kept: int | None = None
    """Which of the request's kept pieces it is, from 0, if it was kept."""


def words(candidate: Candidate) -> Words:
    """Return what distinguishes a candidate from another."""
    return candidate.instruction, candidate.instance


def outcomes(
    pieces: Sequence[Candidate | Rejection], rejections: Sequence[Rejection], kept: Sequence[Words]
) -> list[Outcome]:
    """Return what became of each piece."""
    found: list[Outcome] = []
    rejected = stayed = 0
    for piece in pieces:
        if isinstance(piece, Candidate) and stayed < len(kept) and kept[stayed] == words(piece):
            found.append(Outcome(piece, kept=stayed))
            stayed += 1
        elif rejected < len(rejections) and is_about(rejections[rejected], piece):
            found.append(Outcome(piece, rejections[rejected], rejected + 1))
            rejected += 1
        else:
            found.append(Outcome(piece))
    return found


def is_about(rejection: Rejection, piece: Candidate | Rejection) -> bool:
    """Return whether a stored rejection can be that of a piece."""
    if isinstance(piece, Rejection):
        return rejection.candidate is None and rejection.text == piece.text
    return rejection.candidate is not None and words(rejection.candidate) == words(piece)


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


def one_line(text: str) -> str:
    """Return a text in one line, shortened where it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONG else f"{flat[: LONG - 1]}…"


def piece_text(piece: Candidate | Rejection, *, is_whole: bool = False) -> str:
    """Return the words of a piece of a reply; with `is_whole` an instance has its instruction above it."""
    if isinstance(piece, Rejection):
        return piece.text
    if piece.is_classification is not None and not piece.instances:
        return "yes" if piece.is_classification else "no"
    if piece.instance is None:
        return piece.instruction
    head = f"{piece.instruction}\n" if is_whole else ""
    return f"{head}input: {piece.instance.input}\noutput: {piece.instance.output}"


def reply_lines(reply: Reply | None, rejections: Sequence[Rejection], request: str) -> Iterator[str]:
    """Yield what was sent and what came back."""
    if reply is None:
        refused = next((item for item in rejections if item.request == request), None)
        yield from ("", f"There is no reply{f': {refused.reason}' if refused else ''}.")
        return
    answer = reply.completion
    yield from ("", "## The prompt as sent", "", f"Decoding: {reply.decoding}", f"Model: {reply.fingerprint}", "")
    if reply.system is not None:
        yield from ("System:", "", fenced(reply.system), "")
    tokens = "" if answer.completion_tokens is None else f", {answer.completion_tokens} tokens"
    by = f", by {answer.model}" if answer.model else ""
    ended = f"Ended: {answer.finish_reason or 'for a reason that was not reported'}{tokens}{by}."
    yield from (fenced(reply.prompt), "", "## The reply as received", "", ended, "", fenced(answer.text))
