"""The way of one request to a server: attempt after attempt, until it is answered or given up.

An attempt needs a permit: room in the adaptive concurrency and in the limits, and while the server is down, the one
place that there is then.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias

from selfinstruct.model.adaptive_concurrency import AdaptiveConcurrency
from selfinstruct.model.arguments import with_keys
from selfinstruct.model.failed_attempt import FailedAttempt, classify
from selfinstruct.model.health import LONGEST_WAIT, Health
from selfinstruct.model.limits import Limits, Permit
from selfinstruct.model.proxies import by_proxy
from selfinstruct.model.retries import Attempts, Outcome
from selfinstruct.model.secrets import Secrets
from selfinstruct.model.settings import ServerSettings
from selfinstruct.request import Completion, Failure, Request

Send: TypeAlias = Callable[[Request], Awaitable[Completion]]  # makes one attempt: a completion, or an exception
CLOSED = Failure("unavailable", "the session was closed before the answer came")


class Sender:
    """Sends requests to one server, as far as there is room."""

    def __init__(self, settings: ServerSettings, secrets: Secrets, wake: Callable[[], None]) -> None:
        """`wake` is called when there may be room."""
        self._loop = asyncio.get_running_loop()
        self.health = Health(self._loop.time)
        self._settings, self._secrets = settings, secrets
        self._wake = wake
        self._concurrency = AdaptiveConcurrency(settings.concurrency)
        self._limits = Limits(settings.requests_per_minute, settings.tokens_per_minute)
        self._retrying: deque[tuple[Request, asyncio.Future[Permit | None]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = asyncio.Event()
        self._failure = CLOSED

    def stop(self, failure: Failure | None) -> None:
        """Retry nothing any more: requests that wait for a retry get this failure."""
        self._failure = failure or CLOSED
        self._stopped.set()
        while self._retrying:
            permit = self._retrying.popleft()[1]
            if not permit.done():
                permit.set_result(None)

    def resume(self) -> bool:
        """Give permits to retries, as far as there is room; return whether there may be room for something new."""
        while self._retrying and self.is_open(self._retrying[0][0]):
            request, permit = self._retrying.popleft()
            if not permit.done():  # or the time of the request is over
                permit.set_result(self.permit(request))
        return not self._retrying

    def is_open(self, request: Request) -> bool:
        """Return whether an attempt may be made now; where it is too early, wake up when it is time."""
        is_down = self.health.down_since is not None
        if not self._concurrency.has_room or (is_down and self.health.is_probed):
            return False
        now = self._loop.time()
        seconds = max(self._concurrency.wait(now), self._limits.wait(request, now))
        if is_down:
            seconds = max(seconds, self.health.wait(now))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds > 0:
            self._timer = self._loop.call_later(seconds, self._wake)
        return seconds <= 0

    def permit(self, request: Request) -> Permit:
        """Return the permit for an attempt that is made now."""
        number = self._concurrency.enter()
        self.health.sent(number)
        return self._limits.take(request, self._loop.time(), number)

    @property
    def last(self) -> int:
        """The number of the attempt that was sent last."""
        return self._concurrency.sent

    async def answer(self, request: Request, permit: Permit | None, send: Send) -> Outcome:
        """Ask until the request is answered, given up, or out of time; without a permit it waits for one."""
        attempts = Attempts(self._settings.attempts, request.id, self._secrets.out_of_message, self.health)
        try:
            async with asyncio.timeout(self._settings.deadline_seconds) as deadline:
                return await self._persist(request, permit, send, attempts, deadline)
        except TimeoutError:
            return Outcome(attempts.late())
        except asyncio.CancelledError:
            return Outcome(CLOSED)

    async def _persist(
        self, request: Request, permit: Permit | None, send: Send, attempts: Attempts, deadline: asyncio.Timeout
    ) -> Outcome:
        wait = 0.0
        while True:
            permit = permit or await self._retry_permit(request, wait)
            if permit is None:
                return Outcome(self._failure)
            reply = await self._attempt(request, permit, send, attempts)
            if isinstance(reply, Completion):
                return Outcome(reply, permit.number)
            end = deadline.when()
            then = attempts.after(reply, None if end is None else end - self._loop.time())
            if isinstance(then, Outcome):
                if reply.kind == "fatal" and reply.is_heard and isinstance(then.reply, Failure):
                    return Outcome(with_keys(then.reply, request, self._settings.extra))
                return then
            permit, wait = None, then

    async def _attempt(
        self, request: Request, permit: Permit, send: Send, attempts: Attempts
    ) -> Completion | FailedAttempt:
        try:
            async with asyncio.timeout(self._settings.timeout_seconds) as timeout:
                reply = await send(request)
        except asyncio.CancelledError:
            self._failed(permit, is_overload=False)
            attempts.cut_short("the session was closed" if self._stopped.is_set() else "no answer yet")
            raise
        except Exception as error:
            late = TimeoutError(f"no answer within {self._settings.timeout_seconds:g} s")
            failed = classify(late if timeout.expired() else error)
            if not failed.is_heard and (proxy := by_proxy(self._settings.api_base or "https:")):
                failed = replace(failed, message=f"{failed.message}; {proxy}")
            self._failed(permit, failed.is_overload)
            if failed.is_overload and failed.retry_after is not None:
                self._concurrency.pause(self._loop.time() + min(failed.retry_after, LONGEST_WAIT))
            return failed
        self.health.answered()
        self._concurrency.answered(permit.number)
        self._limits.correct(permit, reply)
        return self._secrets.out_of_reply(reply)

    def _failed(self, permit: Permit, is_overload: bool) -> None:
        self._concurrency.failed(permit.number, is_overload)
        self.health.ended(permit.number)

    async def _retry_permit(self, request: Request, seconds: float) -> Permit | None:
        """Return the permit to retry, after a while; None if nothing is retried any more."""
        self._wake()
        try:
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        except TimeoutError:
            permit: asyncio.Future[Permit | None] = self._loop.create_future()
            self._retrying.append((request, permit))
            self._wake()
            return await permit
        return None
