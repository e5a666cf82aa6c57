"""The batch interfaces of providers: many requests in one call, answered within a day, mostly at half the price.

OpenAI's (`/files` and `/batches`) is also that of servers which speak its protocol; Anthropic has its own.  They are
asked directly, as LiteLLM 1.106 cannot create a batch of Anthropic's, and falls back to the key and the address of
OpenAI where it is to use none.

Only whole replies are read.  A request that failed, was canceled or has expired has none, and is asked again.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from selfinstruct.model.bodies import inflated, read_body
from selfinstruct.model.failed_attempt import GarbledError, ReplyError
from selfinstruct.model.protocol import check_moved, fault, is_object, is_success, parsed
from selfinstruct.model.replies import is_count
from selfinstruct.request import Completion, Request

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

TIMEOUT = 900.0
"""Seconds for one call, which may send or bring 100 MB."""
OVER = frozenset({"completed", "failed", "expired", "cancelled", "ended"})
"""The states in which nothing more comes; `ended` is Anthropic's."""
Body: TypeAlias = Callable[[Request], dict[str, Any]]
"""Returns the body with which a request is sent."""
Priced: TypeAlias = Callable[[Request, Completion], Completion]
"""Returns a reply with its cost and the parameters that were sent."""
Asked: TypeAlias = "tuple[Request, Future[Completion]]"


@dataclass(frozen=True, slots=True)
class BatchState:
    """What a provider says of a batch."""

    is_over: bool
    done: int
    """Requests that were answered, or failed."""
    files: tuple[str, ...] = ()
    """Where the replies are, once it is over."""
    fault: str | None = None
    """Why the provider took none of its requests."""
    is_too_large: bool = False
    """Whether it would take a part of them."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A batch that was about to be created."""

    mark: str
    """By which the provider's list tells it from others."""
    since: float
    """When it was about to be created, as a time of Unix."""
    count: int
    """Its requests."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a provider's list says of a batch that may have been created."""

    id: str | None
    is_certain: bool
    """Whether the list tells if the batch is there."""


class UnlistedError(Exception):
    """The provider does not list its batches."""


class BatchProvider(Protocol):
    """An open connection to a batch interface; every call raises the errors of an attempt (failed_attempt.py)."""

    async def prepare(self, requests: Mapping[str, Request]) -> str:
        """Do what costs nothing before a batch is created, and return the mark by which it can be found."""
        ...

    async def create(self, mark: str, requests: Mapping[str, Request]) -> str:
        """Hand over a batch of requests by their names, and return its id."""
        ...

    async def find(self, intent: Intent) -> Found:
        """Look for a batch that may have been created; raises UnlistedError where the provider has no list."""
        ...

    async def state(self, batch: str) -> BatchState:
        """Return how far a batch is."""
        ...

    async def replies(self, state: BatchState, requests: Mapping[str, Request]) -> dict[str, Completion]:
        """Return the replies by name; those of requests that are not given are left out."""
        ...


@runtime_checkable
class Batching(Protocol):
    """A model whose provider may have a batch interface."""

    @property
    def batch(self) -> bool:
        """Whether requests that do not depend on each other are sent in batches."""
        ...

    @property
    def key_env(self) -> str | None:
        """The environment variable that holds the key."""
        ...

    @property
    def deadline_seconds(self) -> float | None:
        """How long a provider that does not answer is waited for."""
        ...

    def fingerprint(self) -> dict[str, object]:
        """Return what shapes a reply."""
        ...

    def batches(self) -> AbstractAsyncContextManager[BatchProvider]:
        """Connect to the batch interface."""
        ...


NO_BATCHES = " If the server has no batch interface, set model.batch=false."
NO_INTERFACE = (404, 405, 501)


