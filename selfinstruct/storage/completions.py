"""Every request and reply of a run, in `completions.sqlite`.

A reply is committed when it arrives, before anything uses it.  One thread writes, and commits together what has arrived
meanwhile, since a commit waits for the disk.  Several runs may share a store besides their own, also at the same time:
there a reply is found by its key and draw.  Each row has a hash, since SQLite does not notice a byte that changed.

What cannot be written is an error of those who wait for it, and of nothing else: a row that SQLite does not take is
tried apart from those that came with it, and a full disk ends the run, which can be resumed when there is room.
"""

import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

from selfinstruct.errors import RunFolderError
from selfinstruct.request import Completion, Request
from selfinstruct.storage.hashes import hash_of
from selfinstruct.storage.remedies import unwritable
from selfinstruct.storage.schema import opened
from selfinstruct.text.prefixes import PromptPrefixes

REPLY = """request, key, draw, text, finish_reason, prompt_tokens, completion_tokens, cost_usd, seconds, model,
    COALESCE((SELECT content FROM parts WHERE id = sent), ''), cached_tokens, drawn, hash"""
INSERT = f"INSERT OR IGNORE INTO replies VALUES ({', '.join('?' * 22)})"  # noqa: S608  (a constant)
MOST = 500
"""Replies in one commit."""


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """A request as it is stored: with all that shapes its reply, and which draw of it this is."""

    request: Request
    key: bytes
    draw: int
    fingerprint: str
    decoding: str
    drawn: str | None = None
    """What was drawn for the prompt (`selfinstruct.storage.drawn`), where that is known."""


Arrival: TypeAlias = tuple[StoredRequest, Completion, "Future[Completion]"]


