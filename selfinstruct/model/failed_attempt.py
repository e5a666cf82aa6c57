"""What a failed attempt means: whether trying again can help, whether this request is refused, or none will succeed.

LiteLLM's exceptions are read by status code and by class name together, since neither alone is reliable: a body that is
not JSON arrives as status 200 from one provider and as 500 from another.  Their causes are read too, for LiteLLM says
"Connection error." of a host that does not exist, and 500 for Anthropic's 529 and Gemini's 503, which mean overload.
Names, not classes, so that nothing here imports LiteLLM.
"""

import errno
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from selfinstruct.model.retry_after import retry_after
from selfinstruct.storage.remedies import REMEDIES
from selfinstruct.text.pattern import lazy

MAX_MESSAGE = 300  # characters; providers echo whole prompts in their errors
MAX_CAUSES = 10  # causes of an exception that are read

Kind: TypeAlias = Literal["transient", "garbled", "unreached", "refused", "fatal"]

TRANSIENT = frozenset({408, 409, 425, 429})
OVERLOAD = frozenset({429, 529})
OVERLOAD_SIGNS = lazy(r"overload|too many requests|rate.?limit|at capacity|queue is full", re.IGNORECASE)
LOADING_SIGNS = lazy(r"\bloading\b|starting up|warming up|not ready", re.IGNORECASE)
"""Words of a 503 for a model that is not in memory yet, such as llama.cpp's "Loading model"."""
FATAL = frozenset({401, 402, 403, 404})
FATAL_CLASSES = {"AuthenticationError", "PermissionDeniedError", "NotFoundError", "LiteLLMUnknownProvider"}
FATAL_CLASSES |= {"UnsupportedParamsError", "UnsendableError"}
FATAL_SIGNS = lazy(
    r"insufficient_quota|model_not_found|invalid_api_key|API key not valid|Missing (?:\w+ API key|credentials)"
    r"|api_key client option|LLM Provider NOT provided|unsupported_(?:parameter|value)|cannot both be specified",
    re.IGNORECASE,
)
"""Words by which providers say, under another status, that no request will ever succeed."""
GARBLED_CLASSES = frozenset({"GarbledError", "JSONDecodeError", "UnicodeDecodeError", "ClientPayloadError"})
GARBLED_SIGNS = lazy(
    r"^litellm.*(?:Unable to get json response|provider returned .*'choices'|Empty or invalid response"
    r"|Invalid response object|complete message body)",
    re.DOTALL,
)
"""Words by which LiteLLM says that a success held no completion."""
UNREACHED_CLASSES = {"gaierror", "ConnectionRefusedError", "ClientConnectorError", "ClientConnectorCertificateError"}
UNREACHED_CLASSES |= {"ConnectionTimeoutError"}

PREFIX = lazy(r"^(?:litellm\.)?\w+(?:Error|Exception|Timeout):\s*|^\w+(?:Exception|Error) - ")
NOT_FOR_USERS = lazy(r" To drop\b| Traceback \(most recent call last\)")
"""Ends of LiteLLM's messages that are cut off: the advice to drop parameters in silence, and its stack."""
TOO_MANY_OPEN = (errno.EMFILE, errno.ENFILE)
EMPTY_MESSAGES = ("Connection error.", "")


@dataclass(frozen=True, slots=True)
class FailedAttempt:
    """The meaning of one failed attempt."""

    kind: Kind
    """`transient`: it may pass; `garbled`: so may this, a success without a whole completion; `unreached`: so may this,
    the server could not be reached; `refused`: this request will never be answered; `fatal`: none will."""
    message: str
    retry_after: float | None = None  # seconds that the server asked to wait
    is_overload: bool = False  # whether fewer requests at once would help
    is_heard: bool = False  # whether the server responded, if only with an error
    is_loading: bool = False  # whether the server is there and its model is not yet


