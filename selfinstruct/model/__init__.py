"""Who completes the prompts.

A model is config; what it needs while a run lasts (connections, a loop, a window of requests under way) is its line,
opened once and shared by all stages.  Asking comes back at once, so that the requests of later rounds are under way
while a reply is read: who asks decides in which order replies are taken, and a slow one delays only what depends on it.
Rejected: one call for a list of requests, which puts a barrier behind each list.

A request that fails is a completion with a failure, never an exception that loses the others; `refused` fails one
request, `unavailable` and `fatal` end the run.  A refusal is given only when it is known to be the request's own
(refusals.py); until then its future stays open.

To add one behind LiteLLM, or a server that speaks OpenAI's protocol, write `conf/model/<name>.yaml`; another kind of
model is one module beside it: give `AsyncSession` (line.py) the way to make one attempt, and it does the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Literal, Protocol, runtime_checkable

from selfinstruct.budget import Pricing
from selfinstruct.request import Completion, Decoding, Request

Mode = Literal["chat", "completion"]


class Session(Protocol):
    """An open line to a model."""

    def ask(self, requests: Sequence[Request]) -> Sequence["Future[Completion]"]:
        """Have each request answered as soon as there is room for it; comes back at once.

        Room is given in the order asked.  The futures raise nothing: a failure is a completion.  Callbacks of a future
        may be called in a thread of the line.
        """
        ...


@runtime_checkable
class Remembering(Session, Protocol):
    """A line that judges refusals and outages by what was answered before, or continues where that ends."""

    answered_stages: Mapping[str, int]
    """How many requests of each stage were answered in earlier processes; set before the first request."""


@runtime_checkable
class Model(Protocol):
    """Completes prompts."""

    @property
    def name(self) -> str:
        """What logs, summary and dataset call it."""
        ...

    @property
    def mode(self) -> Mode:
        """`chat` for models that are sent messages, `completion` for models that continue a text."""
        ...

    @property
    def is_offline(self) -> bool:
        """Whether its text is made up here, and is no model's."""
        ...

    @property
    def store(self) -> str | None:
        """Path of a store of replies that runs share, beside that of the run folder; None for none."""
        ...

    def prepare(self) -> None:
        """Begin in the background what takes long before the first request, such as an import; comes back at once."""
        ...

    def problems(self) -> list[str]:
        """What would keep it from answering, found without asking it: a missing key, an unknown provider."""
        ...

    def identity(self) -> dict[str, object]:
        """Everything about the model, beside the request, that shapes a reply (name, endpoint, mode, fault rates)."""
        ...

    def rates(self) -> Pricing | None:
        """What its tokens cost; None where that is not known, and never 0 for unknown."""
        ...

    def line(self) -> AbstractContextManager[Session]:
        """Open a line.

        When it is closed, what waits for room is cancelled, and what is under way is waited for, since it is paid for;
        an interrupt during that wait ends it.
        """
        ...


@runtime_checkable
class Selective(Protocol):
    """A model that may not take every decoding parameter."""

    def sends(self, decoding: Decoding) -> Decoding:
        """The decoding without what the model does not take; this, and not what was asked for, shapes the reply."""
        ...

    def untaken(self, key: str, stages: Mapping[str, Sequence[Decoding]]) -> list[str]:
        """What the model would refuse of the decodings of each stage, found without asking it, with the keys to set.

        `key` is that of the model: `model`, or `recipe.<stage>.model`.
        """
        ...


def sendable(model: object, request: Request) -> Request:
    """Return the request without the decoding parameters that the model does not take."""
    if not isinstance(model, Selective) or (decoding := model.sends(request.decoding)) is request.decoding:
        return request
    return replace(request, decoding=decoding)


class Replies(Protocol):
    """The replies to some requests, in the order asked.

    Taking one raises ModelError when the model cannot go on.
    """

    def __iter__(self) -> Iterator[Completion]:
        """Itself."""
        ...

    def __next__(self) -> Completion:
        """The next one, as soon as it is there."""
        ...

    def close(self) -> None:
        """Nothing more of it is needed: what has not been sent yet is not sent."""
        ...


class ModelClient(Protocol):
    """What a stage is given: a model with its line open, and every reply on disk before it is used."""

    @property
    def name(self) -> str:
        """The model's own."""
        ...

    @property
    def mode(self) -> Mode:
        """The model's own."""
        ...

    def rates(self) -> Pricing | None:
        """The model's own."""
        ...

    def complete(self, requests: Sequence[Request]) -> Replies:
        """Ask at once; the replies are waited for when they are taken."""
        ...
