"""The batch interfaces of the providers that LiteLLM reaches: what it would send in a call is sent in a batch.

LiteLLM writes the bodies, as it knows what each model takes, and its list has the prices of batches.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from selfinstruct.model.anthropic_batches import AnthropicBatches
from selfinstruct.model.arguments import as_json, parameters, prompt_of
from selfinstruct.model.batches import BatchProvider, Calls
from selfinstruct.model.connection import OPENAI, loaded
from selfinstruct.model.endpoint import connected
from selfinstruct.model.openai_batches import OpenAIBatches
from selfinstruct.model.prompt_cache import PromptCache
from selfinstruct.model.settings import CompletionSettings, key_in
from selfinstruct.request import Completion, Request

BATCHING = (*OPENAI, "anthropic")
"""The providers whose batch interface is known."""
ANTHROPIC = "https://api.anthropic.com"
VERSION = "2023-06-01"  # of Anthropic's interface


@asynccontextmanager
async def provider_of(model: CompletionSettings) -> AsyncIterator[BatchProvider]:
    """Connect to the batch interface of a model's provider."""
    bare, provider, _, base = loaded().get_llm_provider(model=model.name, api_base=model.api_base)
    base = model.api_base or base or os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1"
    form = Bodies(model, bare, provider)
    if provider != "anthropic":
        async with connected(key_in(model.key_env), base) as session:
            yield OpenAIBatches(Calls(session, base), form.body, form.priced)
        return
    base = (model.api_base or os.environ.get("ANTHROPIC_API_BASE") or ANTHROPIC).rstrip("/")
    base = base.removesuffix("/v1/messages").removesuffix("/v1")
    headers = {"x-api-key": key_in(model.key_env) or "", "anthropic-version": VERSION}
    async with connected(None, base) as session:
        yield AnthropicBatches(Calls(session, base, headers), form.body, form.priced, betas)


def betas(body: dict[str, Any]) -> set[str]:
    """Return the betas of Anthropic's that a body needs, as LiteLLM names them in a header."""
    from litellm.llms.anthropic.chat.transformation import AnthropicConfig

    named: str = AnthropicConfig().update_headers_with_optional_anthropic_beta({}, body).get("anthropic-beta", "")
    return {*filter(None, named.split(","))}


class Bodies:
    """The bodies of a model's requests, and the cost of its replies."""

    def __init__(self, model: CompletionSettings, bare: str, provider: str) -> None:
        self._model, self._bare, self._provider = model, bare, provider
        self._cache = PromptCache(model.name)

    def body(self, request: Request) -> dict[str, Any]:
        """Return the body that LiteLLM would send."""
        provider = self._provider
        if provider in OPENAI:
            provider = "openai" if request.chat else "text-completion-openai"
        sent = self._sent(request)
        taken = loaded().get_optional_params(model=self._bare, custom_llm_provider=provider, **sent)
        if provider == "anthropic":
            from litellm.llms.anthropic.chat.transformation import AnthropicConfig

            messages = self._cache.prompt(request)["messages"]
            taken.pop("json_mode", None)  # LiteLLM's own note, which it takes out before it sends
            found: dict[str, Any] = AnthropicConfig().transform_request(self._bare, messages, taken, {}, {})
            return found
        taken |= taken.pop("extra_body", None) or {}
        taken.pop("stream", None)
        return {**taken, **prompt_of(request), "model": self._bare}

    def priced(self, request: Request, reply: Completion) -> Completion:
        """Return a reply with its cost: by the price of the config, or else by LiteLLM's list, or the provider."""
        cost = self._model.price.halved().of(reply.prompt_tokens, reply.completion_tokens)
        if cost is None and self._model.api_base is None:
            cost = self._listed(reply)
        return replace(reply, cost_usd=reply.cost_usd if cost is None else cost, sent=as_json(self._sent(request)))

    def _sent(self, request: Request) -> dict[str, Any]:
        taken = loaded().get_supported_openai_params(model=self._bare, custom_llm_provider=self._provider) or []
        return parameters(self._model, request.decoding, takes_stop="stop" in taken)

    def _listed(self, reply: Completion) -> float | None:
        """Return the cost by LiteLLM's list, None where it is unknown or 0."""
        from litellm.cost_calculator import batch_cost_calculator
        from litellm.types.utils import Usage

        if reply.prompt_tokens is None or reply.completion_tokens is None:
            return None
        counts = {"prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens}
        usage = Usage(**counts, prompt_tokens_details={"cached_tokens": reply.cached_tokens or 0})
        try:
            return sum(batch_cost_calculator(usage, self._model.name)) or None
        except Exception:  # the list does not hold the model
            return None
