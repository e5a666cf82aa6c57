"""How long a server asks to wait, in any of the ways that servers have.

Retry-After is the standard (RFC 9110, section 10.2.3: seconds or a date), and few keep to it: OpenAI and Azure add
`retry-after-ms` and `x-ratelimit-reset-requests: 6m0s`, Anthropic `anthropic-ratelimit-tokens-reset` with an ISO date,
OpenRouter an epoch in milliseconds, Google a `retryDelay` in the details of the error, some gateways only a sentence.
The first of these that can be read decides.  A reset counts only where its twin says that nothing remains.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from selfinstruct.text.pattern import lazy

UNITS = {"ms": 0.001, "mil": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
"""Seconds by the beginning of a unit's name; the first that fits counts."""
PIECE = r"(\d+(?:\.\d+)?)\s*(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])"
DURATION = lazy(rf"(?:{PIECE}[\s,]*)+", re.IGNORECASE)  # such as `2s`, `6m0s`, `1.5 seconds`, `20 ms`
SENTENCE = lazy(
    r"\b(?:try(?:ing)? again|retry(?:ing)?|wait|resets?)\b[\w\s]{0,40}?:?\s*"
    rf"({DURATION.pattern})",
    re.IGNORECASE,
)
"""Such as "Try again in 30 seconds", "Please retry after 20s", "wait at least 5 minutes"."""
DELAY = lazy(r"retryDelay\W{1,6}(\d+(?:\.\d+)?)s\b")  # Google's RetryInfo, as JSON or as Python shows it
EPOCH = 1e9  # a number from here on is a moment and not a duration
MILLISECONDS = 1e12  # a moment from here on is in milliseconds


def retry_after(headers: Mapping[str, str], text: str, now: datetime) -> float | None:
    """Return the seconds that a server asks to wait, if any; names of headers are in lower case."""
    if (milliseconds := number(headers.get("retry-after-ms", ""))) is not None:
        return max(0.0, milliseconds / 1000)
    if (seconds := seconds_of(headers.get("retry-after", ""), now)) is not None:
        return seconds
    resets = [
        seconds
        for name, value in headers.items()
        if "ratelimit" in name and "reset" in name and number(headers.get(name.replace("reset", "remaining"), "")) == 0
        if (seconds := seconds_of(value, now)) is not None
    ]
    if resets:
        return max(resets)
    if delay := DELAY.search(text):
        return float(delay[1])
    found = SENTENCE.search(text)
    return duration(found[1]) if found else None


def seconds_of(value: str, now: datetime) -> float | None:
    """Return the seconds that the value of a header stands for: a number, a duration with units, or a moment."""
    value = value.strip()
    plain = number(value)
    if plain is None:
        return duration(value) if DURATION.fullmatch(value) else until(value, now)
    if plain < EPOCH:
        return max(0.0, plain)
    return max(0.0, plain / (1000 if plain >= MILLISECONDS else 1) - now.timestamp())


def number(value: str) -> float | None:
    """Return a finite number, None for anything else."""
    try:
        found = float(value)
    except ValueError:
        return None
    return found if isfinite(found) else None


def duration(text: str) -> float:
    """Return the seconds of a duration that is written with its units."""
    return sum(
        float(amount) * next(seconds for name, seconds in UNITS.items() if unit.lower().startswith(name))
        for amount, unit in re.findall(PIECE, text, re.IGNORECASE)
    )


def until(value: str, now: datetime) -> float | None:
    """Return the seconds until a date, by HTTP or by ISO 8601; None for anything else."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            date = read(value)
            return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())
        except (ValueError, OverflowError):
            continue
    return None
