"""What a failed attempt means, and how long to wait before the next.

Retrying is our own, because LiteLLM's differs from provider to provider: some retry twice unasked, some say that they
did and did not, and a Retry-After is honoured by few.  Its exceptions are read by status code and by class name
together, since neither alone tells the truth: a body that is not JSON arrives as status 200 from one provider and as
500 from another, an unsupported parameter arrives as 400 like a prompt that is too long.  Names, not classes, so that
nothing here imports LiteLLM, and servers that we ask without it are judged by the same words.

Back-off is exponential with full jitter: a wait is drawn between nothing and a bound that doubles, so that requests
which failed together do not come back together.
"""

import logging
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Literal

from selfinstruct.round import Failure

LOG = logging.getLogger(__name__)

LONGEST_BACKOFF = 60.0
"""Seconds; the bound of the wait does not double beyond it."""
LONGEST_WAIT = 300.0
"""Seconds; a server that asks for more is asked again after this."""
WORTH_TELLING = 5.0
"""Seconds; a longer wait is logged where the user sees it."""
LONGEST_MESSAGE = 300
"""Characters; providers echo whole prompts in their errors."""

TRANSIENT = frozenset({408, 409, 425, 429})
OVERLOAD = frozenset({429, 529})
OVERLOAD_SIGNS = re.compile(r"overload|too many requests|rate.?limit|at capacity|queue is full", re.IGNORECASE)
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

PREFIX = re.compile(r"^(?:litellm\.)?\w+(?:Error|Exception|Timeout):\s*|^\w+Exception - ")
NOT_FOR_USERS = re.compile(r" To drop\b| Traceback \(most recent call last\)")
"""What LiteLLM appends to some messages: the advice to drop parameters in silence, and its stack."""
SECRETS = re.compile(r"(?i)\bbearer\s+[^\s'\",}]+|\bsk-[\w*-]{4,}|(?<=[?&]key=)[^\s&'\"]+")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What one failed attempt means."""

    kind: Literal["transient", "refused", "fatal"]
    message: str
    retry_after: float | None = None
    """Seconds that the server asked to wait."""
    is_overload: bool = False
    """Whether the server has more to do than it can, or than it allows us: fewer requests at once would help."""


class ReplyError(Exception):
    """A server answered, and not with a reply; named by its status, its headers and what it said."""

    def __init__(self, status_code: int, message: str, headers: Mapping[str, str], signs: str = "") -> None:
        super().__init__(f"{message} {signs}".strip())
        self.status_code = status_code
        self.message = message
        self.headers = headers


class UnsendableError(Exception):
    """No request can be sent as the config says; the message names the keys."""


def judged(error: Exception) -> Trouble:
    """Whether trying again can help, whether only this request is refused, or whether none will succeed."""
    status = getattr(error, "status_code", None)
    classes = {kind.__name__ for kind in type(error).__mro__}
    text = message_of(error)
    kind: Literal["transient", "refused", "fatal"] = "transient"
    says_so = status is not None and FATAL_SIGNS.search(str(error))
    if is_moved(status) or status in FATAL or classes & FATAL_CLASSES or says_so:
        kind = "fatal"
    elif isinstance(status, int) and 400 <= status < 500 and status not in TRANSIENT:
        kind = "refused"
    headers = headers_of(error)
    said = f"HTTP {status}, {text}" if headers else text  # without a reply the status is LiteLLM's guess
    asked = retry_after(headers, datetime.now(UTC))
    return Trouble(kind, said, asked, kind == "transient" and is_overload(status, asked, text))


def is_moved(status: object) -> bool:
    """Whether the server sent us elsewhere; nobody follows, for the key would go along."""
    return isinstance(status, int) and 300 <= status < 400


def is_overload(status: object, asked: float | None, text: str) -> bool:
    """Whether fewer requests at once would help; 503 is also said by servers that are down."""
    return status in OVERLOAD or (status == 503 and (asked is not None or bool(OVERLOAD_SIGNS.search(text))))


def message_of(error: Exception) -> str:
    """The error in one line, without the names of the classes it went through."""
    if isinstance(error, TimeoutError):
        return str(error) or "no answer in time"
    text = " ".join(str(getattr(error, "message", None) or error).split())
    while match := PREFIX.match(text):
        text = text[match.end() :]
    text = NOT_FOR_USERS.split(text)[0] or type(error).__name__
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "…"


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """A message without any of the secrets, and without anything that looks like a key."""
    for secret in secrets:
        text = text.replace(secret, "[key]")
    return SECRETS.sub("[key]", text)


def headers_of(error: Exception) -> Mapping[str, str]:
    """The headers of the reply that failed; LiteLLM keeps them beside the response, whose own are empty."""
    for headers in (getattr(error, "litellm_response_headers", None), getattr(error, "headers", None)):
        if isinstance(headers, Mapping) and headers:
            return {str(name).lower(): str(value) for name, value in headers.items()}
    return {}


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """The seconds that a Retry-After header asks for, as a number or as a date; None where it cannot be read."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def wait(attempt: int, asked: float | None, rng: Random) -> float:
    """Seconds before the next attempt, after `attempt` of them failed and the server asked for `asked`."""
    backoff = rng.uniform(0.0, min(LONGEST_BACKOFF, 2.0 ** (attempt - 1)))
    return backoff if asked is None else max(backoff, min(LONGEST_WAIT, asked + rng.random()))


class Attempts:
    """The attempts of one request, which say after each failed one how long to wait, or that it was the last.

    The waits are drawn from a stream of the request's own, made when the first attempt fails: nearly none does.
    """

    def __init__(self, most: int, request: str, clean: Callable[[str], str] = str) -> None:
        self._most = most
        self._request = request
        self._clean = clean
        self._failed = 0

    def after(self, trouble: Trouble) -> float | Failure:
        """Seconds to wait before the next attempt, or the failure that the request ends with."""
        self._failed += 1
        message = self._clean(trouble.message)
        if trouble.kind != "transient":
            return Failure(trouble.kind, message)
        if self._failed >= self._most:
            times = "1 attempt" if self._most == 1 else f"{self._most} attempts; the last"
            return Failure("unavailable", f"no answer in {times}: {message}")
        if self._failed == 1:
            self._rng = Random(self._request)
        seconds = wait(self._failed, trouble.retry_after, self._rng)
        level = logging.INFO if seconds >= WORTH_TELLING else logging.DEBUG
        shown = (self._failed, self._most, message, seconds)
        LOG.log(level, "Attempt %d of %d failed (%s); the next in %.1f s.", *shown)
        return seconds
