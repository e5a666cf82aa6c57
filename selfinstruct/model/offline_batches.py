"""A batch interface without a provider, to try what a run does while a batch waits.

The id of a batch says when it was handed over, and nothing else is remembered: a run that was killed meanwhile finds
its batch in another process, as it would at a provider.
"""

import hashlib
import time
from collections.abc import Callable, Mapping

from selfinstruct.model.batches import BatchState, Found, Intent
from selfinstruct.request import Completion, Request


class OfflineBatches:
    """Batches of which everything is answered after some seconds."""

    def __init__(self, seconds: float, answer: Callable[[Request], Completion]) -> None:
        self._seconds, self._answer = seconds, answer

    async def prepare(self, requests: Mapping[str, Request]) -> str:
        """Return the id of a new batch: the number of its requests, when it was made, and what tells it from others."""
        names = hashlib.sha256("".join(requests).encode()).hexdigest()
        return f"offline-{len(requests)}-{time.time():.2f}-{names[:8]}"

    async def create(self, mark: str, requests: Mapping[str, Request]) -> str:
        """Return the id, for nothing else is remembered."""
        return mark

    async def find(self, intent: Intent) -> Found:
        """Find every batch that may have been created: it is answered in any case."""
        return Found(intent.mark, is_certain=True)

    async def state(self, batch: str) -> BatchState:
        """Return how far a batch is."""
        _, count, created, _ = batch.split("-")
        waited = max(0.0, time.time() - float(created))
        is_over = waited >= self._seconds
        return BatchState(is_over=is_over, done=int(count) if is_over else int(int(count) * waited / self._seconds))

    async def replies(self, state: BatchState, requests: Mapping[str, Request]) -> dict[str, Completion]:
        """Return the replies by name."""
        return {name: self._answer(request) for name, request in requests.items()}
