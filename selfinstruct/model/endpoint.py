"""A server that speaks OpenAI's protocol, asked directly: vLLM, SGLang, llama.cpp, TGI, LM Studio, a gateway.

LiteLLM reaches these too, but takes seconds to import and milliseconds of processor time for each request, which a
server on one's own card outruns.  Here is one aiohttp session, and one POST for an attempt.  Rejected: httpx, whose
pool of connections collapses at hundreds of requests under way, and the client of OpenAI, which is built on it.

The name is sent as written.  The key goes to no other server: redirects are not followed.  Proxies are those of the
environment, found once; aiohttp's own search would read ~/.netrc for each request and send a password found there.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from selfinstruct.model import Session, Stages
from selfinstruct.model.arguments import as_json, parameters, prompt_of
from selfinstruct.model.batches import BatchProvider, Calls
from selfinstruct.model.bodies import ACCEPTED, read_body
from selfinstruct.model.failed_attempt import ReplyError
from selfinstruct.model.openai_batches import OpenAIBatches
from selfinstruct.model.protocol import PATHS, check_moved, read
from selfinstruct.model.proxies import proxy_of
from selfinstruct.model.sending import Send
from selfinstruct.model.session import AsyncSession
from selfinstruct.model.settings import CompletionSettings, key_in
from selfinstruct.model.support import misplaced_in
from selfinstruct.part import part
from selfinstruct.request import Completion, Decoding, Request

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession
    from yarl import URL

KEEP_ALIVE = 4.0
"""Seconds after which an idle connection is not used again: uvicorn, on which most of these servers run, hangs up after
five, and a request on its way at that moment is lost."""
CONNECT = 30.0  # seconds to connect; a host that drops packets would otherwise take the time of a whole attempt
LITELLM_ONLY = ("hosted_vllm/", "text-completion-openai/", "custom_openai/", "litellm_proxy/")


@part
class Endpoint(CompletionSettings):
    """Completes prompts with a model behind a server that speaks OpenAI's protocol."""

    api_base: str
    """URL of the server, up to and with `/v1`."""

    def unsupported_parameters(self, key: str, stages: Stages) -> list[str]:
        """Return what no `extra` may hold; nothing else is known of a server before it is asked."""
        return misplaced_in(stages)

    def problems(self) -> list[str]:
        """Return what would keep it from answering."""
        found = super().problems()
        if self.name.startswith(LITELLM_ONLY):
            bare = self.name.partition("/")[2]
            found.append(f"model.name is sent as it is written, without a provider: set model.name={bare}")
        return found

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session; nothing is connected before the first request."""
        return AsyncSession(self._opened, self, answered)

    @asynccontextmanager
    async def batches(self) -> AsyncIterator[BatchProvider]:
        """Connect to the batch interface of the server."""
        self.check()
        async with connected(key_in(self.key_env), self.api_base) as session:
            yield OpenAIBatches(Calls(session, self.api_base), self._body, self._priced)

    def _body(self, request: Request) -> dict[str, Any]:
        return {**parameters(self, request.decoding), **prompt_of(request), "model": self.name}

    def _priced(self, request: Request, reply: Completion) -> Completion:
        cost = self.price.halved().of(reply.prompt_tokens, reply.completion_tokens)
        sent = as_json(parameters(self, request.decoding))
        return replace(reply, cost_usd=reply.cost_usd if cost is None else cost, sent=sent)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Send]:
        async with connected(key_in(self.key_env), self.api_base) as session:
            yield Client(self, session).send


class Client:
    """Makes the attempts of one session."""

    def __init__(self, model: Endpoint, session: "ClientSession") -> None:
        from yarl import URL

        self._model = model
        self._session = session
        self._last: tuple[Decoding, dict[str, Any], str] | None = None
        self._urls = {chat: URL(f"{model.api_base.rstrip('/')}/{path}") for chat, path in PATHS.items()}

    async def send(self, request: Request) -> Completion:
        """Make one attempt."""
        url = self._urls[request.chat]
        sent, sent_json = self._parameters(request.decoding)
        body = {**sent, **prompt_of(request), "model": self._model.name}

        def found(response: "ClientResponse", content: bytes) -> Completion:
            return read(response.status, response.headers, content, request, self._model.price, sent_json)

        return await posted(self._session, url, body, self._model.max_reply_bytes, found)

    def _parameters(self, decoding: Decoding) -> tuple[dict[str, Any], str]:
        """Return the parameters of a request, also as JSON; most requests have those of the one before."""
        if self._last is None or self._last[0] != decoding:
            sent = parameters(self._model, decoding)
            self._last = decoding, sent, as_json(sent)
        return self._last[1:]


async def posted(
    session: "ClientSession",
    url: "URL",
    body: Mapping[str, Any],
    limit: int,
    read: "Callable[[ClientResponse, bytes], Completion]",
) -> Completion:
    """Make one attempt: return what `read` makes of the reply to a body, of at most `limit` bytes."""
    async with session.post(url, data=json.dumps(body).encode(), allow_redirects=False) as response:
        content = await content_of(response, str(url), limit)
    try:
        return read(response, content)
    except ReplyError as error:
        raise with_address(error, response.reason or "", str(url)) from None


async def content_of(response: "ClientResponse", url: str, limit: int) -> bytes:
    """Return the body of a reply; the connection is closed where it is not read to its end."""
    try:
        check_moved(response.status, response.reason or "", response.headers, url)
        return await read_body(response.status, response.headers, response.content.iter_any(), limit)
    except BaseException:
        response.close()
        raise


def connected(key: str | None, api_base: str) -> "ClientSession":
    """Return a session with any number of connections, no cookies, and the key where there is one."""
    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

    headers = {"Content-Type": "application/json", "User-Agent": "selfinstruct", "Accept-Encoding": ACCEPTED}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    return ClientSession(
        connector=TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE, ttl_dns_cache=300),
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=None, sock_connect=CONNECT),  # the time of a whole attempt is limited in sending.py
        headers=headers,
        proxy=proxy_of(api_base),
        auto_decompress=False,  # bodies.py does it, within the limit
    )


def with_address(error: ReplyError, reason: str, url: str) -> ReplyError:
    """Return the error with the address, where the address may be wrong."""
    message = error.message or reason
    if error.status_code in (404, 405):
        message = f"{message} (asked {url})"
    return type(error)(error.status_code, message, error.headers, str(error), error.details)
