"""Any model that LiteLLM reaches: hosted ones, each with its provider's own protocol.

The part holds no state, so that it can be built, checked and compared without opening a socket.  LiteLLM knows the
providers; the line (line.py), retries (trouble.py, retries.py), connections (connection.py), the request (arguments.py)
and what its reply is worth (replies.py) are ours.  A server of one's own that speaks OpenAI's protocol is better asked
without LiteLLM (endpoint.py).

A price is known for a hosted model that LiteLLM lists; a server of one's own is never priced by the name of its model.
A price of 0 in LiteLLM's list counts as unknown, since it mostly means that.  Set `price` to override it.  Where no
price is known, the cost is the one that the provider names in `usage.cost`, if any.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from selfinstruct.budget import Pricing
from selfinstruct.model import Mode, Session
from selfinstruct.model.arguments import Droppable, Limit, asked, chosen, given, shown, stops, supported
from selfinstruct.model.bodies import LARGEST, Bodies
from selfinstruct.model.connection import Provider, listed, load_soon, loaded, opened
from selfinstruct.model.failed_attempt import UnsendableError
from selfinstruct.model.original import Original
from selfinstruct.model.replies import Price, completion, trusted
from selfinstruct.model.request_queue import Send, terms_of
from selfinstruct.model.secrets import Secrets
from selfinstruct.model.session import AsyncSession
from selfinstruct.model.settings import key_in, problems_of_key, problems_of_values
from selfinstruct.model.support import Stages, misplaced_in, refused_by, untaken
from selfinstruct.part import part
from selfinstruct.request import Completion, Decoding, Request


@part
class LiteLLM:
    """Completes prompts with a model behind LiteLLM."""

    name: Annotated[str, Field(min_length=1)]
    """LiteLLM's name of the model, `provider/model`."""
    mode: Mode
    """`chat` for models that are sent messages, `completion` for models that continue a text."""
    api_base: str | None
    """URL of the server; null for the provider's own."""
    key_env: str | None
    """Name of the environment variable that holds the key; null to send none."""
    key_required: bool
    """Whether a run without that key is refused before it starts."""
    concurrency: Annotated[int, Field(ge=1)]
    """Requests under way at once; fewer, while the provider says that it has too much to do."""
    requests_per_minute: Annotated[int, Field(ge=1)] | None
    """Attempts in any 60 seconds; null for no limit."""
    tokens_per_minute: Annotated[int, Field(ge=1)] | None
    """Tokens of prompts and replies in any 60 seconds; null for no limit."""
    timeout_seconds: Annotated[float, Field(gt=0)]
    """Seconds after which an attempt is given up."""
    deadline_seconds: Annotated[float, Field(gt=0)] | None
    """Seconds after which a request is given up, all attempts and waits together, and the run stops; a server that has
    answered before is waited for as long. Null for no limit."""
    attempts: Annotated[int, Field(ge=1)]
    """Faults of one request, after which it is given up: a garbled reply, and a reset, a timeout or an error of the
    server while others are answered. What the server alone is to blame for is not counted once it has answered: an
    overload, an outage, a model that is loading. Before that every fault counts. A request with nothing but
    garbled replies is asked as often once more when others were answered, and then rejected."""
    price: Price
    """What the model costs, where LiteLLM does not know it."""
    store: str | None
    """Path of a store of replies that several runs share: what one has paid for, the others find; null for none."""
    extra: dict[str, Any]
    """Further parameters of every request, sent as they are (num_ctx, api_version, …)."""
    unsupported: list[Droppable] = Field(default_factory=list)
    """Decoding parameters that the model does not take: no stage sends them, whatever its prompt says."""
    max_tokens_parameter: Limit | None = None
    """Name under which `max_tokens` is given to LiteLLM; null for its own choice, which it has for models it knows."""
    max_reply_bytes: Annotated[int, Field(ge=1024)] = LARGEST
    """Bytes of a reply, after decompression, beyond which it is not read on and counts as garbled."""

    @property
    def is_offline(self) -> bool:
        """Never: its text comes from a model."""
        return False

    def prepare(self) -> None:
        """Begin to import LiteLLM, which takes seconds."""
        load_soon()

    def identity(self) -> dict[str, object]:
        """Name, mode, endpoint and the parameters of every request; no key, and no limit that shapes no reply."""
        shape = {"name": self.name, "mode": self.mode, "api_base": self.api_base, "extra": dict(self.extra)}
        return shape | given({"max_tokens_parameter": self.max_tokens_parameter})

    def sends(self, decoding: Decoding) -> Decoding:
        """The decoding without what the model does not take."""
        return supported(decoding, self.unsupported)

    def untaken(self, key: str, stages: Stages) -> list[str]:
        """Everything that LiteLLM knows the model not to take."""
        refused = refused_by(self.name, self.api_base, self.mode == "chat")
        return misplaced_in(stages) or untaken(key, self, stages, refused)

    def problems(self) -> list[str]:
        """What would keep it from answering; LiteLLM, slow to import, is asked only when all else is well."""
        found = problems_of_key(self.name, self.key_env, self.key_required)
        found += problems_of_values(self.api_base, self.price, self.extra)
        return found or self._unknown_provider()

    def rates(self) -> Pricing | None:
        """As the config says, else as LiteLLM's list does."""
        return self.price.rates() or (listed(self.name) if self.api_base is None else None)

    def line(self) -> AbstractContextManager[Session]:
        """Open a line; nothing is imported or connected before the first request."""
        return AsyncSession(self._opened, terms_of(self), Secrets(key_in(self.key_env)))

    def _unknown_provider(self) -> list[str]:
        try:
            _, provider, _, _ = loaded().get_llm_provider(model=self.name, api_base=self.api_base)
        except Exception:
            hint = "Write provider/model, e.g. openai/gpt-4o-mini."
            return [f"model.name {self.name!r}: LiteLLM knows no such provider. {hint}"]
        if provider == "aiohttp_openai":  # the one client of LiteLLM that does not stand on our transports
            return [f"model.name {self.name!r} follows redirects. Set model=endpoint, which asks it directly."]
        return []

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Send]:
        if problems := self.problems():
            raise UnsendableError(" ".join(problems))
        async with opened(self.name, self.api_base, key_in(self.key_env)) as provider:
            yield Sender(self, provider).send


