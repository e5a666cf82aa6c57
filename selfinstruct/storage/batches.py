"""Requests that are sent in batches, and the batches that wait at the provider.

Requests are collected until the reply to one of them is waited for.  They go in one batch, or in as few as the provider
takes.  A file in the folder of the run names the requests of each batch before it is created, until the last of its
replies is in the store: a run that is interrupted or killed meanwhile finds its batch when it is resumed, and does not
pay twice.  Requests that failed in a batch, or have expired with it, are sent one by one, with all that is done for
those.

A provider that refuses a whole batch ends the run with its reason; where only a part of it may wait at a time, halves
are sent one after the other.
"""

import asyncio
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from types import TracebackType

from selfinstruct.errors import ModelError, SelfInstructError
from selfinstruct.model import Session
from selfinstruct.model.batches import Batching, BatchProvider, BatchState, split
from selfinstruct.model.failed_attempt import message_of
from selfinstruct.model.patience import Patience
from selfinstruct.model.secrets import Secrets
from selfinstruct.model.sending import CLOSED
from selfinstruct.model.settings import key_in
from selfinstruct.request import Completion, Failure, Request
from selfinstruct.storage.completions import Store
from selfinstruct.storage.creation import FIRST_WAIT, LONGEST_WAIT, Creation, counted
from selfinstruct.storage.tally import Tally
from selfinstruct.storage.waiting import Batch, left_in, minute, name_of

LOG = logging.getLogger(__name__)

MOST_REQUESTS = 50_000
"""Requests in a batch: OpenAI's limit, and half of Anthropic's."""
MOST_BYTES = 100 << 20
"""Bytes of prompts in a batch: half of OpenAI's limit, since JSON escapes characters."""
GONE = (404, 410)
"""The statuses of a batch that the provider has deleted, or that another account has."""


