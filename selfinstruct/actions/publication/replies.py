"""The replies of a run as text that anyone can read, and those of a capsule, to answer from.

A line of `replies.jsonl` is a request with its reply.  What many lines share (the beginning of a prompt, decoding
parameters, the model) stands once in `prompts.jsonl` and is named by its SHA-256.  The lines are ordered by stage,
round and request and hold no times: the same replies give the same bytes.

When a capsule is read, the key of every line, the hash of all that shapes a reply, must be that of its own request.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from selfinstruct.actions.publication.archive import Archive
from selfinstruct.request import Completion, Decoding, Failure, Request
from selfinstruct.round import MODEL
from selfinstruct.storage.digests import digest
from selfinstruct.storage.journal import REJECTED, line
from selfinstruct.storage.recording import key_of
from selfinstruct.storage.replies import Replies
from selfinstruct.storage.rows import Row
from selfinstruct.storage.schema import reading
from selfinstruct.text.prefixes import PromptPrefixes

ANSWER = ("text", "finish_reason", "prompt_tokens", "completion_tokens", "cost_usd", "model", "cached_tokens")
NAME = 16
"""Characters of a hash that name a text."""
Count = Annotated[int, Field(ge=0, lt=1 << 53)]


class Line(BaseModel):
    """A line of a capsule's file, which may come from a stranger."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class PartLine(Line):
    """A text that lines of `replies.jsonl` share."""

    name: str
    kind: str
    text: str


class RefusedLine(Line):
    """A request that the model refused."""

    request: str
    refused: str


class ReplyLine(Line):
    """A request with its reply; `identity`, `system`, `head` and `decoding` are names of shared texts."""

    request: str
    stage: str
    round: Count
    key: str
    draw: Count
    chat: bool
    identity: str
    system: str | None
    head: str | None
    rest: str
    decoding: str
    text: str
    finish_reason: str
    prompt_tokens: Count | None
    completion_tokens: Count | None
    cost_usd: Annotated[float, Field(ge=0)] | None
    model: str
    cached_tokens: Count | None = None


def write_replies(run: Path, folder: Path, stages: Sequence[str]) -> int:
    """Write a run's replies and refused requests to `replies.jsonl` and `prompts.jsonl`; return their number."""
    parts, heads, count = dict[str, str](), dict[tuple[str, str], PromptPrefixes](), 0

    def named(kind: str, text: str | None) -> str | None:
        if text is None:
            return None
        name = digest(text.encode())[:NAME]
        parts.setdefault(name, line({"name": name, "kind": kind, "text": text}))
        return name

    with (
        (folder / "replies.jsonl").open("w", encoding="utf-8", newline="\n") as replies,
        (run / REJECTED).open(encoding="utf-8") as rejected,
        reading(run / "completions.sqlite") as connection,
    ):
        for reply in Replies(connection).in_order(stages):
            count += 1
            head = heads.setdefault((reply.stage, reply.fingerprint), PromptPrefixes()).of(reply.prompt)
            as_chat = request_of(reply.request, reply.prompt, reply.system, chat=True)
            row = {
                **{key: getattr(reply, key) for key in ("request", "stage", "round", "key", "draw")},
                "chat": key_of(reply.fingerprint, as_chat, reply.decoding).hex() == reply.key,  # only the key tells
                "identity": named("identity", reply.fingerprint),
                "system": named("system", reply.system),
                "head": named("head", head or None),
                "rest": reply.prompt[len(head) :],
                "decoding": named("decoding", reply.decoding),
            }
            answer = {key: getattr(reply.completion, key) for key in ANSWER}
            if reply.completion.cached_tokens is None:
                del answer["cached_tokens"]
            replies.write(line(row | answer))
        rows = (row for text in rejected if (row := json.loads(text))["filter"] == MODEL)
        refused = {row["request"]: row["reason"] for row in rows}  # their replies are in no store
        for name, reason in refused.items():
            replies.write(line({"request": name, "refused": reason}))
    (folder / "prompts.jsonl").write_text("".join(parts.values()), encoding="utf-8", newline="\n")
    return count + len(refused)


def request_of(name: str, prompt: str, system: str | None, *, chat: bool) -> Request:
    """Return a recorded request, as far as its key is made of it."""
    return Request(name, "", 1, prompt, system, chat, Decoding(), "")


class Recordings:
    """The replies of a capsule: by request and question, and else by question, each of its draws once.

    A request that the model itself refused left no reply, only its name.  It is refused again by that name, which is
    right as long as nothing else has changed.
    """

    def __init__(self, capsule: Archive) -> None:
        """Read a capsule; raises SelfInstructError, with the line, for one that no run has written."""
        rows = capsule.rows("prompts.jsonl", lambda _, row: PartLine.model_validate(row))
        self._parts = {part.name: part.text for part in rows}
        self._of_request: dict[tuple[str, bytes], Completion] = {}
        self._draws: dict[bytes, dict[int, Completion]] = {}
        self.refused: dict[str, str] = {}
        """Request to reason."""
        for _ in capsule.rows("replies.jsonl", lambda _, row: self._add(row)):
            pass
        self._draws = {key: dict(sorted(draws.items())) for key, draws in self._draws.items()}

    def _add(self, row: Row) -> None:
        """Add a line; raises ValueError where its request is not the one that its key belongs to."""
        if "refused" in row:
            refused = RefusedLine.model_validate(row)
            self.refused[refused.request] = refused.refused
            return
        found = ReplyLine.model_validate(row)
        try:
            fingerprint, decoding = self._parts[found.identity], self._parts[found.decoding]
            system, head = (name and self._parts[name] for name in (found.system, found.head))
        except KeyError as error:
            raise ValueError(f"names {error}, which is not in prompts.jsonl") from None
        key = key_of(
            fingerprint, request_of(found.request, (head or "") + found.rest, system, chat=found.chat), decoding
        )
        if key.hex() != found.key:
            raise ValueError("its key is not that of its request")
        answer = Completion(**{name: getattr(found, name) for name in ANSWER})
        self._of_request.setdefault((found.request, key), answer)
        self._draws.setdefault(key, {})[found.draw] = answer

    def answer(self, request: Request, fingerprint: str) -> Completion | None:
        """Return the reply to a request, or its refusal; None where there is neither."""
        if reason := self.refused.get(request.id):
            return Completion(failure=Failure("refused", reason))
        key = key_of(fingerprint, request, json.dumps(asdict(request.decoding), sort_keys=True, ensure_ascii=False))
        if found := self._of_request.get((request.id, key)):
            return found
        draws = self._draws.get(key, {})
        return draws.pop(next(iter(draws))) if draws else None
