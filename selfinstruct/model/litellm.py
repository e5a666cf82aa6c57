"""Any model that LiteLLM reaches: hosted ones, and servers of one's own that speak OpenAI's protocol.

One call of `complete` is one event loop in a thread, with its own connections, and nothing is left when it ends; the
part holds no state, so that it can be built, checked and compared without opening a socket.  LiteLLM knows the
providers; order and concurrency (window.py), retries (retries.py), connections (connection.py), the request
(arguments.py) and what its reply is worth (replies.py) are ours.

A price is known for a hosted model that LiteLLM lists; a server of one's own is never priced by the name of its model.
A price of 0 in LiteLLM's list counts as unknown, since it mostly means that.  Whoever knows better sets `price`.
"""

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field

from selfinstruct.model import Mode
from selfinstruct.model.arguments import asked, chosen, given, misplaced, stops, untaken
from selfinstruct.model.connection import Provider, loaded, opened
from selfinstruct.model.replies import Price, completion
from selfinstruct.model.retries import persist, without_secrets
from selfinstruct.model.window import in_order
from selfinstruct.part import part
from selfinstruct.round import Completion, Failure, Request

SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD", re.IGNORECASE)
SHORTEST_SECRET = 8
"""Characters; what is shorter is no key, and replacing it would garble messages."""


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
    """Requests under way at once."""
    timeout_seconds: Annotated[float, Field(gt=0)]
    """Seconds after which an attempt is given up."""
    attempts: Annotated[int, Field(ge=1)]
    """Attempts for each request, the first included, before the run stops."""
    price: Price
    """What the model costs, where LiteLLM does not know it."""
    extra: dict[str, Any]
    """Further parameters of every request, sent as they are (num_ctx, api_version, …)."""

    @property
    def is_offline(self) -> bool:
        """Never: its text comes from a model."""
        return False

    def identity(self) -> dict[str, object]:
        """Name, mode, endpoint and the parameters of every request; no key, and no limit that shapes no reply."""
        return {"name": self.name, "mode": self.mode, "api_base": self.api_base, "extra": dict(self.extra)}

    def problems(self) -> list[str]:
        """What would keep it from answering; LiteLLM, slow to import, is asked only when all else is well."""
        found = []
        if self.key_required and self.key_env is None:
            found.append(f"model.key_env is null, but {self.name} needs a key; name the environment variable it is in.")
        elif self.key_required and not self._key():
            found.append(f"The environment variable {self.key_env} is not set; {self.name} needs its key there.")
        if self.api_base is not None and not is_url(self.api_base):
            found.append(f"model.api_base must be a URL such as http://127.0.0.1:8000/v1 (got {self.api_base!r}).")
        if (self.price.prompt is None) != (self.price.completion is None):
            found.append("model.price must give both prompt and completion, or neither.")
        found += misplaced("model.extra", self.extra)
        return found or self._unknown_provider()

    def complete(self, requests: Iterable[Request]) -> Iterator[Completion]:
        """The completions in the order asked; nothing is sent before the first is waited for."""
        if problems := self.problems():
            failure = Failure("fatal", " ".join(problems))
            yield from (Completion(failure=failure) for _ in requests)
            return
        yield from in_order(requests, self._opened, self.concurrency)

    def _key(self) -> str | None:
        return os.environ.get(self.key_env, "").strip() or None if self.key_env else None

    def _unknown_provider(self) -> list[str]:
        try:
            loaded().get_llm_provider(model=self.name, api_base=self.api_base)
        except Exception:
            hint = "Write provider/model, e.g. openai/gpt-4o-mini."
            return [f"model.name {self.name!r}: LiteLLM knows no such provider. {hint}"]
        return []

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Callable[[Request], Awaitable[Completion]]]:
        key = self._key()
        async with opened(self.name, self.api_base, key) as provider:
            yield Asking(self, provider, secrets(key)).answer


class Asking:
    """The requests of one call of `complete`; a failure that ends the run ends the asking."""

    def __init__(self, model: LiteLLM, provider: Provider, secrets: Collection[str]) -> None:
        self.model = model
        self.provider = provider
        self.secrets = secrets
        self.failure: Failure | None = None
        self.failed = asyncio.Event()

    async def answer(self, request: Request) -> Completion:
        """The completion of a request, or its failure; never an exception."""
        started = time.monotonic()
        reply = self.failure or self._untakeable(request) or await self._persist(request)
        seconds = time.monotonic() - started
        if not isinstance(reply, Failure):
            return replace(reply, seconds=seconds)
        if reply.kind != "refused" and self.failure is None:
            self.failure = reply
            self.failed.set()
        return Completion(failure=reply, seconds=seconds)

    async def _persist(self, request: Request) -> Completion | Failure:
        """Attempt after attempt, until it is answered or given up."""
        arguments = self._arguments(request)

        async def send() -> Completion:
            response = await self._response(request.chat, arguments)
            reply = completion(response, request)
            return replace(reply, cost_usd=self._cost(response, reply, request.chat))

        return await persist(send, self.model.attempts, Random(request.id), self._pause, self._clean)

    async def _response(self, chat: bool, arguments: Mapping[str, Any]) -> Any:
        try:
            async with asyncio.timeout(self.model.timeout_seconds):
                return await self.provider.call(chat, arguments)
        except TimeoutError:
            raise TimeoutError(f"no answer within {self.model.timeout_seconds:g} s") from None

    def _cost(self, response: Any, reply: Completion, chat: bool) -> float | None:
        """What a reply cost, in US dollars; None where tokens or price are unknown."""
        cost = self.model.price.of(reply.prompt_tokens, reply.completion_tokens)
        if cost is not None or reply.prompt_tokens is None or self.model.api_base is not None:
            return cost
        return self.provider.cost(response, chat)

    def _untakeable(self, request: Request) -> Failure | None:
        """Why no request of this stage can be sent as its config says, if so."""
        decoding = f"recipe.{request.stage}.prompt.decoding"
        wrong = misplaced(f"{decoding}.extra", request.decoding.extra)
        wrong += untaken(request, self.model.extra, self.provider.name, self.provider.parameters)
        return Failure("fatal", " ".join(wrong)) if wrong else None

    def _arguments(self, request: Request) -> dict[str, Any]:
        return {
            **given(self.model.extra | request.decoding.extra),
            **chosen(request.decoding),
            **stops(request.decoding, self.model.name, self.provider.parameters),
            **asked(request),
            "timeout": self.model.timeout_seconds,
            "max_retries": 0,
            "num_retries": 0,
        }

    async def _pause(self, seconds: float) -> Failure | None:
        """Wait, unless another request finds out that waiting is pointless."""
        try:
            async with asyncio.timeout(seconds):
                await self.failed.wait()
        except TimeoutError:
            pass
        return self.failure

    def _clean(self, message: str) -> str:
        return without_secrets(message, self.secrets)


def secrets(key: str | None) -> list[str]:
    """What no message may hold: the key, and every key that LiteLLM may find in the environment; the longest first."""
    found = {value for name, value in os.environ.items() if SECRET_NAME.search(name) and len(value) >= SHORTEST_SECRET}
    return sorted(found | ({key} if key else set()), key=len, reverse=True)


def is_url(text: str) -> bool:
    """Whether a text is the address of a server."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
