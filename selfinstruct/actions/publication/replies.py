"""The replies of a run as text that anyone can read, and back into a store.

A line of `replies.jsonl` is a request with its reply.  What many lines share, the beginning of a prompt, the decoding
parameters, the model's identity, stands once in `prompts.jsonl` and is named by the beginning of its SHA-256.  The
lines are ordered by stage, round and request, not by when a reply came, and hold neither times nor durations: the same
replies give the same bytes.

When a capsule is read, every line is checked: its key, the hash of all that shapes a reply, must be that of its own
request.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from selfinstruct.actions.publication.archive import Archive
from selfinstruct.request import Completion, Decoding, Failure, Request
from selfinstruct.storage.completions import Store, StoredRequest
from selfinstruct.storage.journal import line
from selfinstruct.storage.prefixes import PromptPrefixes
from selfinstruct.storage.recording import key_of
from selfinstruct.storage.replies import Replies
from selfinstruct.storage.schema import reading
from selfinstruct.storage.summary import digest
from selfinstruct.text.encoding import HALF_A_PAIR

ANSWER = ("text", "finish_reason", "prompt_tokens", "completion_tokens", "cost_usd", "model")
NAME = 16
"""Characters of a hash that name a text."""


def whole(text: str) -> str:
    """Return a text; raises ValueError for one that no store can keep."""
    if HALF_A_PAIR.search(text):
        raise ValueError("it holds half of a surrogate pair")
    return text


Text = Annotated[str, AfterValidator(whole)]
Count = Annotated[int, Field(ge=0, lt=1 << 53)]


class Line(BaseModel):
    """A line of a capsule's file, which may come from a stranger."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class PartLine(Line):
    """A text that lines of `replies.jsonl` share."""

    name: Text
    kind: Text
    text: Text


class RefusedLine(Line):
    """A request that the model refused."""

    request: Text
    refused: Text


class ReplyLine(Line):
    """A request with its reply; `identity`, `system`, `head` and `decoding` are names of shared texts."""

    request: Text
    stage: Text
    round: Count
    key: Text
    draw: Count
    chat: bool
    identity: Text
    system: Text | None
    head: Text | None
    rest: Text
    decoding: Text
    text: Text
    finish_reason: Text
    prompt_tokens: Count | None
    completion_tokens: Count | None
    cost_usd: Annotated[float, Field(ge=0)] | None
    model: Text


Read = TypeVar("Read", bound=Line)


def write_replies(store: Path, folder: Path, stages: Sequence[str], refused: Mapping[str, str]) -> int:
    """Write stored replies and refused requests to `replies.jsonl` and `prompts.jsonl`; returns the number of lines."""
    count = 0
    with (
        (folder / "replies.jsonl").open("w", encoding="utf-8", newline="\n") as replies,
        (folder / "prompts.jsonl").open("w", encoding="utf-8", newline="\n") as prompts,
        reading(store) as connection,
    ):
        parts, heads = Parts(prompts), dict[tuple[str, str], PromptPrefixes]()
        for reply in Replies(connection).in_order(stages):
            head = heads.setdefault((reply.stage, reply.identity), PromptPrefixes()).of(reply.prompt)
            as_chat = request_of(reply.request, reply.stage, reply.round, reply.prompt, reply.system, chat=True)
            row = {
                **{key: getattr(reply, key) for key in ("request", "stage", "round", "key", "draw")},
                "chat": key_of(reply.identity, as_chat, reply.decoding).hex() == reply.key,  # only the key tells
                "identity": parts.name("identity", reply.identity),
                "system": parts.name("system", reply.system),
                "head": parts.name("head", head or None),
                "rest": reply.prompt[len(head) :],
                "decoding": parts.name("decoding", reply.decoding),
            }
            replies.write(line(row | {key: getattr(reply.completion, key) for key in ANSWER}))
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
        """Return the name of a text, and write the text when it is first named."""
        if text is None:
            return None
        name = digest(text.encode())[:NAME]
        if name not in self._known:
            self._known.add(name)
            self._file.write(line({"name": name, "kind": kind, "text": text}))
        return name


def request_of(name: str, stage: str, round_: int, prompt: str, system: str | None, *, chat: bool) -> Request:
    """Return a recorded request, as far as its key is made of it."""
    return Request(name, stage, round_, prompt, system, chat, Decoding(), "")


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
        """Return the reply to a request, or its refusal; None where there is neither."""
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
    """Yield the replies of a capsule; raises ValueError, with the line, for one that no run has written."""
    parts = {part.name: part.text for part in lines(capsule, "prompts.jsonl", PartLine)}
    with TemporaryDirectory(prefix="selfinstruct-") as folder, closing(Store(Path(folder, "replies.sqlite"))) as store:
        recordings = Recordings(store)
        saved: Future[Completion] | None = None
        for number, row in enumerate(capsule.rows("replies.jsonl"), 1):
            place = f"replies.jsonl:{number}"
            if "refused" in row:
                refused = checked(row, RefusedLine, place)
                recordings.refused[refused.request] = refused.refused
                continue
            found, saved = checked(row, ReplyLine, place), Future()
            answer = Completion(**{key: getattr(found, key) for key in ANSWER})
            store.save(stored(found, parts, place), answer, saved)
        if saved is not None:
            saved.result()  # they are written in order
        yield recordings


def stored(row: ReplyLine, parts: Mapping[str, str], place: str) -> StoredRequest:
    """Return the request of a line; raises ValueError where it is not the one that its key belongs to."""
    try:
        identity, decoding = parts[row.identity], parts[row.decoding]
        system, head = (name and parts[name] for name in (row.system, row.head))
    except KeyError as error:
        raise ValueError(f"{place} names {error}, which is not in prompts.jsonl") from None
    request = request_of(row.request, row.stage, row.round, (head or "") + row.rest, system, chat=row.chat)
    key = key_of(identity, request, decoding)
    if key.hex() != row.key:
        raise ValueError(f"{place}: its key is not that of its request")
    return StoredRequest(request, key, row.draw, identity, decoding)


def lines(capsule: Archive, name: str, kind: type[Read]) -> Iterator[Read]:
    """Yield the lines of a file; raises ValueError for the first that is not of this kind."""
    for number, row in enumerate(capsule.rows(name), 1):
        yield checked(row, kind, f"{name}:{number}")


def checked(row: Mapping[str, Any], kind: type[Read], place: str) -> Read:
    """Return a row as a line of a kind; raises ValueError for one that is not."""
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        (first, *_) = error.errors(include_url=False, include_input=False)
        raise ValueError(f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
