"""Requests and tokens a minute, kept by waiting instead of by being refused.

What a provider allows is counted here over the last 60 seconds, request by request, so that no span of a minute ever
holds more.  Rejected: a bucket that fills steadily, which after a rest lets through up to twice the limit within a
minute, or must be made smaller and then wastes a part of it.  Nor may a minute's requests go out in one burst, for some
providers count them in shorter spans: each second or so holds its share.

Tokens are counted before anyone knows them, at the most that the reply may have, and put right when the reply says how
many there were.  They are counted over the minute alone: a share of a second would often hold no whole request.  An
attempt that failed counts as it was estimated, since many providers count it too.  A request of more tokens than a
minute may hold goes when the last minute held none.

Time is an argument, so that a minute can pass in no time.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from selfinstruct.request import Completion, Request

MINUTE = 60.0
CHARACTERS_PER_TOKEN = 4
"""Of English prose; more tokens come out of other scripts, and the reply's own count puts that right."""


@dataclass(slots=True)
class Use:
    """What one attempt takes of a limit."""

    time: float
    amount: float


class SlidingWindow:
    """What was used in the last so many seconds."""

    def __init__(self, seconds: float, most: float) -> None:
        self._seconds = seconds
        self._most = most
        self._uses: deque[Use] = deque()
        self._sum = 0.0

    def wait(self, amount: float, now: float) -> float:
        """Seconds until so much more fits."""
        uses = self._uses
        while uses and uses[0].time + self._seconds <= now:
            self._sum -= uses.popleft().amount
        if not uses:
            self._sum = 0.0  # whatever rounding left
        left = self._sum
        seconds = 0.0
        for use in uses:
            if left + amount <= self._most:
                break
            left -= use.amount
            seconds = use.time + self._seconds - now
        return seconds

    def add(self, use: Use) -> None:
        """Count a use, which is the latest."""
        self._uses.append(use)
        self._sum += use.amount

    def correct(self, use: Use, amount: float) -> None:
        """Count a use as so much, if it is still counted."""
        if self._uses and use.time >= self._uses[0].time:
            self._sum += amount - use.amount


class Limits:
    """What a model may be asked in a minute; None for as much as one likes."""

    def __init__(self, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        self._requests = paced(requests_per_minute) if requests_per_minute else ()
        self._tokens = (SlidingWindow(MINUTE, tokens_per_minute),) if tokens_per_minute else ()

    def wait(self, request: Request, now: float) -> float:
        """Seconds until a request may be sent."""
        return max(longest(self._requests, 1.0, now), longest(self._tokens, self._estimate(request), now))

    def take(self, request: Request, now: float) -> Use:
        """Count a request that is sent now."""
        for span in self._requests:
            span.add(Use(now, 1.0))
        use = Use(now, self._estimate(request))
        for span in self._tokens:
            span.add(use)
        return use

    def correct(self, use: Use, reply: Completion) -> None:
        """Count the tokens that a reply says there were."""
        if not self._tokens or reply.prompt_tokens is None:
            return
        amount = float(reply.prompt_tokens + (reply.completion_tokens or 0))
        for span in self._tokens:
            span.correct(use, amount)
        use.amount = amount

    def _estimate(self, request: Request) -> float:
        if not self._tokens:
            return 0.0
        characters = len(request.text) + len(request.system or "")
        return characters / CHARACTERS_PER_TOKEN + (request.decoding.max_tokens or 0)


def paced(per_minute: int) -> tuple[SlidingWindow, ...]:
    """The minute, and the short span of about a second that holds a whole number of requests at the same pace."""
    share = math.ceil(per_minute / MINUTE)
    return SlidingWindow(MINUTE, per_minute), SlidingWindow(MINUTE * share / per_minute, share)


def longest(spans: Iterable[SlidingWindow], amount: float, now: float) -> float:
    """Seconds until so much fits into all of the spans."""
    return max((span.wait(amount, now) for span in spans), default=0.0)
