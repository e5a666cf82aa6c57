"""What became of each piece of a reply: kept as a task, or rejected by a filter.

A run stores what it kept of a reply and what it rejected, each in order, but not the order of both.  `explain` reads
the reply again by the config's parser, and goes through the three together.  A page runs no code that a config names:
it puts the pieces into the order in which their words stand in the reply.
"""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance

LONG = 300
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
    """Return what became of each piece; of two equal pieces the first was kept, since the second repeats it."""
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


def in_reply(reply: str, rejections: Sequence[Rejection], kept: Sequence[Candidate]) -> list[Outcome]:
    """Return what became of each piece, in the order of the reply; a piece that was written otherwise comes last."""
    found = [Outcome(piece, kept=place) for place, piece in enumerate(kept)]
    found += [Outcome(item.candidate or item, item, number) for number, item in enumerate(rejections, 1)]
    flat = " ".join(reply.split())

    def place(outcome: Outcome) -> int:
        text = " ".join(piece_text(outcome.piece).removeprefix("input: ").split())
        where = flat.find(text[:LONG]) if text else -1
        return where if where >= 0 else len(flat)

    return sorted(found, key=place)


def is_about(rejection: Rejection, piece: Candidate | Rejection) -> bool:
    """Return whether a stored rejection can be that of a piece."""
    if isinstance(piece, Rejection):
        return rejection.candidate is None and rejection.text == piece.text
    return rejection.candidate is not None and words(rejection.candidate) == words(piece)


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
