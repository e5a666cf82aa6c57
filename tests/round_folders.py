"""Run folders of a few rounds, written by the journal and the store that runs use, for tests of what reads them."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfinstruct.request import Completion, Decoding, Request
from selfinstruct.round import Candidate, Rejection, Round, Sample
from selfinstruct.storage.completions import Store, StoredRequest
from selfinstruct.storage.drawn import written
from selfinstruct.storage.folder import store_config
from selfinstruct.storage.journal import Journal
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import HUMAN, Task


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A stored reply, and what its prompt showed."""

    request: str
    parents: tuple[str, ...] = ()
    completion: Completion = Completion()  # noqa: RUF009  (frozen)


def seed(number: int, instruction: str = "Name a city in Norway.") -> Task:
    return Task(id=f"seed_{number}", origin=HUMAN, instruction=instruction)


def task(number: int, instruction: str = "Name a river in Spain.", *parents: str, **fields: Any) -> Task:
    at = {"origin": "grow", "round": 1, "request": f"grow/1/{number}", "models": {"grow": "m"}}
    return Task(id=f"grow_{number}", instruction=instruction, parents=parents, **{**at, **fields})


def rejection(filter: str, instruction: str | None = None, **fields: Any) -> Rejection:
    candidate = None if instruction is None else Candidate(instruction=instruction)
    return Rejection(filter=filter, reason="so", candidate=candidate, request="grow/1/1", **fields)


def round_(number: int = 1, tasks: Sequence[Task] = (), rejections: Sequence[Rejection] = (), **fields: Any) -> Round:
    kept = {"stage": "grow", "asked": 1, "failed": 0, "kept": len(tasks), "pool": 0}
    spent = {"prompt_tokens": 100, "completion_tokens": 10, "cost_usd": 0.5}
    values = {**kept, **spent, "parsed": len(tasks) + len(rejections), **fields}
    return Round(number=number, tasks=tuple(tasks), rejections=tuple(rejections), **values)


def run(
    folder: Path,
    rounds: Iterable[Round],
    seeds: Iterable[Task] = (),
    recipe: Mapping[str, Any] | None = None,
    replies: Iterable[Reply] = (),
) -> RunReader:
    """Write a run, and return its reader."""
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(folder)
    journal.open()
    journal.begin(seeds)
    for one in rounds:
        journal.commit(one)
    if recipe is not None:
        store_config(folder, {"recipe": recipe, "random_seed": 1}, [])
    if replies := list(replies):
        store(folder, replies)
    return RunReader(folder)


def store(folder: Path, replies: Iterable[Reply]) -> None:
    found = Store(folder / "completions.sqlite")
    for number, reply in enumerate(replies):
        stage, at, _ = reply.request.rsplit("/", 2)
        request = Request(reply.request, stage, int(at), "Ask.", None, True, Decoding(), "text")
        drawn = written(Sample({}, parents=reply.parents), 1)
        found.save(StoredRequest(request, number.to_bytes(32, "big"), 0, "m", "{}", drawn), reply.completion, Future())
    found.close()
