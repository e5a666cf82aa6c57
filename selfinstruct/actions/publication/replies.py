"""The replies of a run as text that anybody can read, and back into a store.

A line of `replies.jsonl` is a request with its reply.  What many lines share, the beginning of a prompt, the decoding
parameters, the model's identity, stands once in `prompts.jsonl` and is named by the beginning of its SHA-256.  The
lines are ordered by stage, round and request, not by when a reply came, and hold neither times nor durations: the same
replies give the same bytes.

Read back, every line is checked: its key, the hash of all that shapes a reply, must be that of its own request.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from types import NoneType
from typing import IO, Any

from selfinstruct.actions.publication.archive import Archive
from selfinstruct.errors import RunFolderError
from selfinstruct.request import Completion, Decoding, Failure, Request
from selfinstruct.storage.completions import Store, StoredRequest, hash_of
from selfinstruct.storage.journal import line
from selfinstruct.storage.prefixes import PromptPrefixes
from selfinstruct.storage.recording import key_of
from selfinstruct.storage.schema import reading
from selfinstruct.storage.summary import digest
from selfinstruct.text.encoding import HALF_A_PAIR

ANSWER = ("text", "finish_reason", "prompt_tokens", "completion_tokens", "cost_usd", "model")
ORDERED = "SELECT stage, round, request, draw, key FROM replies"
WHOLE = f"""
SELECT lower(hex(key)) AS key, draw, request, stage, round, identities.content AS identity,
    systems.content AS system, heads.content || rest AS prompt, decodings.content AS decoding, {", ".join(ANSWER)},
    seconds, COALESCE((SELECT content FROM parts WHERE id = sent), '') AS sent, drawn, hash
FROM replies
JOIN parts AS identities ON identities.id = identity
LEFT JOIN parts AS systems ON systems.id = system
JOIN parts AS heads ON heads.id = head
JOIN parts AS decodings ON decodings.id = decoding
WHERE key = ? AND draw = ?
"""  # noqa: S608  (constants)
NAME = 16
"""Characters of a hash that name a text."""


def write_replies(store: Path, folder: Path, stages: Sequence[str], refused: Mapping[str, str]) -> int:
    """Write the replies of a store, and what was refused, to `replies.jsonl` and `prompts.jsonl`; how many lines."""
    count = 0
    with (
        (folder / "replies.jsonl").open("w", encoding="utf-8", newline="\n") as replies,
        (folder / "prompts.jsonl").open("w", encoding="utf-8", newline="\n") as prompts,
    ):
        parts, heads = Parts(prompts), dict[tuple[str, str], PromptPrefixes]()
        for row in rows_of(store, stages):
            text = row["prompt"]
            head = heads.setdefault((row["stage"], row["identity"]), PromptPrefixes()).of(text)
            request = {
                **{key: row[key] for key in ("request", "stage", "round", "key", "draw")},
                "chat": is_chat(row),
                "identity": parts.name("identity", row["identity"]),
                "system": parts.name("system", row["system"]),
                "head": parts.name("head", head or None),
                "rest": text[len(head) :],
                "decoding": parts.name("decoding", row["decoding"]),
            }
            replies.write(line(request | {key: row[key] for key in ANSWER}))
            count += 1
        for name, reason in refused.items():
            replies.write(line({"request": name, "refused": reason}))
            count += 1
    return count


class Parts:
    """The texts that many lines share, each written once."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._known: set[str] = set()

    def name(self, kind: str, text: str | None) -> str | None:
        """What names a text; it is written when it is first named."""
        if text is None:
            return None
        name = named(text)
        if name not in self._known:
            self._known.add(name)
            self._file.write(line({"name": name, "kind": kind, "text": text}))
        return name


def named(text: str) -> str:
    """The beginning of a text's SHA-256."""
    return digest(text.encode())[:NAME]


def rows_of(store: Path, stages: Sequence[str]) -> Iterator[sqlite3.Row]:
    """The replies of a store, by stage, round and request."""
    with reading(store) as connection:
        connection.row_factory = sqlite3.Row
        place = {stage: number for number, stage in enumerate(stages)}
        found = [tuple(row) for row in connection.execute(ORDERED)]
        found.sort(key=lambda row: (place.get(row[0], len(place)), *row[:2], len(row[2]), *row[2:]))
        for *_, draw, key in found:
            row = connection.execute(WHOLE, (key, draw)).fetchone()
            reply = Completion(**{name: row[name] for name in (*ANSWER, "seconds", "sent")})
            if row["hash"] not in (None, hash_of(row["request"], key, draw, reply, row["drawn"])):
                raise RunFolderError(f"{store}: the reply to {row['request']} has changed since it was stored.")
            yield row


def is_chat(row: Mapping[str, Any] | sqlite3.Row) -> bool:
    """Whether the request was sent as messages: its key says so, and nothing else does."""
    return bool(key_of_row(row, row["prompt"], chat=True).hex() == row["key"])


def key_of_row(row: Mapping[str, Any] | sqlite3.Row, prompt: str, chat: bool) -> bytes:
    """The key that a recorded request has."""
    return key_of(row["identity"], request_of(row, prompt, chat), row["decoding"])


