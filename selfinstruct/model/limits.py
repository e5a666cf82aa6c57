"""Requests and tokens a minute, limited by waiting instead of by being refused.

What a provider allows is counted over the last 60 seconds, request by request, so that no span of a minute ever holds
more; a token bucket would let through twice the limit after a rest.  Some providers count requests in shorter spans, so
each second or so holds its share.  Tokens are estimated at the most that the reply may have, and corrected when it
comes.  A request of more tokens than a minute may hold is sent when the last minute held none.
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from selfinstruct.request import Completion, Request

MINUTE = 60.0
CHARACTERS_PER_TOKEN = 4  # of English prose; other scripts have fewer, and the reply's own count corrects that


@dataclass(slots=True)
class Permit:
    """The permit to make one attempt, and what it uses of a limit."""

    number: int
    time: float
    amount: float


class SlidingWindow:
    """The use of a limit in the last seconds."""

    def __init__(self, seconds: float, limit: float) -> None:
        self._seconds = seconds
        self._limit = limit
        self._permits: deque[Permit] = deque()
        self._sum = 0.0

    def wait(self, amount: float, now: float) -> float:
        """Return the seconds until so much more fits."""
        permits = self._permits
        while permits and permits[0].time + self._seconds <= now:
            self._sum -= permits.popleft().amount
        if not permits:
            self._sum = 0.0  # without what rounding left
        used = self._sum
        seconds = 0.0
        for permit in permits:
            if used + amount <= self._limit:
                break
            used -= permit.amount
            seconds = permit.time + self._seconds - now
        return seconds

    def add(self, permit: Permit) -> None:
        """Count a permit, which is the latest."""
        self._permits.append(permit)
        self._sum += permit.amount

    def correct(self, permit: Permit, amount: float) -> None:
        """Change the amount of a permit, if it is still counted."""
        if self._permits and permit.time >= self._permits[0].time:
            self._sum += amount - permit.amount


class Limits:
    """The requests and tokens that a model may be sent in a minute; None for no limit."""

    def __init__(self, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        self._requests: Sequence[SlidingWindow] = ()
        if requests_per_minute:
            share = math.ceil(requests_per_minute / MINUTE)  # the whole number of requests of about a second
            short = SlidingWindow(MINUTE * share / requests_per_minute, share)
            self._requests = (SlidingWindow(MINUTE, requests_per_minute), short)
        self._tokens = SlidingWindow(MINUTE, tokens_per_minute) if tokens_per_minute else None

    def wait(self, request: Request, now: float) -> float:
        """Return the seconds until a request may be sent."""
        seconds = max((window.wait(1.0, now) for window in self._requests), default=0.0)
        return seconds if self._tokens is None else max(seconds, self._tokens.wait(estimate(request), now))

    def take(self, request: Request, now: float, number: int = 0) -> Permit:
        """Count an attempt that is made now."""
        for window in self._requests:
            window.add(Permit(number, now, 1.0))
        permit = Permit(number, now, estimate(request))
        if self._tokens is not None:
            self._tokens.add(permit)
        return permit

    def correct(self, permit: Permit, reply: Completion) -> None:
        """Count the tokens that a reply says there were."""
        if self._tokens is not None and reply.prompt_tokens is not None:
            amount = float(reply.prompt_tokens + (reply.completion_tokens or 0))
            self._tokens.correct(permit, amount)
            permit.amount = amount


def estimate(request: Request) -> float:
    """Return the most tokens that a request may use."""
    characters = len(request.text) + len(request.system or "")
    return characters / CHARACTERS_PER_TOKEN + (request.decoding.max_tokens or 0)
