"""The stored replies of a run, read without changing a byte of their file."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, NamedTuple

from selfinstruct.errors import RunFolderError
from selfinstruct.request import Completion
from selfinstruct.storage.hashes import hash_of
from selfinstruct.storage.schema import FORMAT, version_of

REPLY = "text, finish_reason, prompt_tokens, completion_tokens, cost_usd, seconds, model"
COLUMNS = f"stage, round, request, key, draw, identity, system, prompt, decoding, {REPLY}"
LATER = {
    FORMAT: "sent, cached_tokens, drawn, hash",
    4: "sent, NULL, drawn, hash",
    3: "sent, NULL, NULL, hash",
    2: "sent, NULL, NULL, NULL",
}
"""The columns that not every format has."""
SAMPLED = 4
"""The first format in which it is stored what prompts showed."""
LAST = 200
"""Replies by which the pulse is taken."""
RESTORE = "Restore the file from a copy."


@dataclass(frozen=True, slots=True)
class Reply:
    """A request as it was sent, and its reply."""

    stage: str
    round: int
    request: str
    key: str
    draw: int
    fingerprint: str
    system: str | None
    prompt: str
    decoding: str
    completion: Completion
    drawn: str | None = None
    """What was drawn for the prompt (`selfinstruct.storage.drawn`); None in a store of an older version."""

    @property
    def number(self) -> int:
        """Return the request's number in its round."""
        return number_of(self.request)


class Usage(NamedTuple):
    """What a reply took; None is unknown."""

    stage: str
    round: int
    model: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: float | None
    seconds: float
    cached_tokens: int | None = None


def number_of(request: str) -> int:
    """Return the number of a request in its round."""
    return int(request.rsplit("/", 1)[1])


@dataclass(frozen=True, slots=True)
class Pulse:
    """How replies arrive, also those of rounds that are not committed yet."""

    count: int
    per_second: float | None
    """Of the last replies; None for fewer than two."""
    seconds: float | None
    """The median of the time that each of the last replies took."""
    last: float
    """When the last one came, in seconds since 1970."""


class Replies:
    """The replies in an open store."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._select = f"SELECT {COLUMNS}, {LATER[version_of(connection)]} FROM completions"  # noqa: S608
        self._is_old = version_of(connection) < SAMPLED

    def of(self, stage: str, round_: int) -> dict[str, list[Reply]]:
        """Return the replies of a round by request, in order; a request that was sent twice has its newest last."""
        start = f"{stage}/{round_}"
        ends = (f"{start}/", f"{start}0")  # 0 comes after the slash
        query = f"{self._select} WHERE request > ? AND request < ? ORDER BY time"
        found: dict[str, list[Reply]] = {}
        for reply in map(reply_of, self._connection.execute(query, ends)):
            found.setdefault(reply.request, []).append(reply)
        return dict(sorted(found.items(), key=lambda item: number_of(item[0])))

    def __iter__(self) -> Iterator[Reply]:
        """Yield all replies in the order in which they came."""
        yield from map(reply_of, self._connection.execute(f"{self._select} ORDER BY time"))

    def in_order(self, stages: Sequence[str]) -> Iterator[Reply]:
        """Yield all replies by stage, round and request, whenever they came; one at a time is in memory."""
        place = {stage: number for number, stage in enumerate(stages)}
        found = self._connection.execute("SELECT stage, round, request, draw, lower(hex(key)) FROM replies").fetchall()
        found.sort(key=lambda row: (place.get(row[0], len(place)), row[0], row[1], len(row[2]), *row[2:]))
        for _, _, request, draw, key in found:
            query = f"{self._select} WHERE request = ? AND draw = ? AND key = ?"
            yield from map(reply_of, self._connection.execute(query, (request, draw, key)))

    def latencies(self) -> dict[str, float]:
        """Return how many seconds the replies of each stage took on average."""
        return dict(self._connection.execute("SELECT stage, AVG(seconds) FROM replies GROUP BY stage"))

    def parents(self) -> Iterator[tuple[str, int, list[str]]]:
        """Yield stage, round and the ids of the tasks that a prompt showed, of all replies that have it stored."""
        if self._is_old:
            return
        query = "SELECT stage, round, json_extract(drawn, '$.parents') FROM replies WHERE drawn IS NOT NULL"
        for stage, round_, parents in self._connection.execute(query):
            yield stage, round_, json.loads(parents)

    def usage(self) -> Iterator[Usage]:
        """Yield what each reply took, in no order."""
        names = Usage._fields if version_of(self._connection) == FORMAT else Usage._fields[:-1]
        query = f"SELECT {', '.join(names)} FROM replies"  # noqa: S608  (constants)
        yield from (Usage(*row) for row in self._connection.execute(query))

    def pulse(self) -> Pulse:
        """Return how the last replies arrived."""
        ((count,),) = self._connection.execute("SELECT COUNT(*) FROM replies")
        found = self._connection.execute(f"SELECT time, seconds FROM replies ORDER BY rowid DESC LIMIT {LAST}")  # noqa: S608
        times, seconds = zip(*found.fetchall(), strict=True) if count else ((0.0,), (0.0,))
        took = max(times) - min(times)
        rate = (len(times) - 1) / took if took > 0 else None
        return Pulse(count, rate, median(seconds) if count else None, max(times))

    def lack_samples(self) -> bool:
        """Return whether it is not stored of every reply what its prompt showed, as in a store of version 0.1.0."""
        query = f"{self._select} LIMIT 1" if self._is_old else f"{self._select} WHERE drawn IS NULL LIMIT 1"
        return self._connection.execute(query).fetchone() is not None


def reply_of(row: tuple[Any, ...]) -> Reply:
    """Return the reply of a row; raises RunFolderError where it has changed since it was stored."""
    stage, round_, request, key, draw, fingerprint, system, prompt, decoding, *answer, sent, cached, drawn, stored = row
    completion = replace(Completion(*answer), sent=sent or "", cached_tokens=cached)
    if stored not in (None, hash_of(request, bytes.fromhex(key), draw, completion, drawn)):
        raise RunFolderError(f"The reply to {request} has changed since it was stored. {RESTORE}")
    return Reply(stage, round_, request, key, draw, fingerprint, system, prompt, decoding, completion, drawn)