class Store:
    """The replies of a run, on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.folder = path.parent
        self._reading = opened(self._path)
        self._writing = opened(self._path)
        self._waiting: SimpleQueue[Arrival | threading.Event] = SimpleQueue()
        self._parts: dict[str, int] = dict(self._read("SELECT content, id FROM parts"))
        self._rounds: set[tuple[str, int]] = set(self._read("SELECT DISTINCT stage, round FROM replies"))
        self._known: set[int] = {short(key) for (key,) in self._read("SELECT DISTINCT key FROM replies")}
        self._beginnings: dict[tuple[str, str], PromptPrefixes] = {}
        self._end = threading.Event()
        self._writer = threading.Thread(target=self._write, name="selfinstruct-store", daemon=True)
        self._writer.start()

    def close(self) -> None:
        """Write everything that has arrived, and let the file go."""
        self._waiting.put(self._end)
        self._writer.join()
        self._reading.close()
        self._writing.close()

    def _read(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        try:
            return self._reading.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise unwritable(self._path, error) from None

    def answered(self) -> dict[str, int]:
        """Return how many replies it holds of each stage."""
        return dict(self._read("SELECT stage, COUNT(*) FROM replies GROUP BY stage"))

    def requests(self) -> set[str]:
        """Return the requests of which it holds a reply."""
        return {request for (request,) in self._read("SELECT request FROM replies")}

    def find(self, request: Request, key: bytes) -> Completion | None:
        """Return the reply to this request, if it was given before."""
        if (request.stage, request.round) not in self._rounds:
            return None
        return self._found("request = ? AND key = ?", request.id, key)

    def drawn(self, key: bytes, draw: int) -> Completion | None:
        """Return a certain draw of a question, whichever request asked it; another process may have added it."""
        return self._found("key = ? AND draw = ?", key, draw)

    def _found(self, where: str, *values: object) -> Completion | None:
        """Return a reply, if there is one; raises RunFolderError where it has changed."""
        rows = self._read(f"SELECT {REPLY} FROM replies WHERE {where}", values)  # noqa: S608  (constants)
        if not rows:
            return None
        request, key, draw, *answer, drawn, written = rows[0]
        reply = Completion(*answer)
        if written not in (None, hash_of(request, key, draw, reply, drawn)):
            what = f"the reply to {request} has changed since it was stored"
            removal = f"DELETE FROM replies WHERE request = '{request}' AND draw = {draw}"  # noqa: S608  (only shown)
            remedy = f'Restore the file from a copy, or pay again: sqlite3 {self._path.name} "{removal}"'
            raise RunFolderError(f"{self._path}: {what}. {remedy}")
        return reply

    def draws(self, key: bytes) -> set[int]:
        """Return which draws of a question are stored."""
        if short(key) not in self._known:
            return set()
        return {draw for (draw,) in self._read("SELECT draw FROM replies WHERE key = ?", (key,))}

    def beyond(self, committed: Mapping[str, int]) -> dict[str, Any]:
        """Return how many replies belong to rounds beyond the last `committed` ones of their stages, and their cost."""
        written = threading.Event()
        self._waiting.put(written)
        written.wait()
        counted = "COUNT(*), " + ", ".join(
            f"CASE WHEN COUNT({name}) = COUNT(*) THEN TOTAL({name}) END"
            for name in ("prompt_tokens", "completion_tokens", "cost_usd")
        )
        clauses = " OR ".join("stage = ? AND round > ?" for _ in committed) or "0"
        values = [value for pair in committed.items() for value in pair]
        query = f"SELECT {counted} FROM replies WHERE {clauses}"  # noqa: S608  (constants)
        ((count, prompt, completion, cost),) = self._read(query, values)
        tokens = [None if number is None else int(number) for number in (prompt, completion)]
        return {"requests": count, "prompt_tokens": tokens[0], "completion_tokens": tokens[1], "cost_usd": cost}

    def usage(self, stage: str) -> list[tuple[int, int, int | None, float | None]]:
        """Return the round, the bytes of the prompt, the tokens and the cost of each reply, None for unknown."""
        size = "LENGTH(CAST(prompt AS BLOB)) + LENGTH(CAST(COALESCE(system, '') AS BLOB))"
        query = f"SELECT round, {size}, prompt_tokens + completion_tokens, cost_usd FROM completions WHERE stage = ?"  # noqa: S608  (a constant)
        return self._read(query, (stage,))

    def finish_reasons(self, stage: str) -> dict[str, int]:
        """How often the replies of a stage ended for each reason, by the provider's word."""
        query = "SELECT finish_reason, COUNT(*) FROM completions WHERE stage = ? GROUP BY finish_reason ORDER BY 1"
        return dict(self._read(query, (stage,)))

    def save(self, asked: StoredRequest, reply: Completion, kept: Future[Completion]) -> None:
        """Have a reply committed; `kept` is given it when it is on disk, or a RunFolderError."""
        self._waiting.put((asked, reply, kept))

    def _write(self) -> None:
        mark: threading.Event | None = None
        while mark is not self._end:
            together, mark = self._gathered()
            if together:
                self._commit_or_fail(together)
            if mark is not None:
                mark.set()

    def _gathered(self) -> tuple[list[Arrival], threading.Event | None]:
        """Wait for what arrives, and return it with the event that waits for all of it to be written."""
        together: list[Arrival] = []
        item: Arrival | threading.Event | None = self._waiting.get()
        while isinstance(item, tuple):
            together.append(item)
            try:
                item = self._waiting.get_nowait() if len(together) < MOST else None
            except Empty:
                return together, None
        return together, item

    def _commit_or_fail(self, together: list[Arrival]) -> None:
        """Commit; whatever goes wrong is raised where the replies are waited for, and the thread continues."""
        try:
            self._commit(together)
        except Exception as error:
            for _, _, kept in together:
                if not kept.done():
                    kept.set_exception(unwritable(self._path, error))

    def _commit(self, together: list[Arrival]) -> None:
        try:
            self._writing.execute("BEGIN IMMEDIATE")
            rows = [self._row(asked, reply) for asked, reply, _ in together]
            self._writing.executemany(INSERT, rows)
            self._writing.execute("COMMIT")
        except Exception as error:  # of SQLite, or of a value that it does not take
            self._roll_back()
            if len(together) > 1 and not isinstance(error, sqlite3.OperationalError):
                for arrival in together:
                    self._commit([arrival])
                return
            for _, _, kept in together:
                kept.set_exception(unwritable(self._path, error))
            return
        for asked, reply, kept in together:
            self._rounds.add((asked.request.stage, asked.request.round))
            self._known.add(short(asked.key))
            with suppress(InvalidStateError):  # nobody waits for it any more
                kept.set_result(reply)

    def _roll_back(self) -> None:
        self._parts.clear()  # their numbers may be gone; each is looked up again
        with suppress(sqlite3.Error):  # a full disk may have rolled back already
            if self._writing.in_transaction:
                self._writing.execute("ROLLBACK")

    def _row(self, asked: StoredRequest, reply: Completion) -> tuple[object, ...]:
        request = asked.request
        shape = (request.stage, asked.fingerprint)
        prompt = storable(request.text)
        head = self._beginnings.setdefault(shape, PromptPrefixes()).of(prompt)
        return (
            *(request.id, asked.key, asked.draw, request.stage, request.round, self._part(storable(asked.fingerprint))),
            None if request.system is None else self._part(storable(request.system)),
            *(self._part(head), prompt[len(head) :], self._part(storable(asked.decoding))),
            *(reply.text, reply.finish_reason, reply.prompt_tokens, reply.completion_tokens, reply.cost_usd),
            *(reply.seconds, reply.model, time.time()),
            self._part(reply.sent) if reply.sent else None,
            hash_of(request.id, asked.key, asked.draw, reply, asked.drawn),
            asked.drawn,
            reply.cached_tokens,
        )

    def _part(self, content: str) -> int:
        """Return the number of a text that many rows share; another process may have given it one."""
        if content not in self._parts:
            self._writing.execute("INSERT OR IGNORE INTO parts (content) VALUES (?)", (content,))
            ((number,),) = self._writing.execute("SELECT id FROM parts WHERE content = ?", (content,))
            self._parts[content] = number
        return self._parts[content]


def storable(text: str) -> str:
    """Return the text with every half of a surrogate pair, which no file can hold, replaced by U+FFFD."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def short(key: bytes) -> int:
    """Return a part of a key, to know without a query that it is new."""
    return int.from_bytes(key[:8])
