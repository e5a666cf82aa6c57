"""A model that answers from recorded replies only, without key or network.

It takes name, mode and fingerprint from the model that the config names, since these are part of every reply's key.  A
request without a recorded reply is refused, and the run continues with the rest: `rejected.jsonl` names what is
missing.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from typing import ClassVar, Protocol, runtime_checkable

from selfinstruct.budget import Pricing
from selfinstruct.model import ImmediateSession, Mode, Model, Selective, Session, Stages
from selfinstruct.part import part
from selfinstruct.request import Completion, Decoding, Failure, Request

NOT_HELD = "the capsule holds no reply to this request"
MAX_MISSES = 200_000
"""Requests without a reply after which the run stops: a stage with unlimited attempts would never end."""


@runtime_checkable
class Recordings(Protocol):
    """Recorded replies."""

    def answer(self, request: Request, fingerprint: str) -> Completion | None:
        """Return the reply, or the refusal, of a model of this fingerprint; None where neither was recorded."""
        ...


@part
class Replay:
    """Answers as a model did, from the replies that were recorded."""

    model: Model
    """The model that gave the replies; it is never asked."""
    recordings: Recordings
    """The replies themselves."""
    store: ClassVar[str | None] = None

    @property
    def name(self) -> str:
        """The recorded model's name."""
        return self.model.name

    @property
    def mode(self) -> Mode:
        """The recorded model's mode."""
        return self.model.mode

    @property
    def is_offline(self) -> bool:
        """Whether the offline model wrote the recorded replies."""
        return self.model.is_offline

    def problems(self) -> list[str]:
        """Return nothing: it needs no key and no server."""
        return []

    def fingerprint(self) -> dict[str, object]:
        """Return the recorded model's fingerprint, by which its replies are found."""
        return self.model.fingerprint()

    def accepted(self, decoding: Decoding) -> Decoding:
        """Return the decoding that the recorded model was sent."""
        return self.model.accepted(decoding) if isinstance(self.model, Selective) else decoding

    def unsupported_parameters(self, key: str, stages: Stages) -> list[str]:
        """Return nothing: no provider is asked."""
        return []

    def pricing(self) -> Pricing | None:
        """Return the recorded model's pricing, so that a budget ends at the same request."""
        return self.model.pricing()

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session in which only recorded replies are given."""
        fingerprint, misses = json.dumps(self.fingerprint(), sort_keys=True), count(1)

        def answer(request: Request) -> Completion:
            if reply := self.recordings.answer(request, fingerprint):
                return reply
            return Completion(failure=Failure("refused" if next(misses) <= MAX_MISSES else "fatal", NOT_HELD))

        return nullcontext(ImmediateSession(answer))
