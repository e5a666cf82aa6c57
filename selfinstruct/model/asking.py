"""The requests of an open line: which waits, which is sent, which is tried again, and when nothing more is sent.

A request is begun when one of `concurrency` places is free, and holds it until it is answered or given up, so that a
server that fails everything does not run through the whole queue.  Each attempt also needs room in the window and in
the limits, and an attempt that is made again goes before one that was never made.  Requests are begun in the order
asked, which is the order in which their replies will be taken.

All of it runs in one event loop and needs no lock; what comes from other threads comes through the loop (line.py).
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, TypeAlias

from selfinstruct.model.limits import Limits, Use
from selfinstruct.model.retries import LONGEST_WAIT, Attempts, Standing
from selfinstruct.model.secrets import Secrets
from selfinstruct.model.trouble import Trouble, judged
from selfinstruct.model.window import Window
from selfinstruct.request import Completion, Failure, Request

Send: TypeAlias = Callable[[Request], Awaitable[Completion]]
"""Makes one attempt: a completion, or an exception."""
Asked: TypeAlias = tuple[Request, "Future[Completion]"]

CLOSED = Failure("unavailable", "the line was closed before the answer came")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a model may be asked."""

    concurrency: int
    timeout_seconds: float
    deadline_seconds: float | None
    attempts: int
    requests_per_minute: int | None
    tokens_per_minute: int | None


def terms_of(model: object) -> Terms:
    """The terms that a model's YAML declares, under the same names."""
    return Terms(**{field.name: getattr(model, field.name) for field in fields(Terms)})


class Turn(NamedTuple):
    """The leave to make one attempt."""

    number: int
    use: Use


