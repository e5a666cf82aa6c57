"""A model that answers from recorded replies only: what a run asked is answered again, without key or network.

It stands in front of the model that the config names and takes name, mode and identity from it, for these are part of
every reply's key.  The replies themselves lie in a store, which is asked before any line is: so only what the store
does not hold ever comes here.  That is refused, request by request, and the run goes on with the rest: somebody who
changes a threshold on the way sees all that the recorded replies can tell, and `rejected.jsonl` names what they cannot.

A request that the model itself refused left no reply, only its name in `rejected.jsonl`.  It is refused again by that
name, so that an unchanged run ends the same; in a changed one the same question may have another name, and is missed.

Rejected: to look replies up here, by a key of our own; there would be two notions of what makes a request the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager

from selfinstruct.budget import Rates
from selfinstruct.model import Line, Mode, Model
from selfinstruct.part import part
from selfinstruct.round import Completion, Failure, Request

NOT_HELD = "the capsule holds no reply to this request"
MOST = 200_000
"""Requests that may miss; a stage that is told never to give up would go round for ever."""


@part
class Replay:
    """Answers as a model did, from the replies that were recorded."""

    model: Model
    """The model that gave them; it is never asked."""
    store: str
    """The store that holds them."""
    refused: dict[str, str]
    """Request to reason, where the model had refused to answer: such a request has no reply to record."""

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

    def prepare(self) -> None:
        """Nothing: it is ready."""

    def problems(self) -> list[str]:
        """None: it needs no key and no server."""
        return []

    def identity(self) -> dict[str, object]:
        """The recorded model's own, so that its replies are found."""
        return self.model.identity()

    def rates(self) -> Rates | None:
        """The recorded model's own, so that a budget ends where it did."""
        return self.model.rates()

    @contextmanager
    def line(self) -> Iterator[Line]:
        """A line on which nobody answers."""
        yield Silence(self.refused)


class Silence:
    """The line behind the recorded replies: refuses whatever they do not answer."""

    def __init__(self, refused: Mapping[str, str]) -> None:
        self._refused = refused
        self._missed = 0

    def ask(self, requests: Sequence[Request]) -> Sequence["Future[Completion]"]:
        """Refuse each request, as the model did where it refused, and otherwise because no reply is held."""
        futures: list[Future[Completion]] = [Future() for _ in requests]
        for request, future in zip(requests, futures, strict=True):
            future.set_result(Completion(failure=self._failure(request)))
        return futures

    def _failure(self, request: Request) -> Failure:
        if reason := self._refused.get(request.id):
            return Failure("refused", reason)
        self._missed += 1
        return Failure("refused" if self._missed <= MOST else "fatal", NOT_HELD)
