"""A session with a model behind a network: an event loop in a thread of its own, from the first request to the closing.

The caller is in another thread and never waits.  Nothing is opened before the first request, so that a run whose
replies are all stored connects to no server and imports nothing heavy.  While the thread lives, Python switches between
threads five times as often as usual, or the loop would wait 5 ms for its turn whenever it comes back from the network.

Closing waits for the requests under way, since they are paid for.  An interrupt during that wait (Ctrl-C, SIGTERM) ends
it: connections are closed, the thread is joined, and the interrupt is raised.
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
from selfinstruct.model.request_queue import RequestQueue
from selfinstruct.model.secrets import Secrets
from selfinstruct.model.sending import Send
from selfinstruct.model.settings import ServerSettings, key_in
from selfinstruct.request import Completion, Failure, Request

LOG = logging.getLogger(__name__)

SWITCH_INTERVAL = 0.001
"""Seconds that a busy thread may keep the interpreter while another waits for it; shorter gains nothing more."""


class AsyncSession:
    """A session that sends by `opened`, which gives the way to make one attempt."""

    def __init__(
        self,
        opened: Callable[[], AbstractAsyncContextManager[Send]],
        settings: ServerSettings,
        answered: Mapping[str, int] | None = None,
    ) -> None:
        self._opened = opened
        self._settings = settings
        self._answered = answered or {}
        self._secrets = Secrets(key_in(settings.key_env))
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._ready: Future[tuple[asyncio.AbstractEventLoop, RequestQueue]] = Future()
        self._ended = threading.Event()
        self._switch_interval = sys.getswitchinterval()

    def __enter__(self) -> "AsyncSession":
        return self

    def submit(self, requests: Sequence[Request]) -> Sequence["Future[Completion]"]:
        """Queue the requests, in this order, and return at once."""
        if self._is_closed:
            raise RuntimeError("the session is closed")
        futures: list[Future[Completion]] = [Future() for _ in requests]
        if futures:
            loop, queue = self._running()
            loop.call_soon_threadsafe(queue.extend, list(zip(requests, futures, strict=True)))
        return futures

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._is_closed = True
        if self._thread is None:
            return
        try:
            loop, queue = self._running()
            loop.call_soon_threadsafe(queue.close)
            if isinstance(error, (KeyboardInterrupt, SystemExit)) and queue.under_way:
                LOG.info("Waiting for %d requests under way; interrupt again to give them up.", queue.under_way)
            self._ended.wait()
        except (KeyboardInterrupt, SystemExit):
            with suppress(RuntimeError):  # the loop has just ended
                loop.call_soon_threadsafe(queue.abandon)
            self._ended.wait()
            raise
        finally:
            self._thread.join()
            sys.setswitchinterval(self._switch_interval)

    def _running(self) -> tuple[asyncio.AbstractEventLoop, RequestQueue]:
        """Return the loop and its queue, started when first needed."""
        if self._thread is None:
            sys.setswitchinterval(min(SWITCH_INTERVAL, self._switch_interval))
            self._thread = threading.Thread(target=self._run, name="selfinstruct-model", daemon=True)
            self._thread.start()
        return self._ready.result()

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.get_loop()  # fails before there is a coroutine that would never be awaited
                runner.run(self._serve())
        except Exception as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)  # there is no loop where no file can be opened any more
        finally:
            self._ended.set()

    async def _serve(self) -> None:
        queue = RequestQueue(self._settings, self._secrets, self._answered)
        self._ready.set_result((asyncio.get_running_loop(), queue))
        async with AsyncExitStack() as stack:
            try:
                self._settings.check()
                send = await stack.enter_async_context(self._opened())
            except Exception as error:
                queue.fail(Failure("fatal", self._secrets.out_of_message(message_of(error))))
            else:
                queue.open(send)
            await queue.over.wait()
