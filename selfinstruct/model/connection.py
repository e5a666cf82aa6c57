"""LiteLLM loaded quietly, and the HTTP clients of one event loop, closed when it ends.

LiteLLM takes seconds to import, so it is loaded when it is needed.  Its price list comes with the package and is not
fetched: a cost must not depend on the day or on a network.

For OpenAI's protocol we hand it a client: its own text-completion path opens a session for each request and closes
none, and falls back to OPENAI_API_KEY where no key is meant to be sent.  Every other provider uses the clients that
LiteLLM keeps in a cache by the address of the event loop; they are closed and taken out, for the next loop may get the
same address.
"""

import asyncio
import gc
import inspect
import logging
import os
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from selfinstruct.budget import Pricing
from selfinstruct.model.raw_reply import CALL, RawReply
from selfinstruct.model.transports import watch

LOGGERS = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "openai")
OPENAI = ("openai", "text-completion-openai")


@cache
def loaded() -> Any:
    """Return the litellm module, quiet, with the price list of its package."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    with no_collection():
        import litellm
    from litellm.litellm_core_utils import core_helpers

    watch(frozenset(getattr(core_helpers, "_FINISH_REASON_MAP", ())))  # without it, each word is read and hidden
    litellm.suppress_debug_info = True
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
        logger.handlers.clear()  # each line would come twice, once without our format
    return litellm


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect no garbage during an import, nor later among its objects, which saves a quarter of the import."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_on:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider, as LiteLLM reaches it."""

    name: str
    parameters: frozenset[str]  # the parameters that it takes
    chat: Mapping[str, Any]  # the arguments of a call with messages, besides those of the request
    text: Mapping[str, Any]  # the arguments of a call with a text to continue

    async def call(self, arguments: Mapping[str, Any], raw: RawReply) -> Any:
        """Return LiteLLM's response, its body noted in `raw`; raises its errors, or ReplyError for what we reject."""
        silence()
        outer = CALL.set(raw)
        try:
            if raw.chat:
                return await loaded().acompletion(**self.chat, **arguments)
            return await loaded().atext_completion(**self.text, **arguments)
        except Exception as error:
            if (known := raw.explained(error, self.name)) is not None:
                raise known from error
            raise
        finally:
            CALL.reset(outer)

    async def embed(self, text: str, arguments: Mapping[str, Any]) -> Any:
        """Return LiteLLM's response with the vector of a text; raises its errors."""
        silence()
        return await loaded().aembedding(**self.chat, input=[text], **arguments)

    def cost(self, response: Any, chat: bool) -> float | None:
        """Return the cost of a response by LiteLLM's price list, None where it is unknown or 0."""
        try:
            return loaded().completion_cost(response, model=(self.chat if chat else self.text)["model"]) or None
        except Exception:  # the list does not hold the model
            return None


def listed(name: str) -> Pricing | None:
    """Return the price of a hosted model in LiteLLM's list, None where it is unknown or 0."""
    try:
        prompt, completion = loaded().cost_per_token(model=name, prompt_tokens=1000, completion_tokens=1000)
    except Exception:  # the list does not hold the model
        return None
    return Pricing(prompt * 1000, completion * 1000) if prompt or completion else None


@asynccontextmanager
async def opened(name: str, api_base: str | None, key: str | None) -> AsyncIterator[Provider]:
    """Open the provider of a model; every client of this event loop is closed at the end."""
    litellm = loaded()
    # LiteLLM's own filter, set when it is imported; it loads providers later, when others may have reset the filters.
    warnings.filterwarnings("ignore", message=".*`ReadOnly` qualifier.*")
    # It makes coroutines in threads, and an attempt that is given up meanwhile does not await its own.
    warnings.filterwarnings("ignore", message="coroutine .* was never awaited")
    bare, provider, found_key, found_base = litellm.get_llm_provider(model=name, api_base=api_base, api_key=key)
    is_openai = provider in OPENAI
    async with AsyncExitStack() as stack:
        stack.push_async_callback(close_cached)
        chat = {"model": name, "api_base": api_base, "api_key": key}
        text = dict(chat)
        if is_openai or provider in litellm.openai_text_completion_compatible_providers:
            client = openai_client(key if is_openai else key or found_key, found_base or api_base)
            stack.push_async_callback(client.close)
            text["client"] = client
        if is_openai:
            chat["client"] = client
            text["model"] = f"text-completion-openai/{bare}"
        taken = litellm.get_supported_openai_params(model=bare, custom_llm_provider=provider) or []
        yield Provider(provider, frozenset(taken), chat, text)


def silence() -> None:
    """Switch off LiteLLM's background logging for this task, which outlives the event loop and warns about it."""
    from litellm._internal_context import is_internal_call

    is_internal_call.set(True)


def openai_client(key: str | None, api_base: str | None) -> Any:
    """Return a client of OpenAI's protocol; without a key it sends no Authorization header at all."""
    from litellm.llms.openai.common_utils import BaseOpenAILLM
    from openai import AsyncOpenAI

    http_client = BaseOpenAILLM.get_async_http_client()
    if key is None:
        http_client.event_hooks = {"request": [unsigned], "response": []}
    return AsyncOpenAI(api_key=key or "none", base_url=api_base, max_retries=0, http_client=http_client)


async def unsigned(request: Any) -> None:
    """Remove the Authorization header; the client of OpenAI cannot be made without a key."""
    request.headers.pop("Authorization", None)


async def close_cached() -> None:
    """Close the clients that LiteLLM opened in this event loop."""
    clients = loaded().in_memory_llm_clients_cache
    ending = f"-{id(asyncio.get_running_loop())}"
    for name in [name for name in clients.cache_dict if name.endswith(ending)]:
        clients.ttl_dict.pop(name, None)
        closing = clients.cache_dict.pop(name).close()
        if inspect.isawaitable(closing):
            await closing
