"""Many questions under way at once, the answers in the order asked.

A window slides over the questions: as soon as the first answer is taken, the next question is drawn, so that one slow
answer holds up nobody but those that wait behind it.  Asking in batches, as the reference code does, waits for the
slowest of every batch instead.  The questions are drawn in the caller's thread, since drawing one may read the pool;
the asking happens in an event loop in a thread of its own, which lives no longer than the generator.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

AHEAD = 3
"""Times `limit`: the questions drawn whose answers are not taken yet.  One share is under way, two wait behind a slow
answer; fewer would leave slots idle, more would be lost, though paid for, by a process that is killed."""


def in_order(
    questions: Iterable[Question],
    opened: Callable[[], AbstractAsyncContextManager[Callable[[Question], Awaitable[Answer]]]],
    limit: int,
) -> Iterator[Answer]:
    """Answer every question, `limit` at a time; what `opened` opens is closed when the last answer is taken.

    Closing the generator cancels what is under way.
    """
    pending: deque[Future[Answer]] = deque()
    with Background(opened, limit) as background:
        for question in questions:
            pending.append(background.ask(question))
            while pending and (pending[0].done() or len(pending) >= AHEAD * limit):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


class Background(Generic[Question, Answer]):
    """An event loop in a thread of its own, that answers `limit` questions at a time."""

    def __init__(
        self,
        opened: Callable[[], AbstractAsyncContextManager[Callable[[Question], Awaitable[Answer]]]],
        limit: int,
    ) -> None:
        self._opened = opened
        self._limit = limit
        self._ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._run, name="selfinstruct-model", daemon=True)

    def __enter__(self) -> "Background[Question, Answer]":
        self._thread.start()
        self._loop, self._stop = self._ready.result()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def ask(self, question: Question) -> Future[Answer]:
        """Have a question answered as soon as a slot is free."""
        return asyncio.run_coroutine_threadsafe(self._answer(question), self._loop)

    async def _answer(self, question: Question) -> Answer:
        async with self._slots:
            return await self._ask(question)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self) -> None:
        stop = asyncio.Event()
        self._slots = asyncio.Semaphore(self._limit)
        async with self._opened() as self._ask:
            loop = asyncio.get_running_loop()
            self._ready.set_result((loop, stop))
            await stop.wait()
            await loop.shutdown_default_executor()  # what is half begun there would be cancelled before it is awaited
            under_way = asyncio.all_tasks() - {asyncio.current_task()}
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)
