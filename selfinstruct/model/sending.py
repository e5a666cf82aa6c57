"""One request on its way: attempt after attempt, each when there is room for it, until it is answered or given up.

An attempt needs room in the window, in the limits, and, while the server is down, the one place that there is then.
What is tried again waits here for its room, and is let in before anything new.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from selfinstruct.model.adaptive_concurrency import AdaptiveConcurrency
from selfinstruct.model.arguments import with_keys
from selfinstruct.model.failed_attempt import FailedAttempt, judged
from selfinstruct.model.health import LONGEST_WAIT, Health
from selfinstruct.model.limits import Limits
from selfinstruct.model.rate_limits import Permit, RateLimits, Send
from selfinstruct.model.retries import Attempts
from selfinstruct.model.secrets import Secrets
from selfinstruct.request import Completion, Failure, Request

CLOSED = Failure("unavailable", "the line was closed before the answer came")


class Answer(NamedTuple):
    """How a request ended."""

    reply: Completion | Failure
    attempt: int
    """The number of the attempt that was the last."""
    is_refused: bool
    """Whether the server will not answer it, or answers without a whole completion."""
    garbled: int = 0
    """Replies without a whole completion, where it ended because of them."""


class Sending:
    """What is under way to a server, and the room for more of it."""

    def __init__(
        self, terms: RateLimits, secrets: Secrets, wake: Callable[[], None], begun: Callable[[], float | None]
    ) -> None:
        """`wake` is called when there may be room; `begun` says when the oldest request under way was begun."""
        self.health = Health(asyncio.get_running_loop().time)
        self._loop = asyncio.get_running_loop()
        self._terms, self._secrets = terms, secrets
        self._wake, self._begun = wake, begun
        self._window = AdaptiveConcurrency(terms.concurrency)
        self._limits = Limits(terms.requests_per_minute, terms.tokens_per_minute)
        self._returning: deque[tuple[Request, asyncio.Future[Permit | None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._reporting: asyncio.TimerHandle | None = None
        self._pointless = asyncio.Event()
        """Set when waiting for another attempt has become pointless."""
        self._failure = CLOSED

    def stop(self, failure: Failure | None) -> None:
        """Let nothing be tried again: what waits for that gets this failure, or that the line was closed."""
        self._failure = failure or CLOSED
        self._pointless.set()
        while self._returning:
            room = self._returning.popleft()[1]
            if not room.done():
                room.set_result(None)

    def resume(self) -> bool:
        """Let in what is tried again, as far as there is room; whether there may be room for something new."""
        while self._returning and self.is_open(self._returning[0][0]):
            request, room = self._returning.popleft()
            if not room.done():  # or the time of the request is over
                room.set_result(self.turn(request))
        return not self._returning

    def is_open(self, request: Request) -> bool:
        """Whether an attempt may be made now; where only time is in the way, look again when it has passed."""
        is_down = self.health.down_since is not None
        if not self._window.has_room or (is_down and self.health.is_asked):
            return False
        now = self._loop.time()
        seconds = max(self._window.wait(now), self._limits.wait(request, now))
        if is_down:
            seconds = max(seconds, self.health.wait(now))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds > 0:
            self._timer = self._loop.call_later(seconds, self._wake)
        return seconds <= 0

    def turn(self, request: Request) -> Permit:
        """The permit for an attempt that is made now."""
        number = self._window.enter()
        self.health.sent(number)
        return Permit(number, self._limits.take(request, self._loop.time()))

    @property
    def last(self) -> int:
        """The number of the attempt that was sent last."""
        return self._window.sent

    async def answer(self, request: Request, turn: Permit | None, send: Send) -> Answer:
        """Ask until the request is answered, given up, or out of time; without a permit it waits for one."""
        attempts = Attempts(self._terms.attempts, request.id, self._secrets.out_of_message, self.health)
        try:
            async with asyncio.timeout(self._terms.deadline_seconds) as deadline:
                return await self._persist(request, turn, send, attempts, deadline)
        except TimeoutError:
            return Answer(attempts.late(), self.last, is_refused=False)
        except asyncio.CancelledError:
            return Answer(CLOSED, self.last, is_refused=False)

    async def _persist(
        self, request: Request, turn: Permit | None, send: Send, attempts: Attempts, deadline: asyncio.Timeout
    ) -> Answer:
        """Attempt after attempt, until it is answered or given up."""
        wait = 0.0
        while True:
            turn = turn or await self._another(request, wait)
            if turn is None:
                return Answer(self._failure, self.last, is_refused=False)
            reply = await self._attempt(request, turn, send, attempts)
            if isinstance(reply, Completion):
                return Answer(reply, turn.number, is_refused=False)
            end = deadline.when()
            seconds = attempts.after(reply, None if end is None else end - self._loop.time())
            self._watch()
            if isinstance(seconds, Failure):
                is_said = reply.kind == "fatal" and reply.is_heard
                failure = with_keys(seconds, request, self._terms.extra) if is_said else seconds
                return Answer(failure, turn.number, attempts.is_refused, attempts.garbled)
            turn, wait = None, seconds

    async def _attempt(
        self, request: Request, turn: Permit, send: Send, attempts: Attempts
    ) -> Completion | FailedAttempt:
        try:
            async with asyncio.timeout(self._terms.timeout_seconds) as patience:
                reply = await send(request)
        except asyncio.CancelledError:
            self._failed(turn, is_overload=False)
            attempts.cut_short("the line was closed" if self._pointless.is_set() else "no answer yet")
            raise
        except Exception as error:
            late = TimeoutError(f"no answer within {self._terms.timeout_seconds:g} s")
            late.__cause__ = error  # which may name the proxy
            trouble = judged(late if patience.expired() else error)
            self._failed(turn, trouble.is_overload)
            if trouble.is_overload and trouble.retry_after is not None:
                self._window.pause(self._loop.time() + min(trouble.retry_after, LONGEST_WAIT))
            return trouble
        self.health.answered()
        self._window.answered(turn.number)
        self._limits.correct(turn.use, reply)
        return self._secrets.out_of_reply(reply)

    def _failed(self, turn: Permit, is_overload: bool) -> None:
        self._window.failed(turn.number, is_overload)
        self.health.ended(turn.number)

    async def _another(self, request: Request, seconds: float) -> Permit | None:
        """The permit to try, after a while, unless that has become pointless meanwhile."""
        self._wake()
        try:
            async with asyncio.timeout(seconds):
                await self._pointless.wait()
        except TimeoutError:
            room: asyncio.Future[Permit | None] = self._loop.create_future()
            self._returning.append((request, room))
            self._wake()
            return await room
        return None

    def _watch(self) -> None:
        """Have an outage reported as long as it lasts."""
        seconds = self.health.next_report()
        if self._reporting is None and seconds is not None:
            self._reporting = self._loop.call_later(seconds, self._report)

    def _report(self) -> None:
        self._reporting = None
        begun, time = self._begun(), self._terms.deadline_seconds
        self.health.report(None if begun is None or time is None else max(0.0, begun + time - self._loop.time()))
        self._watch()
