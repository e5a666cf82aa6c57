"""What a failed attempt means: whether trying again can help, whether this request is refused, or none will succeed.

LiteLLM's exceptions are read by status code and by class name together, since neither alone tells the truth: a body
that is not JSON arrives as status 200 from one provider and as 500 from another, an unsupported parameter arrives as
400 like a prompt that is too long.  What lies beneath an exception is read too, for LiteLLM says "Connection error." of
a host that does not exist.  Names, not classes, so that nothing here imports LiteLLM, and servers that we ask without
it are judged by the same words.

LiteLLM reports some statuses as 500: Anthropic's 529 and Gemini's 503, with which they say that they are overloaded.
The status that the provider gave stands in an exception beneath, and counts.
"""

import errno
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from selfinstruct.model.waits import asked_wait
from selfinstruct.storage.remedies import REMEDIES

LONGEST_MESSAGE = 300
"""Characters; providers echo whole prompts in their errors."""
DEEPEST = 10
"""Exceptions beneath an exception that are looked at."""

Kind: TypeAlias = Literal["transient", "garbled", "unreached", "refused", "fatal"]

TRANSIENT = frozenset({408, 409, 425, 429})
OVERLOAD = frozenset({429, 529})
OVERLOAD_SIGNS = re.compile(r"overload|too many requests|rate.?limit|at capacity|queue is full", re.IGNORECASE)
LOADING_SIGNS = re.compile(r"\bloading\b|starting up|warming up|not ready", re.IGNORECASE)
"""Words by which a server says, under 503, that its model is not in memory yet: llama.cpp's "Loading model", say."""
FATAL = frozenset({401, 402, 403, 404})
FATAL_CLASSES = frozenset(
    {
        "AuthenticationError",
        "PermissionDeniedError",
        "NotFoundError",
        "LiteLLMUnknownProvider",
        "UnsupportedParamsError",
        "UnsendableError",
    }
)
FATAL_SIGNS = re.compile(
    r"insufficient_quota|model_not_found|invalid_api_key|API key not valid|Missing (?:\w+ API key|credentials)"
    r"|api_key client option|LLM Provider NOT provided|unsupported_(?:parameter|value)|cannot both be specified",
    re.IGNORECASE,
)
"""Words by which providers say, under a status that promises otherwise, that no request will ever succeed."""
GARBLED_CLASSES = frozenset({"GarbledError", "JSONDecodeError", "UnicodeDecodeError", "ClientPayloadError"})
GARBLED_SIGNS = re.compile(
    r"^litellm.*(?:Unable to get json response|provider returned .*'choices'|Empty or invalid response"
    r"|Invalid response object|complete message body)",
    re.DOTALL,
)
"""Words by which LiteLLM says that a success held no completion."""
UNREACHED_CLASSES = frozenset(
    {
        "gaierror",
        "ConnectionRefusedError",
        "ClientConnectorError",
        "ClientConnectorCertificateError",
        "ConnectionTimeoutError",
    }
)

PREFIX = re.compile(r"^(?:litellm\.)?\w+(?:Error|Exception|Timeout):\s*|^\w+(?:Exception|Error) - ")
NOT_FOR_USERS = re.compile(r" To drop\b| Traceback \(most recent call last\)")
"""What LiteLLM appends to some messages: the advice to drop parameters in silence, and its stack."""
TOO_MANY_OPEN = (errno.EMFILE, errno.ENFILE)
SAYS_NOTHING = ("Connection error.", "")


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """What one failed attempt means."""

    kind: Kind
    """`transient`: it may pass; `garbled`: so may this, a success that held no whole completion; `unreached`: so may
    this, nobody was there to answer; `refused`: this request will never be answered; `fatal`: none will."""
    message: str
    retry_after: float | None = None
    """Seconds that the server asked to wait."""
    is_overload: bool = False
    """Whether the server has more to do than it can, or than it allows us: fewer requests at once would help."""
    is_heard: bool = False
    """Whether the server said something, be it that."""
    is_loading: bool = False
    """Whether the server is there and its model is not yet."""


class ReplyError(Exception):
    """A server answered, and not with a reply; named by its status, its headers and what it said.

    `signs` are the code and the type that it gave; `details` is the beginning of its reply, where a wait may stand.
    """

    def __init__(
        self, status_code: int, message: str, headers: Mapping[str, str], signs: str = "", details: str = ""
    ) -> None:
        super().__init__(f"{message} {signs}".strip())
        self.status_code = status_code
        self.message = message
        self.headers = headers
        self.details = details


class GarbledError(ReplyError):
    """A success that holds no completion: no JSON, half of it, or no choice."""


class UnsendableError(Exception):
    """No request can be sent as the config says; the message names the keys."""


