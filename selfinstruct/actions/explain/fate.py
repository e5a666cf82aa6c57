"""Fate: what became of each piece of a reply, and what the filters have to say about it.

A reply is read again by the run's own parser.  What it kept and what it rejected both lie in their order in the run's
files, so that going through the three together tells the fate of each piece.  Of two equal pieces the first was kept,
since the second is more like it than like anything else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from selfinstruct.filters import Filter, NeighborFilter, Neighbours
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance, Task

Words: TypeAlias = tuple[str, Instance | None]
"""What tells a candidate from another: its instruction, and the instance that is judged."""


@dataclass(frozen=True, slots=True)
class Fate:
    """A piece of a reply, and what became of it."""

    piece: Candidate | Rejection
    rejection: Rejection | None = None
    """As it was recorded, if it was rejected."""
    number: int | None = None
    """Which rejection of its request it is, from 1."""
    kept: int | None = None
    """Which of the request's kept ones it is, from 0, if it was kept."""


def words(candidate: Candidate) -> Words:
    """What tells a candidate from another."""
    return candidate.instruction, candidate.instance


def fates(
    pieces: Sequence[Candidate | Rejection], rejections: Sequence[Rejection], kept: Sequence[Words]
) -> list[Fate]:
    """What became of each piece; one of which neither is known has a fate without either."""
    found: list[Fate] = []
    rejected = stayed = 0
    for piece in pieces:
        if isinstance(piece, Candidate) and stayed < len(kept) and kept[stayed] == words(piece):
            found.append(Fate(piece, kept=stayed))
            stayed += 1
        elif rejected < len(rejections) and is_about(rejections[rejected], piece):
            found.append(Fate(piece, rejections[rejected], rejected + 1))
            rejected += 1
        else:
            found.append(Fate(piece))
    return found


def is_about(rejection: Rejection, piece: Candidate | Rejection) -> bool:
    """Whether a recorded rejection can be that of a piece."""
    if isinstance(piece, Rejection):
        return rejection.candidate is None and rejection.text == piece.text
    return rejection.candidate is not None and words(rejection.candidate) == words(piece)


def verdicts(candidate: Candidate, filters: Mapping[str, Filter], pool: Pool) -> dict[str, str | None]:
    """What every filter says of a candidate, also those that come after one which rejects it."""
    return {name: filter_.reject(candidate, pool) for name, filter_ in filters.items()}


def verdicts_together(
    candidates: Sequence[Candidate], filters: Mapping[str, Filter], pool: Pool
) -> list[dict[str, str | None]]:
    """What the filters say of the candidates of one reply: each judges what those before it have left."""
    found: list[dict[str, str | None]] = [{} for _ in candidates]
    for name, filter_ in filters.items():
        alive = [place for place, said in enumerate(found) if not any(said.values())]
        instances = tuple(made for place in alive if (made := candidates[place].instance) is not None)
        for position, place in enumerate(alive):
            judged = replace(candidates[place], instances=instances, position=position if instances else 0)
            found[place][name] = filter_.reject(judged, pool)
    return found


def neighbours(instruction: str, filters: Mapping[str, Filter], pool: Pool, made: Task | None) -> Neighbours | None:
    """How near a text is to every task of a pool, by the first filter that measures it.

    A task that was made of it enters the pool, which is quicker than to measure it in a copy.
    """
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