class ReplyError(Exception):
    """A server answered, but not with a reply.

    `signs` are the code and the type that it gave; `details` is the beginning of its reply, which may ask for a wait.
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
    """A success without a whole completion: not JSON, half of it, no choice, or a text that a filter or fault ended."""


class UnsendableError(Exception):
    """No request can be sent with this config; the message names the keys."""


def classify(error: Exception) -> FailedAttempt:
    """Return what an error means for the request, and for those after it."""
    chain = causes(error)
    status = status_of(chain)
    text = message_of(error)
    kind = kind_of(error, status, chain)
    headers = headers_of(error)
    message = f"HTTP {status}, {text}" if headers else text  # without a reply the status is LiteLLM's guess
    words = " ".join([*map(str, chain), getattr(error, "details", "")])
    seconds = retry_after(headers, words, datetime.now(UTC))
    is_busy = status == 503 and (seconds is not None or OVERLOAD_SIGNS.search(str(error)) is not None)
    return FailedAttempt(
        kind,
        message,
        seconds,
        is_overload=kind == "transient" and (status in OVERLOAD or is_busy),
        is_heard=kind == "garbled" or bool(headers),
        is_loading=kind == "transient" and status == 503 and bool(LOADING_SIGNS.search(text)),
    )


def status_of(chain: Sequence[BaseException]) -> object:
    """Return the status of a reply that failed; where LiteLLM says 500, the one that the provider gave, if any."""
    status = getattr(chain[0], "status_code", None)
    if status != 500:
        return status
    replies = [getattr(cause, "response", None) or cause for cause in chain[1:]]
    found = [getattr(reply, "status_code", None) for reply in replies]
    return next((code for code in reversed(found) if isinstance(code, int) and 400 <= code < 600), status)


def kind_of(error: Exception, status: object, chain: Sequence[BaseException]) -> Kind:
    """Return the kind of an error; half a reply comes first, since a model's words in it must not end a run."""
    names = {kind.__name__ for cause in chain for kind in type(cause).__mro__}
    if names & GARBLED_CLASSES or (status in (200, 500) and GARBLED_SIGNS.search(str(error))):
        return "garbled"
    own_names = {kind.__name__ for kind in type(error).__mro__}
    is_redirect = isinstance(status, int) and 300 <= status < 400  # it is not followed, since the key would go along
    has_signs = status is not None and FATAL_SIGNS.search(str(error))
    if is_redirect or status in FATAL or own_names & FATAL_CLASSES or has_signs:
        return "fatal"
    if isinstance(status, int) and 400 <= status < 500 and status not in TRANSIENT:
        return "refused"
    return "unreached" if names & UNREACHED_CLASSES else "transient"


def causes(error: BaseException) -> list[BaseException]:
    """Return the error, and those that led to it."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < MAX_CAUSES:
        chain.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return chain


def message_of(error: Exception) -> str:
    """Return the error in one line, without the names of the classes it went through."""
    chain = causes(error)
    if where := next(filter(None, map(unreached, chain)), None):
        return where
    if isinstance(error, TimeoutError):
        return str(error) or "no answer in time"
    text = plain(error)
    if text in EMPTY_MESSAGES:
        text = next((found for cause in reversed(chain) if (found := plain(cause)) not in EMPTY_MESSAGES), text)
    text = servers_message(chain, text) or text or type(error).__name__
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + "…"


def servers_message(chain: Sequence[BaseException], text: str) -> str | None:
    """Return the server's own message, where the client of OpenAI shows the whole reply that holds it."""
    for body in (getattr(cause, "body", None) for cause in chain):
        for part in (body, body.get("error")) if isinstance(body, Mapping) else ():
            message = part.get("message") if isinstance(part, Mapping) else None
            if isinstance(message, str) and message and message in text:
                return " ".join(message.split())
    return None


def plain(error: BaseException) -> str:
    """Return the message of an exception in one line; LiteLLM gives some as the JSON in which they came."""
    text = " ".join(str(getattr(error, "message", None) or error).split())
    while match := PREFIX.match(text):
        text = text[match.end() :]
    text = NOT_FOR_USERS.split(text)[0]
    try:
        body = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError):
        return text
    inner = body.get("error") if isinstance(body, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else None
    return " ".join(message.split()) if isinstance(message, str) and message else text


def unreached(error: BaseException) -> str | None:
    """Return which host cannot be reached and why, where an exception knows; or that no connection can be opened."""
    host, port, cause = (getattr(error, name, None) for name in ("host", "port", "os_error"))
    number = getattr(cause or error, "errno", None)
    if number in TOO_MANY_OPEN:
        return f"no connection can be opened: too many open files. {REMEDIES[number][1]}"
    if not host or not isinstance(cause, OSError):
        return None
    is_refused = isinstance(cause, ConnectionRefusedError)  # asyncio's own words name the address a second time
    name = f"[{host}]" if ":" in str(host) else host  # IPv6, as in a URL
    return f"cannot reach {name}:{port} ({'connection refused' if is_refused else cause.strerror or cause})"


def headers_of(error: Exception) -> Mapping[str, str]:
    """Return the headers of the reply that failed; LiteLLM keeps them beside the response, whose own are empty."""
    for headers in (getattr(error, "litellm_response_headers", None), getattr(error, "headers", None)):
        if isinstance(headers, Mapping) and headers:
            return {str(name).lower(): str(value) for name, value in headers.items()}
    return {}