def request_of(row: Mapping[str, Any] | sqlite3.Row, prompt: str, chat: bool) -> Request:
    """A recorded request, as far as a store keeps it."""
    return Request(
        id=row["request"],
        stage=row["stage"],
        round=row["round"],
        text=prompt,
        system=row["system"],
        chat=chat,
        decoding=Decoding(),
        expects="",
    )


class Recordings:
    """The replies of a capsule: by request and question, and else by question, each of its draws once.

    A request that the model itself refused left no reply, only its name.  It is refused again by that name, which is
    right as long as nothing else has changed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._given: set[tuple[bytes, int]] = set()
        self.refused: dict[str, str] = {}
        """Request to reason."""

    def answer(self, request: Request, identity: str) -> Completion | None:
        """The reply to a request, or its refusal; None where there is neither."""
        if reason := self.refused.get(request.id):
            return Completion(failure=Failure("refused", reason))
        key = key_of(identity, request, json.dumps(asdict(request.decoding), sort_keys=True, ensure_ascii=False))
        if found := self._store.find(request, key):
            return found
        for draw in sorted(self._store.draws(key)):
            if (key, draw) not in self._given:
                self._given.add((key, draw))
                return self._store.drawn(key, draw)
        return None


@contextmanager
def recordings_of(capsule: Archive) -> Iterator[Recordings]:
    """The replies of a capsule; raises ValueError, with the line, for one that no run has written."""
    parts = {row["name"]: row["text"] for row in checked(capsule, "prompts.jsonl", PART)}
    with TemporaryDirectory(prefix="selfinstruct-") as folder, closing(Store(Path(folder, "replies.sqlite"))) as store:
        recordings = Recordings(store)
        kept: Future[Completion] | None = None
        for number, row in enumerate(capsule.rows("replies.jsonl"), 1):
            place = f"replies.jsonl:{number}"
            if "refused" in row:
                check(row, REFUSED, place)
                recordings.refused[row["request"]] = row["refused"]
                continue
            check(row, REPLY, place)
            kept = Future()
            store.save(asked(row, parts, place), Completion(**{key: row[key] for key in ANSWER}), kept)
        if kept is not None:
            kept.result()  # they are written in order
        yield recordings


def asked(row: dict[str, Any], parts: Mapping[str, str], place: str) -> StoredRequest:
    """The request of a line; raises ValueError where it is not the one that its key belongs to."""
    try:
        whole = row | {key: row[key] and parts[row[key]] for key in ("identity", "system", "head", "decoding")}
    except KeyError as error:
        raise ValueError(f"{place} names {error}, which is not in prompts.jsonl") from None
    prompt = (whole["head"] or "") + row["rest"]
    if key_of_row(whole, prompt, row["chat"]).hex() != row["key"]:
        raise ValueError(f"{place}: its key is not that of its request")
    request = request_of(whole, prompt, row["chat"])
    return StoredRequest(request, bytes.fromhex(row["key"]), row["draw"], whole["identity"], whole["decoding"])


TEXT, MAYBE_TEXT, COUNT, MAYBE_COUNT = (str,), (str, NoneType), (int,), (int, NoneType)
PART = {"name": TEXT, "kind": TEXT, "text": TEXT}
REFUSED = {"request": TEXT, "refused": TEXT}
REPLY = {
    "request": TEXT,
    "stage": TEXT,
    "round": COUNT,
    "key": TEXT,
    "draw": COUNT,
    "chat": (bool,),
    "identity": TEXT,
    "system": MAYBE_TEXT,
    "head": MAYBE_TEXT,
    "rest": TEXT,
    "decoding": TEXT,
    "text": TEXT,
    "finish_reason": TEXT,
    "prompt_tokens": MAYBE_COUNT,
    "completion_tokens": MAYBE_COUNT,
    "cost_usd": (int, float, NoneType),
    "model": TEXT,
}
"""The keys of a line, and what each may hold."""


def checked(capsule: Archive, name: str, shape: Mapping[str, tuple[type, ...]]) -> Iterator[dict[str, Any]]:
    """The rows of a file; raises ValueError for the first that has another shape."""
    for number, row in enumerate(capsule.rows(name), 1):
        check(row, shape, f"{name}:{number}")
        yield row


def check(row: Mapping[str, Any], shape: Mapping[str, tuple[type, ...]], place: str) -> None:
    """Raises ValueError for a row of another shape."""
    if set(row) != set(shape):
        raise ValueError(f"{place} has not the keys {', '.join(shape)}")
    for key, kinds in shape.items():
        value = row[key]
        if type(value) not in kinds or not is_storable(value):
            raise ValueError(f"{place}: {key} may not be {str(value)[:40]!r}")


def is_storable(value: object) -> bool:
    """Whether a value can lie in a store: a number that ends, and text without half of a surrogate pair."""
    if isinstance(value, str):
        return not HALF_A_PAIR.search(value)
    return value is None or (isinstance(value, (int, float)) and 0 <= value < LARGEST)  # no NaN is either


LARGEST = 1 << 53
