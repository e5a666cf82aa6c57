"""How long a server asks to wait, in whatever way it says so.

Retry-After is the standard (RFC 9110, section 10.2.3: seconds or a date), and few keep to it: OpenAI and Azure add
`retry-after-ms` and `x-ratelimit-reset-requests: 6m0s`, Anthropic `anthropic-ratelimit-tokens-reset` with an ISO date,
OpenRouter an epoch in milliseconds, Google a `retryDelay` in the details of the error, LiteLLM's router and some
gateways only a sentence ("Try again in 30 seconds").  The first of these that can be read decides, in this order.

A reset counts only where its twin says that nothing remains: servers send it with every reply.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

UNITS = {"ms": 0.001, "mil": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
"""Seconds by how the name of a unit begins; the first that fits counts."""
PIECE = r"(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])"
DURATION = re.compile(rf"(?:{PIECE}[\s,]*)+", re.IGNORECASE)
"""Such as `2s`, `6m0s`, `1.5 seconds`, `20 ms`."""
SENTENCE = re.compile(
    r"\b(?:try(?:ing)? again|retry(?:ing)?|wait|resets?)\b[\w\s]{0,40}?:?\s*"
    rf"({DURATION.pattern})",
    re.IGNORECASE,
)
"""Such as "Try again in 30 seconds", "Please retry after 20s", "wait at least 5 minutes"."""
DELAY = re.compile(r"retryDelay\W{1,6}(\d+(?:\.\d+)?)s\b")
"""Google's RetryInfo, as JSON or as Python shows it."""
EPOCH = 1e9
"""A number from here on is a moment and no span."""
MILLISECONDS = 1e12
"""A moment from here on is in milliseconds."""


def asked_wait(headers: Mapping[str, str], text: str, now: datetime) -> float | None:
    """The seconds that a server asks to wait; None where it asks for nothing that can be read.

    The names of the headers are in lower case; `text` is all that the server said.
    """
    found = (*after(headers, now), longest(resets(headers, now)), delay(text), sentence(text))
    return next((seconds for seconds in found if seconds is not None), None)


def after(headers: Mapping[str, str], now: datetime) -> Iterator[float | None]:
    """What the headers ask for that are made for it."""
    milliseconds = number(headers.get("retry-after-ms", ""))
    yield None if milliseconds is None else max(0.0, milliseconds / 1000)
    yield seconds_of(headers.get("retry-after", ""), now)


def resets(headers: Mapping[str, str], now: datetime) -> Iterator[float]:
    """When each limit of which nothing remains begins anew."""
    for name, value in headers.items():
        if "ratelimit" in name and "reset" in name and number(headers.get(name.replace("reset", "remaining"), "")) == 0:
            seconds = seconds_of(value, now)
            if seconds is not None:
                yield seconds


def longest(found: Iterator[float]) -> float | None:
    """The longest of some waits; None of nothing."""
    return max(found, default=None)


def delay(text: str) -> float | None:
    """The delay that Google names beside an error."""
    found = DELAY.search(text)
    return float(found[1]) if found else None


def sentence(text: str) -> float | None:
    """The wait that a sentence asks for."""
    found = SENTENCE.search(text)
    return duration(found[1]) if found else None


def seconds_of(value: str, now: datetime) -> float | None:
    """The seconds that a value of a header stands for: a number, a span with its unit, a moment, or a date."""
    value = value.strip()
    plain = number(value)
    if plain is None:
        return duration(value) if DURATION.fullmatch(value) else until(value, now)
    if plain < EPOCH:
        return max(0.0, plain)
    return max(0.0, plain / (1000 if plain >= MILLISECONDS else 1) - now.timestamp())


def number(value: str) -> float | None:
    """A finite number; None for anything else."""
    try:
        found = float(value)
    except ValueError:
        return None
    return found if isfinite(found) else None


def duration(text: str) -> float:
    """The seconds of a span that is written with its units."""
    return sum(float(amount) * seconds_in(unit) for amount, unit in re.findall(PIECE, text, re.IGNORECASE))


def seconds_in(unit: str) -> float:
    """The seconds of one unit."""
    return next(seconds for name, seconds in UNITS.items() if unit.lower().startswith(name))


def until(value: str, now: datetime) -> float | None:
    """The seconds until a date, by HTTP or by ISO 8601; None where it is none."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            date = read(value)
            return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())
        except (ValueError, OverflowError):
            continue
    return None
