"""LiteLLM loaded quietly, and the HTTP clients of one event loop, closed when it ends.

LiteLLM takes seconds to import, so it is loaded when it is needed and not before, or in the background while the run
reads its seeds.  A program that ends meanwhile does not wait for it: the import stops at its next module.  Its price
list comes with the package and is not fetched: a cost must not depend on the day or on a network.

For whoever speaks OpenAI's protocol we hand it a client: its own text-completion path opens a session a request and
closes none, and falls back to OPENAI_API_KEY where no key is meant to be sent.  The client stands on LiteLLM's own
transport, which is several times faster at high concurrency than the one a plain `AsyncOpenAI` brings.  Every other
provider uses the clients that LiteLLM keeps in a cache by the address of the event loop; they are closed and taken out,
for the next loop may get the same address.
"""

import asyncio
import gc
import inspect
import logging
import os
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from selfinstruct.budget import Pricing
from selfinstruct.model.original import CALL, Original
from selfinstruct.model.transports import watch

Made = TypeVar("Made")
LOGGERS = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "openai")
OPENAI = ("openai", "text-completion-openai")


@cache
def loaded() -> Any:
    """The litellm module, quiet, with the price list of its package."""
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
    """Look for no garbage while hundreds of thousands of objects are made that stay, nor among them afterwards.

    It saves a quarter of the import, and of each collection while the run lasts.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if was_on:
            gc.enable()


@cache
def load_soon() -> None:
    """Import litellm in a thread; what goes wrong there goes wrong again, and is told, where it is first used."""
    threading.Thread(target=Loading().run, name="selfinstruct-import").start()


class Loading:
    """An import that ends with the program.

    A daemon thread would be killed in the middle of a module written in C or Rust, which may abort the process.  So the
    thread is waited for at the end, and asks before each module whether the end has come.
    """

    def run(self) -> None:
        """Import litellm, in this thread."""
        self._thread = threading.current_thread()
        sys.meta_path.insert(0, self)
        try:
            with suppress(Exception):
                loaded()
        finally:
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        """Leave the finding to the others, or leave the thread when the program has ended; no import outlives that."""
        if threading.current_thread() is self._thread and not threading.main_thread().is_alive():
            raise SystemExit


@dataclass(frozen=True, slots=True)
class Provider:
    """Where requests go, and what may be sent there."""

    name: str
    """LiteLLM's name of it."""
    parameters: frozenset[str]
    """What it takes."""
    chat: Mapping[str, Any]
    """The arguments that lead a call with messages there."""
    text: Mapping[str, Any]
    """The arguments that lead a call with a text to go on with there."""

    async def call(self, arguments: Mapping[str, Any], original: Original) -> Any:
        """LiteLLM's response to a request, with the body that it was made of noted in `original`.

        Raises whatever LiteLLM raises, with the proxy in a note where one was asked; ReplyError for a redirect and for
        a reply that is too long; GarbledError where LiteLLM cannot convert a reply that has arrived.
        """
        silence()
        begun: list[Future[Any]] = []
        before, outer = BEGUN.set(begun), CALL.set(original)
        try:
            if original.chat:
                return await loaded().acompletion(**self.chat, **arguments)
            return await loaded().atext_completion(**self.text, **arguments)
        except asyncio.CancelledError as cancelled:
            for future in begun:
                future.add_done_callback(unbegun)
            if original.way is not None:
                cancelled.add_note(original.way)
            raise
        except Exception as error:
            if (known := original.explained(error, self.name)) is not None:
                raise known from error
            if original.way is not None:
                error.add_note(original.way)
            raise
        finally:
            BEGUN.reset(before)
            CALL.reset(outer)

    def cost(self, response: Any, chat: bool) -> float | None:
        """What a response costs by LiteLLM's price list; None where the list does not know, or says nothing but 0."""
        try:
            return loaded().completion_cost(response, model=(self.chat if chat else self.text)["model"]) or None
        except Exception:  # the list does not hold the model
            return None


BEGUN: ContextVar[list["Future[Any]"]] = ContextVar("begun")


class Threads(ThreadPoolExecutor):
    """Where LiteLLM makes its calls ready, each a coroutine that it then awaits.

    An attempt whose time is over meanwhile awaits it no more, and Python would warn of a coroutine that was never
    awaited.  So each call is known, and what it made is closed.
    """

    def submit(self, fn: Callable[..., Made], /, *args: Any, **kwargs: Any) -> "Future[Made]":
        """As any pool of threads."""
        future = super().submit(fn, *args, **kwargs)
        BEGUN.get([]).append(future)
        return future


def unbegun(made: "Future[Any]") -> None:
    """Close what nobody will await, if it is a coroutine; one that has been awaited has ended."""
    if not made.cancelled() and made.exception() is None and inspect.iscoroutine(made.result()):
        made.result().close()


def listed(name: str) -> Pricing | None:
    """What a hosted model costs by LiteLLM's price list; None where the list does not know, or says nothing but 0."""
    try:
        prompt, completion = loaded().cost_per_token(model=name, prompt_tokens=1000, completion_tokens=1000)
    except Exception:  # the list does not hold the model
        return None
    return Pricing(prompt * 1000, completion * 1000) if prompt or completion else None


@asynccontextmanager
async def opened(name: str, api_base: str | None, key: str | None) -> AsyncIterator[Provider]:
    """The provider of a model; every client of this event loop is closed at the end."""
    litellm = loaded()
    asyncio.get_running_loop().set_default_executor(Threads(thread_name_prefix="selfinstruct-litellm"))
    # LiteLLM's own filter, set when it is imported; it loads providers later, when others may have reset the filters.
    warnings.filterwarnings("ignore", message=".*`ReadOnly` qualifier.*")
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
    """Spare the calls of this task LiteLLM's background logging, which outlives the event loop and warns about it."""
    from litellm._internal_context import is_internal_call

    is_internal_call.set(True)


def openai_client(key: str | None, api_base: str | None) -> Any:
    """A client of OpenAI's protocol; without a key it sends no Authorization header at all."""
    from litellm.llms.openai.common_utils import BaseOpenAILLM
    from openai import AsyncOpenAI

    http_client = BaseOpenAILLM.get_async_http_client()
    if key is None:
        http_client.event_hooks = {"request": [unsigned], "response": []}
    return AsyncOpenAI(api_key=key or "none", base_url=api_base, max_retries=0, http_client=http_client)


async def unsigned(request: Any) -> None:
    """Take the Authorization header off a request; the client of OpenAI cannot be made without a key."""
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
