"""A line to a model behind a network: an event loop in a thread of its own, from the first request to the closing.

Whoever asks is in another thread and is never held up: one wake-up of the loop for a list of requests, a future for
each.  Nothing is opened before the first request, so that a run whose replies are all stored connects to nobody and
imports nothing heavy.

While the thread lives, Python turns from thread to thread five times as often as it does unasked: replies are read and
filtered in the other thread, and whenever the loop comes back from the network it would wait 5 ms for its turn.

Closing waits for what is under way, since it is paid for.  An interrupt during that wait (Ctrl-C, SIGTERM) ends it:
connections are closed, the thread is joined, and the interrupt goes on.
"""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from types import TracebackType

from selfinstruct.model.failed_attempt import message_of
from selfinstruct.model.request_queue import RateLimits, RequestQueue, Send
from selfinstruct.model.secrets import Secrets
from selfinstruct.request import Completion, Failure, Request

LOG = logging.getLogger(__name__)

TURN = 0.001
"""Seconds that a busy thread may keep the interpreter while another waits for it; shorter gains nothing more."""


class AsyncSession:
    """A line that asks by `opened`, which gives the way to make one attempt."""

    def __init__(
        self,
        opened: Callable[[], AbstractAsyncContextManager[Send]],
        terms: RateLimits,
        secrets: Secrets | None = None,
    ) -> None:
        self._opened = opened
        self._terms = terms
        self._secrets = secrets or Secrets()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self.answered_stages: Mapping[str, int] = {}
        """How many requests of each stage were answered in earlier processes; set before the first request."""
        self._ready: Future[tuple[asyncio.AbstractEventLoop, RequestQueue]] = Future()
        self._ended = threading.Event()
        self._turn_before = sys.getswitchinterval()

    def __enter__(self) -> "AsyncSession":
        return self

    def ask(self, requests: Sequence[Request]) -> Sequence["Future[Completion]"]:
        """Have each request answered as soon as there is room for it; comes back at once."""
        if self._is_closed:
            raise RuntimeError("the line is closed")
        futures: list[Future[Completion]] = [Future() for _ in requests]
        if futures:
            loop, asking = self._running()
            loop.call_soon_threadsafe(asking.take, list(zip(requests, futures, strict=True)))
        return futures

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._is_closed = True
        if self._thread is None:
            return
        try:
            loop, asking = self._running()
            loop.call_soon_threadsafe(asking.close)
            if isinstance(error, (KeyboardInterrupt, SystemExit)) and asking.under_way:
                LOG.info("Waiting for %d requests under way; interrupt again to give them up.", asking.under_way)
            self._ended.wait()
        except (KeyboardInterrupt, SystemExit):
            with suppress(RuntimeError):  # the loop has just ended
                loop.call_soon_threadsafe(asking.abandon)
            self._ended.wait()
            raise
        finally:
            self._thread.join()
            sys.setswitchinterval(self._turn_before)

    def _running(self) -> tuple[asyncio.AbstractEventLoop, RequestQueue]:
        """The loop and what it has been asked; started when first needed."""
        if self._thread is None:
            sys.setswitchinterval(min(TURN, self._turn_before))
            self._thread = threading.Thread(target=self._run, name="selfinstruct-model", daemon=True)
            self._thread.start()
        return self._ready.result()

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.get_loop()  # fails before there is a coroutine that nobody would await
                runner.run(self._serve())
        except Exception as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)  # no loop can be had, where no file can be opened any more
        finally:
            self._ended.set()

    async def _serve(self) -> None:
        asking = RequestQueue(self._terms, self._secrets)
        asking.remember(self.answered_stages)
        self._ready.set_result((asyncio.get_running_loop(), asking))
        async with AsyncExitStack() as stack:
            try:
                send = await stack.enter_async_context(self._opened())
            except Exception as error:
                asking.fail(Failure("fatal", self._secrets.out_of_message(message_of(error))))
            else:
                asking.open(send)
            await asking.over.wait()
