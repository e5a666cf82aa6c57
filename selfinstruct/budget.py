"""Budget: the most that a run may spend, over all its executions.

Before a request is sent its most is reserved: its prompt at two bytes a token (real tokenizers need more bytes), and
`max_tokens` of reply.  What is reserved and what is spent never pass the cap together, so that no reply under way can
make a run pass it.  Where `max_tokens` is not set nothing can be reserved: requests are then sent a round at a time,
and the last round may pass the cap.

A reply without usable counts is unknown, not free: what was reserved for its round counts as spent, and a warning says
so.

What decides is what the rounds taken so far have spent, never what happens to have arrived, so that a run under a
budget ends with the same round whenever it is repeated.  Time alone is what it is.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isinf
from typing import Annotated, Literal

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.request import Request

LOG = logging.getLogger(__name__)

BYTES_PER_TOKEN = 2.0
MILLION = 1_000_000


@part
class Budget:
    """What a run may spend; null for no limit."""

    requests: Annotated[int, Field(ge=1)] | None
    """Questions asked; a question that is sent again after a fault counts once."""
    tokens: Annotated[int, Field(ge=1)] | None
    """Tokens of prompts and replies together."""
    usd: Annotated[float, Field(gt=0)] | None
    """US dollars; refused where the price of a model is not known."""
    minutes: Annotated[float, Field(gt=0)] | None
    """Minutes of wall time; what is under way then is still taken."""


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars per million tokens."""

    prompt: float
    completion: float

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """What so many tokens cost."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / MILLION


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent, or is reserved."""

    requests: int = 0
    tokens: float = 0
    usd: float = 0

    def __add__(self, other: "Spending") -> "Spending":
        return Spending(self.requests + other.requests, self.tokens + other.tokens, self.usd + other.usd)


NOTHING = Spending()
UNLIMITED = Budget(requests=None, tokens=None, usd=None, minutes=None)


class Purse:
    """What a run may still spend."""

    def __init__(self, budget: Budget, spent: Spending = NOTHING, seconds: float = 0.0) -> None:
        self._budget = budget
        self._spent = spent
        self._reserved: list[Spending] = []
        self._end = None if budget.minutes is None else time.monotonic() + 60 * budget.minutes - seconds
        self._unknown: set[str] = set()
        self.empty: str | None = None
        """Why nothing more can be asked, as soon as that is so."""

    def reserve(self, requests: Sequence[Request], rates: Callable[[], Rates | None]) -> tuple[int, Spending]:
        """How many of the requests, the first ones, may be sent now, and what is reserved for them.

        While others are under way it is all or none, since it is not known yet what they leave.
        """
        if self._budget == UNLIMITED:
            return len(requests), NOTHING
        rate = None if self._budget.usd is None else rates()
        count = len(requests) if self._is_time_left() else 0
        while count and not self._fits(most(requests[:count], rate)):
            count = 0 if self._reserved else count - 1
        reserved = most(requests[:count], rate)
        if count:
            self._reserved.append(reserved)
        elif not self._reserved:
            self.empty = self._reason()
        return count, reserved

    def settle(self, reserved: Spending, spent: Spending) -> None:
        """Replace what was reserved by what was spent."""
        if reserved in self._reserved:
            self._reserved.remove(reserved)
            self._spent += spent

    def report_unknown(self, name: Literal["tokens", "usd"]) -> None:
        """Warn once that what replies use is not known, where this limit is set: the most that they may use counts."""
        if getattr(self._budget, name) is None or name in self._unknown:
            return
        self._unknown.add(name)
        what = "the server does not report the tokens of its replies" if name == "tokens" else "a cost is unknown"
        how = "each request counts as its prompt at two bytes per token, plus max_tokens"
        LOG.warning("budget.%s: %s, so %s. Where max_tokens is null, nothing more is asked.", name, what, how)

    def _fits(self, wanted: Spending) -> bool:
        """Whether it can be spent beside what is spent and reserved; what is unknown fits if it would be alone."""
        total = sum(self._reserved, self._spent + wanted)
        caps = ((self._budget.requests, "requests"), (self._budget.tokens, "tokens"), (self._budget.usd, "usd"))
        for cap, name in caps:
            is_unknown = isinf(getattr(wanted, name)) and not self._reserved
            needed = getattr(self._spent, name) if is_unknown else getattr(total, name)
            if cap is not None and (needed >= cap if is_unknown else needed > cap):
                return False
        return True

    def _is_time_left(self) -> bool:
        return self._end is None or time.monotonic() < self._end

    def _reason(self) -> str:
        if not self._is_time_left():
            return f"budget: {self._budget.minutes:g} minutes are over"
        spent = (("requests", f"{self._spent.requests:,}"), ("tokens", f"{self._spent.tokens:,.0f}"))
        told = [*spent, ("usd", f"{self._spent.usd:.4f}")]
        parts = [
            f"{words} of {cap:g} {name}" for name, words in told if (cap := getattr(self._budget, name)) is not None
        ]
        return f"budget: {', '.join(parts)} spent, and the next request does not fit"


def most(requests: Sequence[Request], rates: Rates | None) -> Spending:
    """The most that some requests may spend; infinite where that is not known."""
    total = NOTHING
    for request in requests:
        prompt = len(f"{request.system or ''}{request.text}".encode(errors="surrogatepass")) / BYTES_PER_TOKEN
        reply = inf if request.decoding.max_tokens is None else request.decoding.max_tokens
        usd = inf if rates is None or isinf(reply) else rates.of(prompt, reply)
        total += Spending(1, prompt + reply, usd)
    return total
