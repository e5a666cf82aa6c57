"""A server that speaks OpenAI's protocol, asked directly: vLLM, SGLang, llama.cpp, TGI, LM Studio, a gateway.

LiteLLM reaches these too, but takes seconds to import and milliseconds of processor time for each request, which a
server on one's own card outruns.  Here is what is needed and no more: one session of aiohttp for a line, one POST for
an attempt.  Rejected: httpx, whose pool of connections collapses at hundreds of requests under way, and the client of
OpenAI, which stands on it.

The name is sent as it is written, for `openai/gpt-oss-20b` is a name under which models are served; LiteLLM's way of
writing the provider in front does not belong here.  Nobody is told a key but the server named: redirects are not
followed.  Proxies are those of the environment, found once; aiohttp's own search would read ~/.netrc for each request
and send a password found there.  No price list knows a server of one's own: a cost is known where `price` is set, or
where the server names it in `usage.cost`.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from selfinstruct.budget import Pricing
from selfinstruct.model import Mode, Session
from selfinstruct.model.arguments import Droppable, Limit, given, shown, supported
from selfinstruct.model.bodies import ACCEPTED, LARGEST, Bodies
from selfinstruct.model.failed_attempt import ReplyError, UnsendableError
from selfinstruct.model.protocol import body, check_moved, completion, parameters, path
from selfinstruct.model.proxies import by_proxy, proxy_of
from selfinstruct.model.replies import Price, trusted
from selfinstruct.model.request_queue import Send, terms_of
from selfinstruct.model.secrets import Secrets
from selfinstruct.model.session import AsyncSession
from selfinstruct.model.settings import key_in, problems_of_key, problems_of_values
from selfinstruct.model.support import Stages, misplaced_in
from selfinstruct.part import part
from selfinstruct.request import Completion, Decoding, Request

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

REST = 4.0
"""Seconds after which an idle connection is not used again: uvicorn, on which most of these servers stand, hangs up
after five, and a request on its way at that moment is lost."""
CONNECT = 30.0
"""Seconds to be let in; a host that drops what comes would else take the time of a whole attempt to show."""
LITELLM_ONLY = ("hosted_vllm/", "text-completion-openai/", "custom_openai/", "litellm_proxy/")


@part
class Endpoint:
    """Completes prompts with a model behind a server that speaks OpenAI's protocol."""

    name: Annotated[str, Field(min_length=1)]
    """The model as served, sent as it stands."""
    mode: Mode
    """`chat` for models that are sent messages, `completion` for models that continue a text."""
    api_base: str
    """URL of the server, up to and with `/v1`."""
    key_env: str | None
    """Name of the environment variable that holds the key; null to send none."""
    key_required: bool
    """Whether a run without that key is refused before it starts."""
    concurrency: Annotated[int, Field(ge=1)]
    """Requests under way at once; fewer, while the server says that it has too much to do."""
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
    """What the model costs."""
    store: str | None
    """Path of a store of replies that several runs share: what one has paid for, the others find; null for none."""
    extra: dict[str, Any]
    """Further parameters of every request, sent as they are (top_k, chat_template_kwargs, …)."""
    unsupported: list[Droppable] = Field(default_factory=list)
    """Decoding parameters that the model does not take: no stage sends them, whatever its prompt says."""
    max_tokens_parameter: Limit | None = None
    """Name under which `max_tokens` is sent; null for `max_tokens`, which nearly all servers know."""
    max_reply_bytes: Annotated[int, Field(ge=1024)] = LARGEST
    """Bytes of a reply, after decompression, beyond which it is not read on and counts as garbled."""

    @property
    def is_offline(self) -> bool:
        """Never: its text comes from a model."""
        return False

    def prepare(self) -> None:
        """Nothing: it takes no time to speak of."""

    def identity(self) -> dict[str, object]:
        """Name, mode, address and the parameters of every request; no key, and no limit that shapes no reply."""
        shape = {"name": self.name, "mode": self.mode, "api_base": self.api_base, "extra": dict(self.extra)}
        return shape | given({"max_tokens_parameter": self.max_tokens_parameter})

    def sends(self, decoding: Decoding) -> Decoding:
        """The decoding without what the model does not take."""
        return supported(decoding, self.unsupported)

    def untaken(self, key: str, stages: Stages) -> list[str]:
        """What stands in an `extra` and may not; nothing else is known of a server before it is asked."""
        return misplaced_in(stages)

    def problems(self) -> list[str]:
        """What would keep it from answering."""
        found = problems_of_key(self.name, self.key_env, self.key_required)
        found += problems_of_values(self.api_base, self.price, self.extra)
        if self.name.startswith(LITELLM_ONLY):
            bare = self.name.partition("/")[2]
            found.append(f"model.name is sent as it is written, without a provider: set model.name={bare}")
        return found

    def rates(self) -> Pricing | None:
        """As the config says."""
        return self.price.rates()

    def line(self) -> AbstractContextManager[Session]:
        """Open a line; nothing is connected before the first request."""
        return AsyncSession(self._opened, terms_of(self), Secrets(key_in(self.key_env)))

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Send]:
        if problems := self.problems():
            raise UnsendableError(" ".join(problems))
        async with session(key_in(self.key_env), self.api_base) as connected:
            yield Sender(self, connected).send


