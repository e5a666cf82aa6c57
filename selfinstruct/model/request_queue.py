"""The requests of an open line: which waits, which is sent, which is asked again, and when nothing more is sent.

A request is begun when one of `concurrency` places is free, and holds it until it is answered or given up, so that a
server that fails everything does not run through the whole queue.  Each attempt also needs room (sending.py), and an
attempt that is made again goes before one that was never made.  Requests are begun in the order asked, which is the
order in which their replies will be taken.

A request that is refused, or gets no whole reply, gives its place away, and its future stays open until it is known
whose fault that is (refusals.py).

All of it runs in one event loop and needs no lock; what comes from other threads comes through the loop (line.py).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Coroutine, Iterable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from selfinstruct.model.arguments import with_keys
from selfinstruct.model.rate_limits import Asked, Permit, RateLimits, Send, terms_of
from selfinstruct.model.refusals import Held, Refusals, all_refused, probe_of, stage_refused
from selfinstruct.model.secrets import Secrets
from selfinstruct.model.sending import CLOSED, Answer, Sending
from selfinstruct.request import Completion, Failure, Request

__all__ = ["RateLimits", "RequestQueue", "Send", "terms_of"]

LOG = logging.getLogger(__name__)


class RequestQueue:
    """What a line has been asked, and how far it is."""

    def __init__(self, terms: RateLimits, secrets: Secrets) -> None:
        self._terms = terms
        self._loop = asyncio.get_running_loop()
        self._sending = Sending(terms, secrets, self._begin, self._oldest)
        self._refusals = Refusals()
        self._waiting: deque[Asked] = deque()
        self._tasks: dict[asyncio.Task[None], tuple[Request, float]] = {}
        """What is under way, the oldest first, each with the time when it was begun."""
        self._is_probing = False
        self._send: Send | None = None
        self._is_closing = False
        self._failure: Failure | None = None
        self.over = asyncio.Event()
        """Set when the line is closing and nothing is under way."""

    @property
    def under_way(self) -> int:
        """Requests begun and not ended."""
        return len(self._tasks)

    def _oldest(self) -> float | None:
        """When the request was begun that is under way for the longest time."""
        return next((begun for _, begun in self._tasks.values()), None)

    def open(self, send: Send) -> None:
        """Begin with what waits."""
        self._send = send
        self._begin()

    def remember(self, stages: Collection[str]) -> None:
        """Note that requests of these stages were answered before, in an earlier process."""
        self._refusals.answered_stages.update(stages)
        self._sending.health.is_proven |= bool(stages)

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

    @property
    def _is_ending(self) -> bool:
        return self._is_closing or self._failure is not None

    def _begin(self) -> None:
        """Send what there is room for; called whenever something has changed."""
        if self._is_ending:
            self._empty()
        if self._send is None:
            return
        if self._refusals.held and not self._is_probing:
            self._judge(self._send)
        is_held_up = self._is_probing or (self._refusals.held and self._refusals.is_blocking)
        is_open = self._sending.resume() and not is_held_up
        while self._waiting and is_open and len(self._tasks) < self._terms.concurrency:
            if not self._sending.is_open(self._waiting[0][0]):
                break
            request, future = self._waiting.popleft()
            if future.running() or future.set_running_or_notify_cancel():  # it runs where it is asked again
                self._start(request, self._answer(request, future, self._sending.turn(request), self._send))

    def _start(self, request: Request, answering: Coroutine[Any, Any, None]) -> None:
        self._tasks[self._loop.create_task(answering)] = request, self._loop.time()

    def _empty(self) -> None:
        """Let go of all that is not under way."""
        self._sending.stop(self._failure)
        futures = [future for _, future in self._waiting] + [held.future for held in self._refusals.all()]
        self._waiting.clear()
        for future in futures:
            if not future.running() and self._failure is None:
                future.cancel()
            elif future.running() or future.set_running_or_notify_cancel():
                future.set_result(Completion(failure=self._failure or CLOSED))
        if self._is_closing and not self._tasks:
            self.over.set()

    async def _answer(self, request: Request, future: "Future[Completion]", turn: Permit, send: Send) -> None:
        """Bring a request to its end; every way out gives its future a result, or holds it as refused."""
        started = self._loop.time()
        try:
            answer = await self._sending.answer(request, turn, send)
        except Exception as defect:  # of ours, for every error of an attempt has been judged: shown by its traceback
            future.set_exception(defect)
            self._end()
            return
        reply = answer.reply
        if answer.is_refused and isinstance(reply, Failure) and not self._is_ending:
            self._refusals.hold(Held(request, future, reply, self._sending.last, answer.garbled))
            self._end()
            return
        if isinstance(reply, Failure):
            reply = Completion(failure=self._ended(answer, reply))
        else:
            self._release(self._refusals.answered(request, answer.attempt))
        self._end()  # so that the next is sent before this reply is written to disk
        future.set_result(replace(reply, seconds=self._loop.time() - started))

    def _ended(self, answer: Answer, failure: Failure) -> Failure:
        """The failure of a request, which stops the others as well if it is not of its own; a doubtful one is none."""
        if answer.is_refused:
            return self._failure or CLOSED
        if failure.kind != "refused" and not self._is_closing:
            self._failure = self._failure or failure
        return failure

    def _end(self) -> None:
        """Give the place of this task to the next request."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.pop(task, None)
        self._begin()

    def _judge(self, send: Send) -> None:
        """Take the next step with the refusals that are held, if there is one to take."""
        if self._is_ending or (step := self._refusals.step(self._is_waiting, self._is_under_way)) is None:
            return
        what, held = step
        if what == "probe":
            self._is_probing = True
            self._start(probe_of(held.request), self._prove(held, send))
        elif what == "stop":
            self._stop(held, stage_refused(held))
        else:
            self._release(self._refusals.believed(held))
            self._begin()

    def _is_waiting(self, held: Held) -> bool:
        return any(held.shares(request) for request, _ in self._waiting)

    def _is_under_way(self, held: Held) -> bool:
        return any(held.shares(request) for request, _ in self._tasks.values())

    def _stop(self, held: Held, why: str) -> None:
        failure = with_keys(held.failure, held.request, self._terms.extra)
        self.fail(Failure("fatal", f"{failure.message} {why}"))

    def _release(self, judged: Iterable[Held]) -> None:
        """Ask again what was refused once, before all others; let go of what was refused twice."""
        for held in reversed(list(judged)):
            if self._refusals.is_second(held):
                held.future.set_result(Completion(failure=held.failure))
            else:
                self._waiting.appendleft((held.request, held.future))

    async def _prove(self, held: Held, send: Send) -> None:
        """Send a probe in the place of a refused request, and judge by what becomes of it."""
        request = probe_of(held.request)
        try:
            answer = await self._sending.answer(request, None, send)
        except Exception as defect:  # of ours, as above
            for other in self._refusals.all():
                other.future.set_exception(defect)
            answer = Answer(CLOSED, 0, is_refused=False)
        self._is_probing = False
        reply = answer.reply
        if isinstance(reply, Completion):
            LOG.info("The probe %s was answered: the refused requests are looked at one by one.", request.id)
            self._release(self._refusals.proved(request, answer.attempt))
        elif answer.is_refused:
            self._stop(held, all_refused(held))
        elif not self._is_closing:
            self._failure = self._failure or reply
        self._end()
