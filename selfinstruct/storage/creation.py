"""How a batch is created, once.

The answer that names a new batch may never arrive: the program is killed, the connection breaks, a gateway gives up.
The batch is there then, and paid for.  So a file says what is about to be created, and before anything is created
again, the batch is looked for at the provider: one that is found is taken, and a new one is created only where it is
certain that there is none.
"""

import asyncio
import logging
import time
from pathlib import Path

from selfinstruct.errors import ModelError
from selfinstruct.model.batches import BatchProvider, Found, Intent, UnlistedError
from selfinstruct.model.failed_attempt import classify
from selfinstruct.model.patience import Patience
from selfinstruct.storage.waiting import Batch

LOG = logging.getLogger(__name__)

SETTLED = 60.0
"""Seconds after which a batch is listed if it was created: its creation may take a while after the client is gone."""
FIRST_WAIT, LONGEST_WAIT = 0.25, 60.0
"""Seconds between two looks at a provider: the wait doubles."""
OVERLOADED = (503, 529)
GIVEN_UP = (408, 499)
"""The statuses by which a gateway says that it, or its client, waited no longer: what it had handed on may be done."""


class Creation:
    """Has batches created for a run."""

    def __init__(self, folder: Path, fingerprint: str, patience: Patience) -> None:
        self._folder, self._fingerprint, self._patience = folder, fingerprint, patience
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def is_under_way(self) -> bool:
        """Return whether a batch is being created at this moment."""
        return bool(self._under_way)

    async def bring(self, provider: BatchProvider, batch: Batch) -> None:
        """Have a batch at the provider, and its id on disk; raises ModelError where that cannot be."""
        mark = ""

        async def attempt() -> None:
            nonlocal mark
            if batch.intent is not None and await self._is_found(provider, batch, batch.intent):
                return
            mark = mark or await provider.prepare(batch.requests)
            creating = asyncio.create_task(self._create(provider, batch, mark))
            self._under_way.add(creating)
            creating.add_done_callback(self._under_way.discard)
            await creating

        await self._patience.result(attempt)

    async def end(self) -> None:
        """Wait for the batches that are being created, so that their ids are known."""
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _create(self, provider: BatchProvider, batch: Batch, mark: str) -> None:
        intent = Intent(mark, time.time(), len(batch.asked))
        batch.note(self._folder, self._fingerprint, intent)
        try:
            found = await provider.create(mark, batch.requests)
        except Exception as error:
            if is_without_effect(error):
                batch.withdraw()
            raise
        batch.note(self._folder, self._fingerprint, intent, found)

    async def _is_found(self, provider: BatchProvider, batch: Batch, intent: Intent) -> bool:
        """Return whether a batch was created although its id did not arrive; what is known of it is on disk then."""
        LOG.warning("A batch of %s may be at the provider; it is looked for there.", counted(intent.count))

        async def find() -> Found:
            try:
                return await provider.find(intent)
            except UnlistedError:
                raise ModelError(unknown(batch, intent)) from None

        now, wait = asyncio.get_running_loop().time, FIRST_WAIT
        end = now() + min(SETTLED, intent.since + SETTLED - time.time())
        while True:
            is_settled = now() >= end
            found = await self._patience.result(find)
            if found.id is not None:
                LOG.warning("It is batch %s.", found.id)
                batch.note(self._folder, self._fingerprint, intent, found.id)
                return True
            if found.is_certain and is_settled:
                LOG.warning("It is not there; it is created again.")
                batch.withdraw()
                return False
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT if is_settled else 5.0)


def is_without_effect(error: Exception) -> bool:
    """Return whether a call that failed has certainly created nothing: it was refused, or has not arrived."""
    status = getattr(error, "status_code", None)
    is_error = isinstance(status, int) and 400 <= status < 500 and status not in GIVEN_UP
    return is_error or status in OVERLOADED or classify(error).kind == "unreached"


def unknown(batch: Batch, intent: Intent) -> str:
    """Return what to do where nobody but the provider knows whether a batch was created."""
    return (
        f"it is not known whether a batch of {counted(intent.count)} was created: the answer was lost, and the server "
        f"does not list its batches. Delete {batch.path} to send the requests again, which are paid for twice if it "
        'was; or write the id of the batch there, as "batch", if you know it.'
    )


def counted(requests: int) -> str:
    """Return a number of requests in words."""
    return "1 request" if requests == 1 else f"{requests:,} requests"