class ProviderBatches:
    """A session that collects requests, and sends them in batches."""

    def __init__(self, model: Batching, line: Session, store: Store, tally: Tally) -> None:
        """`line` is for requests that failed in a batch."""
        self._model, self._line, self._store, self._tally = model, line, store, tally
        self._fingerprint = json.dumps(model.fingerprint(), sort_keys=True)
        self._secrets = Secrets(key_in(model.key_env))
        self._collected: dict[Future[Completion], Request] = {}
        self._waiting = list(left_in(store, self._fingerprint))  # what earlier processes have left
        self._batch_of: dict[Future[Completion], tuple[Batch, str]] = {}
        self._open: dict[str, Batch] = {}  # those that are not over, by the name of their first request
        self._loop = asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        self._patience = Patience(model.deadline_seconds, self._secrets)
        self._creation = Creation(store.folder, self._fingerprint, self._patience)

    def __enter__(self) -> "ProviderBatches":
        return self

    def submit(self, requests: Sequence[Request]) -> Sequence["Future[Completion]"]:
        """Collect the requests."""
        futures: list[Future[Completion]] = [Future() for _ in requests]
        self._collected |= dict(zip(futures, requests, strict=True))
        return futures

    def want(self, line: "Future[Completion]") -> None:
        """Send everything that was collected, if this is a part of it."""
        if line not in self._collected:
            return
        collected, self._collected = self._collected, {}
        asked = {
            name_of(request): (request, future)
            for future, request in collected.items()
            if future.set_running_or_notify_cancel()
        }
        for batch in self._waiting:
            if found := {name: asked.pop(name) for name in [*batch.left] if name in asked}:
                self._start(replace(batch, asked=found))
        for part in split(asked, MOST_REQUESTS, MOST_BYTES):
            self._start(Batch.of(part))

    def stored(self, line: "Future[Completion]", kept: "Future[Completion]") -> None:
        """Note that what came of a request is on disk, if it is."""
        if kept.cancelled() or kept.exception() or line not in self._batch_of:
            return
        if (failure := kept.result().failure) is None or failure.kind == "refused":
            batch, name = self._batch_of.pop(line)
            batch.forget({name})

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._close()
        finally:
            for batch in self._open.values():
                if batch.id:
                    what = "Batch %s stays at the provider. Resume the run to collect its replies, paid once."
                    LOG.warning(what, batch.id)
                elif batch.intent is not None:
                    what = "%s may be in a batch at the provider. Resume the run to find it."
                    LOG.warning(what, counted(len(batch.asked)))

    def _close(self) -> None:
        """End the thread; an interrupt ends the wait for it."""
        if self._thread is not None:
            if self._creation.is_under_way:
                LOG.warning("The id of a new batch is waited for; interrupt again, and the resumed run looks for it.")
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()
        if self._waiting:  # a reply may have come from a store that runs share
            self._waiting = list(left_in(self._store, self._fingerprint))

    def _start(self, batch: Batch) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop.run_forever, name="selfinstruct-batches", daemon=True)
            self._thread.start()
        asyncio.run_coroutine_threadsafe(self._answer(batch), self._loop)

    async def _end(self) -> None:
        """Learn the ids of batches that are being created, and leave all batches where they are."""
        await self._creation.end()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, batch: Batch) -> None:
        """Bring every request of a batch to its end."""
        self._batch_of |= {future: (batch, name) for name, (_, future) in batch.asked.items()}
        try:
            await self._bring(batch)
        except Exception as error:  # whatever it is, those who wait hear of it
            is_ours = isinstance(error, SelfInstructError)
            message = str(error) if is_ours else self._secrets.out_of_message(message_of(error))
            for _, future in batch.asked.values():
                if not future.done():
                    future.set_result(Completion(failure=Failure("fatal", message)))

    async def _bring(self, batch: Batch) -> None:
        """Hand over what comes of a batch; raises ModelError where it is refused."""
        async with self._model.batches() as provider:
            state, replies = await self._replies(provider, batch)
        if state.fault is None:
            self._give(batch, replies)
            return
        batch.forget([*batch.left])
        if not state.is_too_large or len(batch.asked) == 1:
            why = self._secrets.out_of_message(state.fault)
            raise ModelError(f"the provider has refused batch {batch.id}: {why}")
        LOG.info("Batch %s has more tokens than may wait: it is sent in halves, one after the other.", batch.id)
        for part in split(batch.asked, (len(batch.asked) + 1) // 2, MOST_BYTES):
            await self._answer(Batch.of(part))

    def _give(self, batch: Batch, replies: Mapping[str, Completion]) -> None:
        """Hand over the replies, and send the requests alone that have none."""
        missing = []
        for name, (request, future) in batch.asked.items():
            if name in replies:
                future.set_result(self._secrets.out_of_reply(replies[name]))
            else:
                missing.append((request, future))
        if missing:
            LOG.info("%d requests of batch %s have no reply there; they are sent alone.", len(missing), batch.id)
        for line, (_, future) in zip(self._line.submit([request for request, _ in missing]), missing, strict=True):
            line.add_done_callback(partial(hand_on, future))

    async def _replies(self, provider: BatchProvider, batch: Batch) -> tuple[BatchState, dict[str, Completion]]:
        """Return the end of a batch, and its replies by name."""
        key, count, wait = next(iter(batch.asked)), len(batch.asked), FIRST_WAIT
        self._open[key], self._tally.batches[key] = batch, (0, count)
        if not batch.id:
            await self._creation.bring(provider, batch)
        what = f"{counted(count)} {'waits' if count == 1 else 'wait'}"
        since = "" if batch.intent is None else f" since {minute(batch.intent.since)}"
        LOG.warning("%s in batch %s%s, for up to 24 hours. Ctrl-C leaves it there.", what, batch.id, since)
        try:
            while not (state := await self._patience.result(lambda: provider.state(batch.id))).is_over:
                self._tally.batches[key] = min(state.done, count), count
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
            replies = await self._patience.result(lambda: provider.replies(state, batch.requests))
        except ModelError as error:
            if getattr(error.__cause__, "status_code", None) not in GONE:
                raise
            remedy = f"If the provider has deleted it, delete {batch.path} to send its requests again, paid again."
            raise ModelError(f"batch {batch.id}: {error}. {remedy}") from None
        del self._open[key], self._tally.batches[key]
        return state, replies


def hand_on(future: "Future[Completion]", line: "Future[Completion]") -> None:
    """Give a future what another was given."""
    if line.cancelled():
        future.set_result(Completion(failure=CLOSED))
    elif defect := line.exception():
        future.set_exception(defect)
    else:
        future.set_result(line.result())
