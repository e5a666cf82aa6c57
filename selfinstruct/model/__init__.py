"""The models that complete prompts.

A model is config; what it needs while a run lasts (connections, a loop, a window of requests under way) is its session,
opened once and shared by all stages.  A request that fails is a completion with a failure, never an exception that
loses the others: `refused` fails one request, `unavailable` and `fatal` end the run.

To add a model behind LiteLLM, or a server that speaks OpenAI's protocol, write `conf/model/<name>.yaml`.  Another kind
of model is one module here: give `AsyncSession` (session.py) the way to make one attempt, and it does the rest.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from selfinstruct.budget import Pricing
from selfinstruct.request import Completion, Decoding, Request

Mode: TypeAlias = Literal["chat", "completion"]
"""`chat` for models that are sent messages, `completion` for models that continue a text."""
Stages: TypeAlias = Mapping[str, Sequence[Decoding]]  # the decodings that each stage uses, by the name of the stage


class Session(Protocol):
    """An open connection to a model."""

    def submit(self, requests: Sequence[Request]) -> Sequence["Future[Completion]"]:
        """Queue the requests, in this order, and return at once; a failure is a completion and never raised."""
        ...


class ImmediateSession:
    """A session of a model that answers without waiting for anything."""

    def __init__(self, answer: Callable[[Request], Completion]) -> None:
        self._answer = answer

    def submit(self, requests: Sequence[Request]) -> Sequence["Future[Completion]"]:
        """Answer each request, in this order."""
        futures: list[Future[Completion]] = [Future() for _ in requests]
        for request, future in zip(requests, futures, strict=True):
            future.set_result(self._answer(request))
        return futures


@runtime_checkable
class Model(Protocol):
    """Completes prompts."""

    @property
    def name(self) -> str:
        """The name in logs, summary and dataset."""
        ...

    @property
    def mode(self) -> Mode:
        """Whether it is sent messages or a text to continue."""
        ...

    @property
    def is_offline(self) -> bool:
        """Whether its text is written by the program and not by a model."""
        ...

    @property
    def store(self) -> str | None:
        """Path of a store of replies that several runs share, or None."""
        ...

    def problems(self) -> list[str]:
        """Return what would keep it from answering, such as a missing key, found without asking it."""
        ...

    def fingerprint(self) -> dict[str, object]:
        """Return everything about the model that shapes a reply (name, endpoint, mode, …)."""
        ...

    def pricing(self) -> Pricing | None:
        """Return what its tokens cost; None where that is unknown, never 0."""
        ...

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session; `answered` is the number of requests of each stage that earlier processes got answered.

        Closing cancels what waits, and waits for what is under way, since it is paid for; an interrupt ends that wait.
        """
        ...


@runtime_checkable
class Selective(Protocol):
    """A model that may not take every decoding parameter."""

    def accepted(self, decoding: Decoding) -> Decoding:
        """Return the decoding without what the model does not take; only the rest shapes the reply."""
        ...

    def unsupported_parameters(self, key: str, stages: Stages) -> list[str]:
        """Return which parameters the model would refuse, and what to set; `key` is the model's key in the config."""
        ...


def sendable(model: object, request: Request) -> Request:
    """Return the request without the decoding parameters that the model does not take."""
    if not isinstance(model, Selective) or (decoding := model.accepted(request.decoding)) is request.decoding:
        return request
    return replace(request, decoding=decoding)


class Replies(Iterator[Completion], Protocol):
    """The replies to some requests, in the order asked; raises ModelError when the model cannot continue."""

    def close(self) -> None:
        """Cancel the requests that have not been sent yet."""
        ...


class ModelClient(Protocol):
    """A model with an open session, each reply of which is stored before it is used."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def mode(self) -> Mode:
        """The model's mode."""
        ...

    def pricing(self) -> Pricing | None:
        """Return the model's pricing."""
        ...

    def complete(self, requests: Sequence[Request]) -> Replies:
        """Send the requests, and return their replies before they have arrived."""
        ...
