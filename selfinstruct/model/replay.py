"""A model that answers from recorded replies only: what a run asked is answered again, without key or network.

It stands in front of the model that the config names and takes name, mode and identity from it, for these are part
of every reply's key.  What no recording answers is refused, request by request, and the run goes on with the rest:
somebody who changes a threshold on the way sees all that the recorded replies can tell, and `rejected.jsonl` names what
they cannot.

Rejected: to give the recordings as a store that runs share (`model.store`), which finds a reply by question and draw
alone.  A question that the model refused first and answered when it was asked again would be answered at once.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

from selfinstruct.budget import Pricing
from selfinstruct.model import Mode, Model, Selective, Session
from selfinstruct.part import part
from selfinstruct.request import Completion, Decoding, Failure, Request

NOT_HELD = "the capsule holds no reply to this request"
MOST = 200_000
"""Requests that may miss; a stage that is told never to give up would go round for ever."""


@runtime_checkable
class Recordings(Protocol):
    """Replies that were given before."""

    def answer(self, request: Request, identity: str) -> Completion | None:
        """The reply that a model of this identity gave to a request, or its refusal; None where there is neither."""
        ...


@part
class Replay:
    """Answers as a model did, from the replies that were recorded."""

    model: Model
    """The model that gave them; it is never asked."""
    recordings: Recordings
    """The replies themselves."""

    @property
    def name(self) -> str:
        """The recorded model's own."""
        return self.model.name

    @property
    def mode(self) -> Mode:
        """The recorded model's own."""
        return self.model.mode

    @property
    def is_offline(self) -> bool:
        """Whether the recorded text was made up by the offline grammar."""
        return self.model.is_offline

    @property
    def store(self) -> None:
        """None: it has all there is."""
        return

    def prepare(self) -> None:
        """Nothing: it is ready."""

    def problems(self) -> list[str]:
        """None: it needs no key and no server."""
        return []

    def identity(self) -> dict[str, object]:
        """The recorded model's own, so that its replies are found."""
        return self.model.identity()

    def sends(self, decoding: Decoding) -> Decoding:
        """As the recorded model did, so that its replies are found."""
        return self.model.sends(decoding) if isinstance(self.model, Selective) else decoding

    def untaken(self, key: str, stages: Mapping[str, Sequence[Decoding]]) -> list[str]:
        """Nothing: no provider is asked."""
        return []

    def rates(self) -> Pricing | None:
        """The recorded model's own, so that a budget ends where it did."""
        return self.model.rates()

    @contextmanager
    def line(self) -> Iterator[Session]:
        """A line on which only recordings answer."""
        yield Tape(self.recordings, json.dumps(self.identity(), sort_keys=True))


class Tape:
    """The line to recorded replies."""

    def __init__(self, recordings: Recordings, identity: str) -> None:
        self._recordings = recordings
        self._identity = identity
        self._missed = 0

    def ask(self, requests: Sequence[Request]) -> Sequence["Future[Completion]"]:
        """Answer each request as it was answered, and refuse what was not."""
        futures: list[Future[Completion]] = [Future() for _ in requests]
        for request, future in zip(requests, futures, strict=True):
            future.set_result(self._recordings.answer(request, self._identity) or self._missing())
        return futures

    def _missing(self) -> Completion:
        self._missed += 1
        return Completion(failure=Failure("refused" if self._missed <= MOST else "fatal", NOT_HELD))