class Sender:
    """Makes the attempts of one line."""

    def __init__(self, model: LiteLLM, provider: Provider) -> None:
        self._model = model
        self._provider = provider
        self._bodies = Bodies(model.max_reply_bytes)

    async def send(self, request: Request) -> Completion:
        """Ask once."""
        sent = self._parameters(request)
        original = Original(request.chat, self._bodies)
        response = await self._provider.call({**sent, **asked(request), **self._terms()}, original)
        reply = completion(response, request, original.reason)
        cost = self._cost(response, reply, request.chat)
        return trusted(replace(reply, cost_usd=original.cost_usd if cost is None else cost, sent=shown(sent)))

    def _parameters(self, request: Request) -> dict[str, Any]:
        return {
            **given(self._model.extra | request.decoding.extra),
            **chosen(request.decoding, self._model.max_tokens_parameter),
            **stops(request.decoding, self._model.name, self._provider.parameters - set(self._model.unsupported)),
        }

    def _terms(self) -> dict[str, Any]:
        return {"timeout": self._model.timeout_seconds, "max_retries": 0, "num_retries": 0}

    def _cost(self, response: Any, reply: Completion, chat: bool) -> float | None:
        """What a reply cost, in US dollars; None where tokens or price are unknown."""
        cost = self._model.price.of(reply.prompt_tokens, reply.completion_tokens)
        if cost is not None or reply.prompt_tokens is None or self._model.api_base is not None:
            return cost
        return self._provider.cost(response, chat)