def judged(error: Exception) -> FailedAttempt:
    """What an error means for the request, and for those after it."""
    chain = beneath(error)
    status = status_of(chain)
    text = message_of(error)
    kind = kind_of(error, status, chain)
    headers = headers_of(error)
    said = f"HTTP {status}, {text}" if headers else text  # without a reply the status is LiteLLM's guess
    said = "; ".join([said, *dict.fromkeys(note for cause in chain for note in getattr(cause, "__notes__", ()))])
    words = " ".join([*map(str, chain), getattr(error, "details", "")])
    asked = asked_wait(headers, words, datetime.now(UTC))
    is_passing = kind == "transient"
    return FailedAttempt(
        kind,
        said,
        asked,
        is_overload=is_passing and is_overload(status, asked, str(error)),
        is_heard=kind == "garbled" or bool(headers),
        is_loading=is_passing and status == 503 and bool(LOADING_SIGNS.search(text)),
    )


def status_of(chain: Sequence[BaseException]) -> object:
    """The status of a reply that failed; where LiteLLM says 500, that of the reply beneath, if there was one."""
    status = getattr(chain[0], "status_code", None)
    if status != 500:
        return status
    replies = [getattr(cause, "response", None) or cause for cause in chain[1:]]
    found = [getattr(reply, "status_code", None) for reply in replies]
    return next((code for code in reversed(found) if isinstance(code, int) and 400 <= code < 600), status)


def kind_of(error: Exception, status: object, chain: Sequence[BaseException]) -> Kind:
    """Half a reply is judged first: it may hold a model's words, and no word of a model's ends a run."""
    inner = {kind.__name__ for cause in chain for kind in type(cause).__mro__}
    if inner & GARBLED_CLASSES or (status in (200, 500) and GARBLED_SIGNS.search(str(error))):
        return "garbled"
    classes = {kind.__name__ for kind in type(error).__mro__}
    says_so = status is not None and FATAL_SIGNS.search(str(error))
    if is_moved(status) or status in FATAL or classes & FATAL_CLASSES or says_so:
        return "fatal"
    if isinstance(status, int) and 400 <= status < 500 and status not in TRANSIENT:
        return "refused"
    return "unreached" if inner & UNREACHED_CLASSES else "transient"


def beneath(error: BaseException) -> list[BaseException]:
    """The error, and those that led to it."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < DEEPEST:
        chain.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return chain


def is_moved(status: object) -> bool:
    """Whether the server sent us elsewhere; nobody follows, for the key would go along."""
    return isinstance(status, int) and 300 <= status < 400


def is_overload(status: object, asked: float | None, text: str) -> bool:
    """Whether fewer requests at once would help; 503 is also said by servers that are down."""
    return status in OVERLOAD or (status == 503 and (asked is not None or bool(OVERLOAD_SIGNS.search(text))))


def message_of(error: Exception) -> str:
    """The error in one line, without the names of the classes it went through."""
    chain = beneath(error)
    if where := next(filter(None, map(unreached, chain)), None):
        return where
    if isinstance(error, TimeoutError):
        return str(error) or "no answer in time"
    text = plain(error)
    if text in SAYS_NOTHING:
        text = next((said for cause in reversed(chain) if (said := plain(cause)) not in SAYS_NOTHING), text)
    text = own_words(chain, text) or text or type(error).__name__
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "…"


def own_words(chain: Sequence[BaseException], text: str) -> str | None:
    """The sentence of the server itself, where the client of OpenAI wraps it in a reply shown as Python shows it."""
    for body in (getattr(cause, "body", None) for cause in chain):
        for said in (body, body.get("error")) if isinstance(body, Mapping) else ():
            message = said.get("message") if isinstance(said, Mapping) else None
            if isinstance(message, str) and message and message in text:
                return " ".join(message.split())
    return None


def plain(error: BaseException) -> str:
    """What an exception says, in one line."""
    text = " ".join(str(getattr(error, "message", None) or error).split())
    while match := PREFIX.match(text):
        text = text[match.end() :]
    return sentence(NOT_FOR_USERS.split(text)[0])


def sentence(text: str) -> str:
    """The sentence within an error that LiteLLM gives as the JSON that it came in; any other text as it is."""
    try:
        said = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        return text
    error = said.get("error") if isinstance(said, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return " ".join(message.split()) if isinstance(message, str) and message else text


def unreached(error: BaseException) -> str | None:
    """Which host cannot be reached and why, where an exception knows, as aiohttp's do; or that we can open nothing."""
    host, port, cause = (getattr(error, name, None) for name in ("host", "port", "os_error"))
    number = getattr(cause or error, "errno", None)
    if number in TOO_MANY_OPEN:
        return f"no connection can be opened: too many open files. {REMEDIES[number][1]}"
    if not host or not isinstance(cause, OSError):
        return None
    is_refused = isinstance(cause, ConnectionRefusedError)  # asyncio's own words name the address a second time
    name = f"[{host}]" if ":" in str(host) else host  # IPv6, as a URL has it
    return f"cannot reach {name}:{port} ({'connection refused' if is_refused else cause.strerror or cause})"


def headers_of(error: Exception) -> Mapping[str, str]:
    """The headers of the reply that failed; LiteLLM keeps them beside the response, whose own are empty."""
    for headers in (getattr(error, "litellm_response_headers", None), getattr(error, "headers", None)):
        if isinstance(headers, Mapping) and headers:
            return {str(name).lower(): str(value) for name, value in headers.items()}
    return {}
