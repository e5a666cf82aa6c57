"""Store: every request and reply of a run, in `completions.sqlite`.

A reply is committed when it arrives, and before anything uses it, also when it waits behind a slower one or when no
round needs it in the end.  One thread writes, and commits together what has arrived meanwhile, so that a commit, which
waits for the disk, costs little when many replies come at once.

Several runs may share a store beside their own, also at the same time: there a reply is found by its question and draw.

The view `completions` shows the rows whole.  Below it a prompt lies in two pieces, since the prompts of a stage begin
alike, with thousands of characters of instructions and examples: the head, once, among the `parts`, and the rest with
its reply.  Rejected: compressed rows, which nobody can read with the sqlite3 command.
"""

import sqlite3
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

from selfinstruct.beginnings import Beginnings
from selfinstruct.errors import RunFolderError
from selfinstruct.round import Completion, Request

FORMAT = 1
"""The version of the tables."""
SETUP = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS parts (id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS replies (
    request TEXT NOT NULL,
    key BLOB NOT NULL,
    draw INTEGER NOT NULL,
    stage TEXT NOT NULL,
    round INTEGER NOT NULL,
    identity INTEGER NOT NULL REFERENCES parts,
    system INTEGER REFERENCES parts,
    head INTEGER NOT NULL REFERENCES parts,
    rest TEXT NOT NULL,
    decoding INTEGER NOT NULL REFERENCES parts,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    cost_usd REAL,
    seconds REAL NOT NULL,
    model TEXT NOT NULL,
    time REAL NOT NULL,
    UNIQUE (key, draw)
);
CREATE INDEX IF NOT EXISTS by_request ON replies (request);
CREATE VIEW IF NOT EXISTS completions AS
    SELECT stage, round, request, lower(hex(key)) AS key, draw, identities.content AS identity,
        systems.content AS system, heads.content || rest AS prompt, decodings.content AS decoding, text, finish_reason,
        prompt_tokens, completion_tokens, cost_usd, seconds, model, time
    FROM replies
    JOIN parts AS identities ON identities.id = identity
    LEFT JOIN parts AS systems ON systems.id = system
    JOIN parts AS heads ON heads.id = head
    JOIN parts AS decodings ON decodings.id = decoding;
"""
REPLY = "text, finish_reason, prompt_tokens, completion_tokens, cost_usd, seconds, model"
INSERT = f"INSERT OR IGNORE INTO replies VALUES ({', '.join('?' * 18)})"  # noqa: S608  (a constant)
MOST = 500
"""Replies in one commit."""
PATIENCE = 60.0
"""Seconds to wait for another process that writes to a shared store."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it is kept: with all that shapes its reply, and which draw of it this is."""

    request: Request
    key: bytes
    draw: int
    identity: str
    decoding: str


Arrival: TypeAlias = tuple[Asked, Completion, "Future[Completion]"]


class Store:
    """The replies of a run, on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading = self._opened()
        self._writing = self._opened()
        self._waiting: SimpleQueue[Arrival | None] = SimpleQueue()
        self._parts: dict[str, int] = dict(self._writing.execute("SELECT content, id FROM parts"))
        self._rounds: set[tuple[str, int]] = set(self._writing.execute("SELECT DISTINCT stage, round FROM replies"))
        self._known: set[int] = {short(key) for (key,) in self._writing.execute("SELECT DISTINCT key FROM replies")}
        self._beginnings: dict[tuple[str, str], Beginnings] = {}
        self._writer = threading.Thread(target=self._write, name="selfinstruct-store", daemon=True)
        self._writer.start()

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version not in (0, FORMAT):
                raise sqlite3.DatabaseError(f"its format is {version}, and this program knows {FORMAT}")
            connection.executescript(f"{SETUP} PRAGMA user_version = {FORMAT};")
        except sqlite3.DatabaseError as error:
            connection.close()
            raise RunFolderError(f"{self._path} cannot be used: {error}.") from None
        return connection

    def close(self) -> None:
        """Write everything that has arrived, and let the file go."""
        self._waiting.put(None)
        self._writer.join()
        self._reading.close()
        self._writing.close()

    def find(self, request: Request, key: bytes) -> Completion | None:
        """The reply to this request, if it was given before."""
        if (request.stage, request.round) not in self._rounds:
            return None
        found = self._reading.execute(
            f"SELECT {REPLY} FROM replies WHERE request = ? AND key = ?",  # noqa: S608  (a constant)
            (request.id, key),
        ).fetchone()
        return None if found is None else Completion(*found)

    def drawn(self, key: bytes, draw: int) -> Completion | None:
        """A certain draw of a question, whoever asked it; another process may have added it meanwhile."""
        found = self._reading.execute(
            f"SELECT {REPLY} FROM replies WHERE key = ? AND draw = ?",  # noqa: S608  (a constant)
            (key, draw),
        ).fetchone()
        return None if found is None else Completion(*found)

    def draws(self, key: bytes) -> set[int]:
        """Which draws of a question are kept."""
        if short(key) not in self._known:
            return set()
        return {draw for (draw,) in self._reading.execute("SELECT draw FROM replies WHERE key = ?", (key,))}

    def beyond(self, committed: Mapping[str, int]) -> dict[str, Any]:
        """How many replies were asked for rounds that no stage came to, and what they cost, None for unknown.

        `committed` are the stages with their last rounds.
        """
        counted = "COUNT(*), " + ", ".join(
            f"CASE WHEN COUNT({name}) = COUNT(*) THEN TOTAL({name}) END"
            for name in ("prompt_tokens", "completion_tokens", "cost_usd")
        )
        clauses = " OR ".join("stage = ? AND round > ?" for _ in committed) or "0"
        values = [value for pair in committed.items() for value in pair]
        query = f"SELECT {counted} FROM replies WHERE {clauses}"  # noqa: S608  (constants)
        count, prompt, completion, cost = self._reading.execute(query, values).fetchone()
        tokens = [None if number is None else int(number) for number in (prompt, completion)]
        return {"requests": count, "prompt_tokens": tokens[0], "completion_tokens": tokens[1], "cost_usd": cost}

    def save(self, asked: Asked, reply: Completion, kept: Future[Completion]) -> None:
        """Have a reply committed; `kept` is given it when it is on disk, or a RunFolderError."""
        self._waiting.put((asked, reply, kept))

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            together: list[Arrival] = [first]
            try:
                while len(together) < MOST and (later := self._waiting.get_nowait()) is not None:
                    together.append(later)
                more = len(together) == MOST
            except Empty:
                more = True
            self._commit(together)
            if not more:
                return

    def _commit(self, together: list[Arrival]) -> None:
        try:
            self._writing.execute("BEGIN IMMEDIATE")
            rows = [self._row(asked, reply) for asked, reply, _ in together]
            self._writing.executemany(INSERT, rows)
            self._writing.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            problem = RunFolderError(f"{self._path} cannot be written: {error}.")
            for _, _, kept in together:
                kept.set_exception(problem)
            return
        for asked, reply, kept in together:
            self._rounds.add((asked.request.stage, asked.request.round))
            self._known.add(short(asked.key))
            kept.set_result(reply)

    def _roll_back(self) -> None:
        if self._writing.in_transaction:
            self._writing.execute("ROLLBACK")
        self._parts = dict(self._writing.execute("SELECT content, id FROM parts"))

    def _row(self, asked: Asked, reply: Completion) -> tuple[object, ...]:
        request = asked.request
        shape = (request.stage, asked.identity)
        head = self._beginnings.setdefault(shape, Beginnings()).of(request.text)
        return (
            *(request.id, asked.key, asked.draw, request.stage, request.round, self._part(asked.identity)),
            None if request.system is None else self._part(request.system),
            *(self._part(head), request.text[len(head) :], self._part(asked.decoding)),
            *(reply.text, reply.finish_reason, reply.prompt_tokens, reply.completion_tokens, reply.cost_usd),
            *(reply.seconds, reply.model, time.time()),
        )

    def _part(self, content: str) -> int:
        """The number of a text that many rows share."""
        if content not in self._parts:
            cursor = self._writing.execute("INSERT INTO parts (content) VALUES (?)", (content,))
            assert cursor.lastrowid is not None
            self._parts[content] = cursor.lastrowid
        return self._parts[content]


def short(key: bytes) -> int:
    """A part of a key, to know without a query that it is new."""
    return int.from_bytes(key[:8])
