"""Any model that LiteLLM reaches: hosted ones, each with its provider's own protocol.

A price is known for a hosted model that LiteLLM lists, unless it is 0, which mostly means unknown; a self-hosted server
is never priced by the name of its model.  Set `price` to override it.  Where no price is known, the cost is the one
that the provider names in `usage.cost`, if any.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any

from selfinstruct.budget import Pricing
from selfinstruct.model import Session, Stages
from selfinstruct.model.arguments import as_json, parameters
from selfinstruct.model.batches import BatchProvider
from selfinstruct.model.connection import Provider, listed, loaded, opened
from selfinstruct.model.failed_attempt import GarbledError
from selfinstruct.model.litellm_batches import BATCHING, provider_of
from selfinstruct.model.prompt_cache import PromptCache
from selfinstruct.model.raw_reply import RawReply
from selfinstruct.model.replies import completion, text_in
from selfinstruct.model.sending import Send
from selfinstruct.model.session import AsyncSession
from selfinstruct.model.settings import CompletionSettings, key_in
from selfinstruct.model.support import misplaced_in, unsupported_by_litellm
from selfinstruct.part import part
from selfinstruct.request import Completion, Request


@part
class LiteLLM(CompletionSettings):
    """Completes prompts with a model behind LiteLLM."""

    def unsupported_parameters(self, key: str, stages: Stages) -> list[str]:
        """Return everything that LiteLLM knows the model not to take."""
        return misplaced_in(stages) or unsupported_by_litellm(key, self, stages)

    def problems(self) -> list[str]:
        """Return what would keep it from answering; LiteLLM, slow to import, is asked only when all else is well."""
        return super().problems() or self._unknown_provider()

    def pricing(self) -> Pricing | None:
        """Return the price of the config, or else of LiteLLM's list."""
        return super().pricing() or (listed(self.name) if self.api_base is None else None)

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session; nothing is imported or connected before the first request."""
        return AsyncSession(self._opened, self, answered)

    @asynccontextmanager
    async def batches(self) -> AsyncIterator[BatchProvider]:
        """Connect to the batch interface of the provider."""
        self.check()
        async with provider_of(self) as provider:
            yield provider

    def _unknown_provider(self) -> list[str]:
        try:
            _, provider, _, _ = loaded().get_llm_provider(model=self.name, api_base=self.api_base)
        except Exception:
            hint = "Write provider/model, e.g. openai/gpt-4o-mini."
            return [f"model.name {self.name!r}: LiteLLM knows no such provider. {hint}"]
        if provider == "aiohttp_openai":  # the one client of LiteLLM that does not use our transports
            return [f"model.name {self.name!r} follows redirects. Set model=endpoint, which asks it directly."]
        if self.batch and provider not in BATCHING:
            hint = "Set model.batch=false. Those of OpenAI, of Anthropic, and of servers like OpenAI's can be used."
            return [f"model.batch: the batch interface of {provider} cannot be used. {hint}"]
        return []

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Send]:
        async with opened(self.name, self.api_base, key_in(self.key_env)) as provider:
            yield Client(self, provider).send


class Client:
    """Makes the attempts of one session."""

    def __init__(self, model: LiteLLM, provider: Provider) -> None:
        self._model = model
        self._provider = provider
        self._cache = PromptCache(model.name)

    async def send(self, request: Request) -> Completion:
        """Make one attempt."""
        sent = parameters(self._model, request.decoding, takes_stop="stop" in self._provider.parameters)
        limits = {"timeout": self._model.timeout_seconds, "max_retries": 0, "num_retries": 0}
        raw = RawReply(request.chat, self._model.max_reply_bytes)
        response = await self._provider.call({**sent, **self._cache.prompt(request), **limits}, raw)
        reply = read(response, request, raw.reason)
        cost = self._model.price.of(reply.prompt_tokens, reply.completion_tokens)
        if cost is None and self._model.api_base is None and reply.prompt_tokens is not None:
            cost = self._provider.cost(response, request.chat)
        return replace(reply, cost_usd=raw.cost_usd if cost is None else cost, sent=as_json(sent))


def read(response: Any, request: Request, reason: str | None = None) -> Completion:
    """Return a response of LiteLLM as a completion; `reason` is the provider's own, if it is known.

    LiteLLM says "stop" for every reason that it does not know, so that its "stop" alone is no reason.
    """
    if error := getattr(response, "error", None):
        raise ValueError(f"an error in place of a reply: {error}")
    if not response.choices:
        raise GarbledError(200, "no completion: no choice", {"status": "200"})
    choice = response.choices[0]
    message = getattr(choice, "message", None) if request.chat else choice
    text = text_in(getattr(message, "content" if request.chat else "text", None))
    if reason is None:
        reason = getattr(choice, "finish_reason", None)
        reason = reason if isinstance(reason, str) and reason != "stop" else ""
    usage = getattr(response, "usage", None)
    tokens = getattr(usage, "prompt_tokens", None), getattr(usage, "completion_tokens", None)
    cached = getattr(getattr(usage, "prompt_tokens_details", None), "cached_tokens", None)
    return completion(text, reason, getattr(response, "model", None), tokens, request, cached=cached)
