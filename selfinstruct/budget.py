"""The most that a run may spend, over all its executions.

Before a request is sent its most is reserved: its prompt at two bytes a token (real tokenizers need more bytes), and
`max_tokens` of reply, so that no reply under way can make a run pass its limit.  Where `max_tokens` is not set requests
are sent a round at a time, and the last round may pass the limit.

Only whole rounds are committed, so that a run that was stopped by its budget has the files that an unstopped run had
after the same round.  Questions that may be asked several times are reserved for all their attempts: a round that is
started can be finished.  While nothing else is under way less is enough: of `requests` all questions must fit once, of
`tokens` and `usd` as many are asked as surely fit.

A reply without usable counts is unknown, not free: the most that its request may use counts as spent, with a warning.
What decides is what the rounds taken so far have spent, never what happens to have arrived, so that a run under a
budget ends with the same round whenever it is repeated.  Only the time limit is not deterministic.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf, isinf
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.request import Request

LOG = logging.getLogger(__name__)

BYTES_PER_TOKEN = 2.0
MILLION = 1_000_000
Limit: TypeAlias = Literal["requests", "tokens", "usd", "minutes"]
"""A key of the budget."""
COUNTED: tuple[Literal["requests", "tokens", "usd"], ...] = ("requests", "tokens", "usd")
"""The limits that requests are counted against."""


@part
class Budget:
    """What a run may spend; null for no limit."""

    requests: Annotated[int, Field(ge=1)] | None
    """Requests; a request that is sent again after a fault counts once."""
    tokens: Annotated[int, Field(ge=1)] | None
    """Tokens of prompts and replies together."""
    usd: Annotated[float, Field(gt=0)] | None
    """US dollars; refused where the price of a model is not known."""
    minutes: Annotated[float, Field(gt=0)] | None
    """Minutes of wall time; what is under way then is still taken."""


@dataclass(frozen=True, slots=True)
class Pricing:
    """US dollars per million tokens."""

    prompt: float
    completion: float

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """Return what so many tokens cost."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / MILLION


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent, or is reserved."""

    requests: int = 0
    tokens: float = 0
    usd: float = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.requests + other.requests, self.tokens + other.tokens, self.usd + other.usd)

    def times(self, number: int) -> "Usage":
        """Return so many times as much."""
        return Usage(self.requests * number, self.tokens * number, self.usd * number)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a run stopped before it was done: its budget does not suffice."""

    limit: Limit
    """The key of the budget that was reached."""
    reason: str
    """The same as a sentence, with what was spent and what is needed."""
    needed: str | None = None
    """The least value of the key with which the run can continue, where that is known."""


NOTHING = Usage()
UNLIMITED = Budget(requests=None, tokens=None, usd=None, minutes=None)


