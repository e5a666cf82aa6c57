"""The requests of an open session: which waits, which is sent, which is asked again, and when nothing more is sent.

A request is started when one of `concurrency` places is free, and holds it until it is answered or given up, so that a
server that fails everything does not run through the whole queue.  Requests are started in the order asked, retries
before new ones.  A request that is refused, or gets no whole reply, gives its place away, and its future stays open
until it is known whose fault that is (refusals.py).  All of it runs in one event loop and needs no lock.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Coroutine, Iterable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from selfinstruct.model.arguments import with_keys
from selfinstruct.model.limits import Permit
from selfinstruct.model.refusals import Refusal, Refusals, probe_of, reason_to_stop
from selfinstruct.model.retries import Outcome
from selfinstruct.model.secrets import Secrets
from selfinstruct.model.sending import CLOSED, Send, Sender
from selfinstruct.model.settings import ServerSettings
from selfinstruct.request import Completion, Failure, Request

LOG = logging.getLogger(__name__)


class RequestQueue:
    """The requests of a session, and their state."""

    def __init__(self, settings: ServerSettings, secrets: Secrets, answered_stages: Collection[str] = ()) -> None:
        """`answered_stages` are those of which a request was answered in an earlier process."""
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._sender = Sender(settings, secrets, self._start_next)
        self._sender.health.is_proven = bool(answered_stages)
        self._refusals = Refusals()
        self._refusals.answered_stages.update(answered_stages)
        self._waiting: deque[tuple[Request, Future[Completion]]] = deque()
        self._tasks: dict[asyncio.Task[None], Request] = {}  # the requests under way
        self._is_probing = False
        self._send: Send | None = None
        self._is_closing = False
        self._failure: Failure | None = None
        self.over = asyncio.Event()  # set when the session is closing and nothing is under way

    @property
    def under_way(self) -> int:
        """The number of requests started and not ended."""
        return len(self._tasks)

    def open(self, send: Send) -> None:
        """Start with the requests that wait."""
        self._send = send
        self._start_next()

    def extend(self, requests: Iterable[tuple[Request, "Future[Completion]"]]) -> None:
        """Add requests to the end of the queue."""
        self._waiting.extend(requests)
        self._start_next()

    def fail(self, failure: Failure) -> None:
        """Send nothing more: requests that wait or are still to come get this failure."""
        self._failure = self._failure or failure
        self._start_next()

    def close(self) -> None:
        """Cancel the requests that wait, and let those under way end."""
        self._is_closing = True
        self._start_next()

    def abandon(self) -> None:
        """Close without waiting for anything."""
        self.close()
        self._cancelling = self._loop.create_task(self._cancel())

    async def _cancel(self) -> None:
        await self._loop.shutdown_default_executor()  # a coroutine half made there would be cancelled and not awaited
        for task in self._tasks:
            task.cancel()

    @property
    def _is_ending(self) -> bool:
        return self._is_closing or self._failure is not None

    def _start_next(self) -> None:
        """Start the requests that there is room for; called whenever something has changed."""
        if self._is_ending:
            self._end_waiting()
        if self._send is None:
            return
        if self._refusals.held and not self._is_probing:
            self._judge(self._send)
        is_blocked = self._is_probing or (self._refusals.held and self._refusals.is_blocking)
        if not self._sender.resume() or is_blocked:
            return
        while self._waiting and len(self._tasks) < self._settings.concurrency:
            if not self._sender.is_open(self._waiting[0][0]):
                break
            request, future = self._waiting.popleft()
            if future.running() or future.set_running_or_notify_cancel():  # it is running where it is asked again
                self._start(request, self._answer(request, future, self._sender.permit(request), self._send))

    def _start(self, request: Request, answering: Coroutine[Any, Any, None]) -> None:
        self._tasks[self._loop.create_task(answering)] = request

    def _end_waiting(self) -> None:
        """End all requests that are not under way."""
        self._sender.stop(self._failure)
        futures = [future for _, future in self._waiting] + [refusal.future for refusal in self._refusals.take()]
        self._waiting.clear()
        for future in futures:
            if not future.running() and self._failure is None:
                future.cancel()
            elif future.running() or future.set_running_or_notify_cancel():
                future.set_result(Completion(failure=self._failure or CLOSED))
        if self._is_closing and not self._tasks:
            self.over.set()

    async def _answer(self, request: Request, future: "Future[Completion]", permit: Permit, send: Send) -> None:
        """Bring a request to its end: its future gets a result, or it is held as refused."""
        started = self._loop.time()
        try:
            outcome = await self._sender.answer(request, permit, send)
        except Exception as bug:  # of ours, for every error of an attempt is classified: shown with its traceback
            future.set_exception(bug)
            self._end_task()
            return
        reply = outcome.reply
        if isinstance(reply, Completion):
            self._release(self._refusals.answered(request, outcome.attempt))
        elif outcome.is_refused and not self._is_ending:
            self._refusals.hold(Refusal(request, future, reply, self._sender.last, outcome.garbled))
            self._end_task()
            return
        else:
            if outcome.is_refused:  # and not judged any more
                reply = self._failure or CLOSED
            elif not self._is_closing:
                self._failure = self._failure or reply
            reply = Completion(failure=reply)
        self._end_task()  # so that the next is sent before this reply is written to disk
        future.set_result(replace(reply, seconds=self._loop.time() - started))

    def _end_task(self) -> None:
        """Give the place of this task to the next request."""
        if (task := asyncio.current_task()) is not None:
            self._tasks.pop(task, None)
        self._start_next()

    def _judge(self, send: Send) -> None:
        """Take the next step with the refusals that are held, if there is one to take."""
        if self._is_ending or (step := self._refusals.step(self._is_waiting, self._is_under_way)) is None:
            return
        action, refusal = step
        if action == "probe":
            self._is_probing = True
            self._start(probe_of(refusal.request), self._probe(refusal, send))
        elif action == "stop":
            self._stop(refusal, is_answered=True)
        else:
            self._release(self._refusals.take(lambda other: other.shares(refusal.request)))
            self._start_next()

    def _is_waiting(self, refusal: Refusal) -> bool:
        return any(refusal.shares(request) for request, _ in self._waiting)

    def _is_under_way(self, refusal: Refusal) -> bool:
        return any(map(refusal.shares, self._tasks.values()))

    def _stop(self, refusal: Refusal, *, is_answered: bool) -> None:
        failure = with_keys(refusal.failure, refusal.request, self._settings.extra)
        self.fail(Failure("fatal", f"{failure.message} {reason_to_stop(refusal, is_answered=is_answered)}"))

    def _release(self, judged: Iterable[Refusal]) -> None:
        """Ask again, before all others, what was refused once; end what was refused twice."""
        for refusal in reversed(list(judged)):
            if self._refusals.is_second(refusal):
                refusal.future.set_result(Completion(failure=refusal.failure))
            else:
                self._waiting.appendleft((refusal.request, refusal.future))

    async def _probe(self, refusal: Refusal, send: Send) -> None:
        """Send a probe in the place of a refused request, and judge by its outcome."""
        request = probe_of(refusal.request)
        try:
            outcome = await self._sender.answer(request, None, send)
        except Exception as bug:  # of ours, as above
            for other in self._refusals.take():
                other.future.set_exception(bug)
            outcome = Outcome(CLOSED)
        self._is_probing = False
        reply = outcome.reply
        if isinstance(reply, Completion):
            LOG.info("The probe %s was answered: the refused requests are judged one by one.", request.id)
            self._release(self._refusals.probed(request, outcome.attempt))
        elif outcome.is_refused:
            self._stop(refusal, is_answered=False)
        elif not self._is_closing:
            self._failure = self._failure or reply
        self._end_task()