class Calls:
    """Calls of one server, with the headers that hold its key."""

    def __init__(self, session: "ClientSession", base: str, headers: Mapping[str, str] | None = None) -> None:
        self._session, self._base, self._headers = session, base.rstrip("/"), dict(headers or {})

    async def content(self, method: str, path: str, **body: Any) -> bytes:
        """Return the body of an answer; raises ReplyError for an error in place of it."""
        async with asyncio.timeout(TIMEOUT), self._answer(method, path, **body) as response:
            return await read_body(response.status, response.headers, response.content.iter_any(), 1 << 40)

    async def replies(self, path: str) -> AsyncGenerator[tuple[str, dict[str, Any]]]:
        """Yield the lines of a file of replies with the names of their requests; what is not such a line is skipped."""
        async with asyncio.timeout(TIMEOUT), self._answer("GET", path) as response:
            pieces = inflated(response.status, response.headers, response.content.iter_any(), inf)
            async for line in lines(pieces):
                found = parsed(line)
                if is_object(found) and isinstance(name := found.get("custom_id"), str):
                    yield name, found

    @asynccontextmanager
    async def _answer(self, method: str, path: str, **body: Any) -> AsyncIterator["ClientResponse"]:
        headers, url = self._headers | body.pop("headers", {}), f"{self._base}/{path}"
        async with self._session.request(method, url, allow_redirects=False, headers=headers, **body) as response:
            status, reason = response.status, response.reason or ""
            check_moved(status, reason, response.headers, url)
            if is_success(status):
                yield response
                return
            content = await read_body(status, response.headers, response.content.iter_any())
        error = fault(status, response.headers, content, parsed(content))
        hint = NO_BATCHES if method == "POST" and status in NO_INTERFACE else ""
        raise ReplyError(
            status, f"{error.message or reason} (asked {url}){hint}", error.headers, str(error), error.details
        )

    async def object(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """Return the JSON object of an answer that has an id; raises GarbledError for anything else."""
        found = parsed(await self.content(method, path, **body))
        if not is_object(found) or not isinstance(found.get("id"), str):
            raise GarbledError(200, f"{path}: the answer is not an object with an id", {"status": "200"})
        return found

    async def listed(self, path: str, cursor: str, limit: int) -> AsyncGenerator[dict[str, Any]]:
        """Yield the batches of all pages of a list; raises UnlistedError where there is none."""
        seen: set[str] = set()
        params = {"limit": str(limit)}
        while True:
            page = await self._page(path, params)
            found = [one for one in page["data"] if is_object(one) and isinstance(one.get("id"), str)]
            for one in found:
                yield one
            if not page.get("has_more"):
                return
            if not found or found[-1]["id"] in seen:
                raise GarbledError(200, f"{path}: the list of batches does not come to an end", {"status": "200"})
            seen.update(one["id"] for one in found)
            params[cursor] = found[-1]["id"]

    async def _page(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        try:
            page = parsed(await self.content("GET", path, params=params))
        except ReplyError as error:
            if error.status_code in NO_INTERFACE:
                raise UnlistedError from None
            raise
        if not is_object(page) or not isinstance(page.get("data"), list):
            raise GarbledError(200, f"{path}: the answer is not a list of batches", {"status": "200"})
        return page


def counts_in(batch: Mapping[str, Any]) -> dict[str, int]:
    """Return how many requests of a batch are in each state, as far as the provider says so."""
    counts = batch.get("request_counts")
    return {name: count for name, count in counts.items() if is_count(count)} if is_object(counts) else {}


async def lines(pieces: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    """Yield the lines of a text that arrives in pieces."""
    rest: list[bytes] = []
    async for piece in pieces:
        first, *others = piece.split(b"\n")
        rest.append(first)
        for other in others:
            yield b"".join(rest)
            rest = [other]
    yield b"".join(rest)


def split(asked: Mapping[str, Asked], most: int, size: int) -> Iterator[dict[str, Asked]]:
    """Yield requests in as few parts as have at most so many requests, and prompts of about so many bytes."""
    part: dict[str, Asked] = {}
    taken = 0
    for name, (request, future) in asked.items():
        bytes_ = len(f"{request.system or ''}{request.text}".encode(errors="replace"))
        if part and (len(part) == most or taken + bytes_ > size):
            yield part
            part, taken = {}, 0
        part[name] = request, future
        taken += bytes_
    if part:
        yield part
