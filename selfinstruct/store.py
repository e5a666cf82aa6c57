"""Store: every request and reply of a run, in `completions.sqlite`.

A reply is on disk before anything uses it.  Its key is the hash of everything that shapes it: the model's identity, the
prompt and every parameter.  The same question asked again is another draw, not a copy of the first, for sampling the
same prompt twice is no accident.  A reply is found again by request and key: when a round that was cut short is made
anew, its requests have the same names, and their replies cost nothing.

A request that failed is never stored as data.
"""

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from selfinstruct.errors import ModelError, RunFolderError
from selfinstruct.model import Mode, Model
from selfinstruct.round import Completion, Failure, Request

TABLE = """
CREATE TABLE IF NOT EXISTS completions (
    stage TEXT NOT NULL,
    round INTEGER NOT NULL,
    request TEXT NOT NULL,
    key TEXT NOT NULL,
    draw INTEGER NOT NULL,
    asked TEXT NOT NULL,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    cost_usd REAL,
    seconds REAL NOT NULL,
    model TEXT NOT NULL,
    time REAL NOT NULL,
    PRIMARY KEY (request, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_key ON completions (key);
"""
REPLY = "text, finish_reason, prompt_tokens, completion_tokens, cost_usd, seconds, model"


class Store:
    """The replies of a run, on disk."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        try:
            self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + TABLE)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise RunFolderError(f"{path} cannot be used: {error}.") from None

    def close(self) -> None:
        """Write everything and let the file go."""
        self._connection.close()

    def through(self, model: Model) -> "Recorded":
        """The model, with every reply of it kept here."""
        return Recorded(model, self)

    def find(self, request: Request, key: str) -> Completion | None:
        """The reply to this request, if it was given before."""
        found = self._connection.execute(
            f"SELECT {REPLY} FROM completions WHERE request = ? AND key = ?",  # noqa: S608  (a constant)
            (request.id, key),
        ).fetchone()
        return None if found is None else Completion(*found)

    def save(self, request: Request, key: str, asked: str, reply: Completion) -> None:
        """Commit a reply."""
        with self._connection:
            self._connection.execute(
                "INSERT INTO completions SELECT ?, ?, ?, ?, COUNT(*), ?, ?, ?, ?, ?, ?, ?, ?, ?"
                " FROM completions WHERE key = ?",
                (
                    *(request.stage, request.round, request.id, key, asked, reply.text, reply.finish_reason),
                    *(reply.prompt_tokens, reply.completion_tokens, reply.cost_usd, reply.seconds, reply.model),
                    *(time.time(), key),
                ),
            )


class Recorded:
    """A model whose replies are kept, and are not asked for twice."""

    def __init__(self, model: Model, store: Store) -> None:
        self._model = model
        self._store = store
        self._identity = json.dumps(model.identity(), sort_keys=True)

    @property
    def name(self) -> str:
        """The model's own."""
        return self._model.name

    @property
    def mode(self) -> Mode:
        """The model's own."""
        return self._model.mode

    @property
    def is_offline(self) -> bool:
        """The model's own."""
        return self._model.is_offline

    def problems(self) -> list[str]:
        """The model's own."""
        return self._model.problems()

    def identity(self) -> dict[str, object]:
        """The model's own."""
        return self._model.identity()

    def complete(self, requests: Iterable[Request]) -> Iterator[Completion]:
        """One completion a request, in order, from the store or from the model.

        When the model cannot go on, what it still answers is stored, and then ModelError is raised.
        """
        asked = [(request, self._asked(request)) for request in requests]
        stored = [self._store.find(request, key_of(question)) for request, question in asked]
        replies = self._model.complete(
            [request for (request, _), reply in zip(asked, stored, strict=True) if not reply]
        )
        failure: Failure | None = None
        for (request, question), reply in zip(asked, stored, strict=True):
            completion = reply or storable(next(replies))
            if completion.failure is None and reply is None:
                self._store.save(request, key_of(question), question, completion)
            elif completion.failure is not None and completion.failure.kind != "refused":
                failure = failure or completion.failure
            if failure is None:
                yield completion
        if failure is not None:
            raise ModelError(f"{self.name}: {failure.message}")

    def _asked(self, request: Request) -> str:
        question = {
            "model": self._identity,
            "text": request.text,
            "system": request.system,
            "chat": request.chat,
            "decoding": asdict(request.decoding),
        }
        return json.dumps(question, sort_keys=True, ensure_ascii=False)


def key_of(asked: str) -> str:
    """The hash of everything that shapes a reply."""
    return hashlib.sha256(asked.encode()).hexdigest()


def storable(reply: Completion) -> Completion:
    """The reply with every half of a surrogate pair, which no file can hold, replaced by U+FFFD."""
    if reply.text.isascii():
        return reply
    return replace(reply, text=reply.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