class Sender:
    """Makes the attempts of one line."""

    def __init__(self, model: Endpoint, session: "ClientSession") -> None:
        from yarl import URL

        self._model = model
        self._session = session
        self._bodies = Bodies(model.max_reply_bytes)
        self._urls = {chat: URL(f"{model.api_base.rstrip('/')}/{path(chat)}") for chat in (True, False)}

    async def send(self, request: Request) -> Completion:
        """Ask once."""
        model = self._model
        url = self._urls[request.chat]
        sent = parameters(model.name, model.extra, request, model.unsupported, model.max_tokens_parameter)
        data = body(model.name, sent, request)
        try:
            async with self._session.post(url, data=data, allow_redirects=False) as response:
                content = await self._content(response, str(url))
        except ReplyError:
            raise
        except BaseException as error:
            if way := by_proxy(str(url)):
                error.add_note(way)
            raise
        try:
            reply = completion(response.status, response.headers, content, request)
        except ReplyError as error:
            raise told(error, response.reason or "", str(url)) from None
        cost = model.price.of(reply.prompt_tokens, reply.completion_tokens)
        return trusted(replace(reply, cost_usd=reply.cost_usd if cost is None else cost, sent=shown(sent)))

    async def _content(self, response: "ClientResponse", url: str) -> bytes:
        """The body of a reply; the connection is closed where it is not read to its end."""
        try:
            check_moved(response.status, response.reason or "", response.headers, url)
            return await self._bodies.read(response.status, response.headers, response.content.iter_any())
        except BaseException:
            response.close()
            raise


def session(key: str | None, api_base: str) -> "ClientSession":
    """A session with as many connections as are asked for, no cookies, and the key where there is one."""
    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

    headers = {"Content-Type": "application/json", "User-Agent": "selfinstruct", "Accept-Encoding": ACCEPTED}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    return ClientSession(
        connector=TCPConnector(limit=0, keepalive_timeout=REST, ttl_dns_cache=300),
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=None, sock_connect=CONNECT),  # the line counts the time of a whole attempt
        headers=headers,
        proxy=proxy_of(api_base),
        auto_decompress=False,  # bodies.py does it, within the limit
    )


def told(error: ReplyError, reason: str, url: str) -> ReplyError:
    """The error with the address, where the address may be what is wrong."""
    message = error.message or reason
    if error.status_code in (404, 405):
        message = f"{message} (asked {url})"
    return type(error)(error.status_code, message, error.headers, str(error), error.details)