class Asking:
    """What a line has been asked, and how far it is."""

    def __init__(self, terms: Terms, secrets: Secrets) -> None:
        self._terms = terms
        self._secrets = secrets
        self._loop = asyncio.get_running_loop()
        self._window = Window(terms.concurrency)
        self._limits = Limits(terms.requests_per_minute, terms.tokens_per_minute)
        self._waiting: deque[Asked] = deque()
        self._returning: deque[tuple[Request, asyncio.Future[Turn | None]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._send: Send | None = None
        self._is_closing = False
        self._failure: Failure | None = None
        self._standing = Standing()
        self._pointless = asyncio.Event()
        """Set when waiting for another attempt has become pointless."""
        self.over = asyncio.Event()
        """Set when the line is closing and nothing is under way."""

    @property
    def under_way(self) -> int:
        """Requests begun and not ended."""
        return len(self._tasks)

    def open(self, send: Send) -> None:
        """Begin with what waits."""
        self._send = send
        self._begin()

    def take(self, asked: Iterable[Asked]) -> None:
        """Have these answered, after those taken before."""
        self._waiting.extend(asked)
        self._begin()

    def fail(self, failure: Failure) -> None:
        """Send nothing more: what waits, and what will be asked, gets this failure."""
        self._failure = self._failure or failure
        self._begin()

    def close(self) -> None:
        """Cancel what waits, and let what was sent end."""
        self._is_closing = True
        self._begin()

    def abandon(self) -> None:
        """Close, and wait for nothing."""
        self.close()
        self._cancelling = self._loop.create_task(self._cancel())

    async def _cancel(self) -> None:
        await self._loop.shutdown_default_executor()  # what is half begun there would be cancelled before it is awaited
        for task in self._tasks:
            task.cancel()

    def _begin(self) -> None:
        """Send what there is room for; called whenever something has changed."""
        if self._is_closing or self._failure is not None:
            self._empty()
        if self._send is None:
            return
        while self._returning and self._is_open(self._returning[0][0]):
            request, room = self._returning.popleft()
            if not room.done():  # or the time of the request is over
                room.set_result(self._turn(request))
        while self._waiting and not self._returning and len(self._tasks) < self._terms.concurrency:
            if not self._is_open(self._waiting[0][0]):
                break
            request, future = self._waiting.popleft()
            if future.set_running_or_notify_cancel():
                self._tasks.add(self._loop.create_task(self._answer(request, future, self._turn(request), self._send)))

    def _empty(self) -> None:
        """Let go of all that is not under way."""
        self._pointless.set()
        while self._returning:
            room = self._returning.popleft()[1]
            if not room.done():
                room.set_result(None)
        while self._waiting:
            _, future = self._waiting.popleft()
            if self._failure is None:
                future.cancel()
            elif future.set_running_or_notify_cancel():
                future.set_result(Completion(failure=self._failure))
        if self._is_closing and not self._tasks:
            self.over.set()

    def _is_open(self, request: Request) -> bool:
        """Whether an attempt may be made now; where only time is in the way, look again when it has passed."""
        if not self._window.has_room:
            return False
        now = self._loop.time()
        seconds = max(self._window.wait(now), self._limits.wait(request, now))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds > 0:
            self._timer = self._loop.call_later(seconds, self._begin)
        return seconds <= 0

    def _turn(self, request: Request) -> Turn:
        return Turn(self._window.enter(), self._limits.take(request, self._loop.time()))

    async def _answer(self, request: Request, future: "Future[Completion]", turn: Turn, send: Send) -> None:
        """Bring a request to its end; every way out gives its future a result."""
        started = self._loop.time()
        attempts = Attempts(self._terms.attempts, request.id, self._secrets.out_of_message, self._standing)
        reply: Completion | Failure
        try:
            async with asyncio.timeout(self._terms.deadline_seconds) as deadline:
                reply = await self._persist(request, turn, send, attempts, deadline)
        except TimeoutError:
            reply = attempts.late()
        except asyncio.CancelledError:
            reply = CLOSED
        except Exception as defect:  # of ours, for every error of an attempt has been judged: told by its traceback
            future.set_exception(defect)
            self._end()
            return
        if isinstance(reply, Failure):
            if reply.kind != "refused" and not self._is_closing:
                self._failure = self._failure or reply
            reply = Completion(failure=reply)
        self._end()  # so that the next is sent before this reply is written to disk
        future.set_result(replace(reply, seconds=self._loop.time() - started))

    def _end(self) -> None:
        """Give the place of this task to the next request."""
        self._tasks.discard(asyncio.current_task())
        self._begin()

    async def _persist(
        self, request: Request, turn: Turn, send: Send, attempts: Attempts, deadline: asyncio.Timeout
    ) -> Completion | Failure:
        """Attempt after attempt, until it is answered or given up."""
        while True:
            reply = await self._attempt(request, turn, send, attempts)
            if isinstance(reply, Completion):
                return reply
            end = deadline.when()
            seconds = attempts.after(reply, None if end is None else end - self._loop.time())
            if isinstance(seconds, Failure):
                return seconds
            again = await self._another(request, seconds)
            if isinstance(again, Failure):
                return again
            turn = again

    async def _attempt(self, request: Request, turn: Turn, send: Send, attempts: Attempts) -> Completion | Trouble:
        try:
            async with asyncio.timeout(self._terms.timeout_seconds) as patience:
                reply = await send(request)
        except asyncio.CancelledError:
            self._window.failed(turn.number, is_overload=False)
            attempts.cut_short("the line was closed" if self._is_closing else "no answer yet")
            raise
        except Exception as error:
            late = TimeoutError(f"no answer within {self._terms.timeout_seconds:g} s")
            trouble = judged(late if patience.expired() else error)
            self._window.failed(turn.number, trouble.is_overload)
            if trouble.is_overload and trouble.retry_after is not None:
                self._window.pause(self._loop.time() + min(trouble.retry_after, LONGEST_WAIT))
            return trouble
        self._standing.answered()
        self._window.answered(turn.number)
        self._limits.correct(turn.use, reply)
        return self._secrets.out_of_reply(reply)

    async def _another(self, request: Request, seconds: float) -> Turn | Failure:
        """The leave to try again, after a while, unless that has become pointless meanwhile."""
        self._begin()
        try:
            async with asyncio.timeout(seconds):
                await self._pointless.wait()
        except TimeoutError:
            room: asyncio.Future[Turn | None] = self._loop.create_future()
            self._returning.append((request, room))
            self._begin()
            if turn := await room:
                return turn
        return self._failure or CLOSED