class BudgetTracker:
    """Tracks what is left of the budget."""

    def __init__(self, budget: Budget, spent: Usage = NOTHING, seconds: float = 0.0) -> None:
        self._budget = budget
        self._spent = spent
        self._reserved: list[Usage] = []
        self._end = None if budget.minutes is None else time.monotonic() + 60 * budget.minutes - seconds
        self._unknown: set[str] = set()
        self.empty: Stop | None = None
        """Why nothing more can be asked, as soon as that is so."""

    @property
    def spent(self) -> Usage:
        """What was spent so far, unknown usage as the most that it may be."""
        return self._spent

    def reserve(
        self, requests: Sequence[Request], rates: Callable[[], Pricing | None], attempts: int = 1
    ) -> tuple[int, Usage]:
        """Return how many of the requests, the first ones, may be sent now, and the most that they cost once.

        So much is reserved for each attempt.  While others are under way it is all or none.
        """
        if self._budget == UNLIMITED:
            return len(requests), NOTHING
        rate = None if self._budget.usd is None else rates()
        count = len(requests) if self._is_time_left() else 0
        if count and self._missing(most(requests, rate).times(attempts)) is not None:
            count = 0 if self._reserved else self._fitting(requests, rate)
        if count:
            once = most(requests[:count], rate)
            self._reserved.append(once.times(attempts))
            return count, once
        if requests and not self._reserved:
            self.empty = self._stop(requests, rate)
        return 0, NOTHING

    def at_most(self, request: Request, rates: Callable[[], Pricing | None]) -> Usage:
        """Return the most that a request may spend, as far as it is limited."""
        return most([request], None if self._budget.usd is None else rates())

    def settle(self, once: Usage, spent: Usage, attempts: int = 1) -> None:
        """Replace what was reserved by what was spent."""
        if (reserved := once.times(attempts)) in self._reserved:
            self._reserved.remove(reserved)
            self._spent += spent

    def report_unknown(self, name: Literal["tokens", "usd"]) -> None:
        """Warn once that what replies use is unknown, where this limit is set: the most that they may use counts."""
        if getattr(self._budget, name) is None or name in self._unknown:
            return
        self._unknown.add(name)
        what = "the server does not report the tokens of its replies" if name == "tokens" else "a cost is unknown"
        how = "each request counts as its prompt at two bytes per token, plus max_tokens"
        LOG.warning("budget.%s: %s, so %s. Where max_tokens is null, nothing more is asked.", name, what, how)

    def _fitting(self, requests: Sequence[Request], rate: Pricing | None) -> int:
        """Return how many may be asked once where nothing else is under way; 0 where their number is too high."""
        if self._missing(Usage(len(requests))) is not None:
            return 0
        count = len(requests)
        while count and self._missing(most(requests[:count], rate)) is not None:
            count -= 1
        return count

    def _missing(self, wanted: Usage) -> Limit | None:
        """Return the first limit that does not allow it; what is unknown fits if nothing else is under way."""
        total = sum(self._reserved, self._spent + wanted)
        for name in COUNTED:
            cap: float | None = getattr(self._budget, name)
            is_unknown = isinf(getattr(wanted, name)) and not self._reserved
            needed = getattr(self._spent, name) if is_unknown else getattr(total, name)
            if cap is not None and (needed >= cap if is_unknown else needed > cap):
                return name
        return None

    def _is_time_left(self) -> bool:
        return self._end is None or time.monotonic() < self._end

    def _stop(self, requests: Sequence[Request], rate: Pricing | None) -> Stop:
        """Return why none of the requests can be asked, and the least with which some can."""
        stage, minutes = requests[0].stage, self._budget.minutes
        if not self._is_time_left():
            return Stop("minutes", f"budget: the {minutes:g} min are over")
        wanted = Usage(len(requests))
        if (limit := self._missing(wanted)) != "requests":
            wanted = most(requests[:1], rate)
            limit = self._missing(wanted)
        assert limit is not None
        needed = least(limit, getattr(self._spent, limit), getattr(wanted, limit))
        text = f"budget: {', '.join(self._spending())} spent"
        return Stop(limit, f"{text}; {stage} needs budget.{limit}={needed} to continue" if needed else text, needed)

    def _spending(self) -> list[str]:
        """Return what was spent of each limit that is set."""
        found = []
        for name in COUNTED:
            cap, spent = getattr(self._budget, name), getattr(self._spent, name)
            if cap is not None:
                amount = "an unknown part" if isinf(spent) else format(spent, ".4f" if name == "usd" else ",.0f")
                found.append(f"{amount} of {cap:,} {name}")
        return found


def least(limit: Limit, spent: float, wanted: float) -> str | None:
    """Return the least value of a limit that allows some more; None where it is not known what was spent."""
    if isinf(spent):
        return None
    if limit == "usd":
        return f"{ceil((spent + (0.0001 if isinf(wanted) else wanted)) * 10_000) / 10_000:.4f}"
    return str(ceil(spent + (1 if isinf(wanted) else wanted)))


def most(requests: Sequence[Request], rates: Pricing | None) -> Usage:
    """Return the most that some requests may spend; infinite where that is not known."""
    texts = ((f"{request.system or ''}{request.text}", request.decoding.max_tokens) for request in requests)
    return sum((most_of(len(text.encode(errors="surrogatepass")), most, rates) for text, most in texts), NOTHING)


def most_of(size: int, max_tokens: int | None, rates: Pricing | None) -> Usage:
    """Return the most that a request may spend whose prompt has so many bytes; infinite where that is not known."""
    prompt = size / BYTES_PER_TOKEN
    reply = inf if max_tokens is None else max_tokens
    return Usage(1, prompt + reply, inf if rates is None or isinf(reply) else rates.of(prompt, reply))


def used(tokens: float | None, usd: float | None, at_most: Usage) -> Usage:
    """Return what an answered request has spent: the most that it may where its reply does not say."""
    return Usage(1, at_most.tokens if tokens is None else tokens, at_most.usd if usd is None else usd)
