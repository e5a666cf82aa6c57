"""Calls that are made again while they fail in a way that may pass: those of batch interfaces, which are few.

The attempts of a request (retries.py) are not counted here, for a batch may wait for hours: only the deadline of the
model ends them, counted from the first failure.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from itertools import count
from math import inf
from random import Random
from typing import TypeVar

from selfinstruct.errors import ModelError, SelfInstructError
from selfinstruct.model.failed_attempt import FailedAttempt, classify
from selfinstruct.model.retries import FIRST_CONTACT, backoff
from selfinstruct.model.secrets import Secrets

LOG = logging.getLogger(__name__)

T = TypeVar("T")


class Patience:
    """Makes the calls of one server."""

    def __init__(self, deadline_seconds: float | None, secrets: Secrets) -> None:
        self._deadline, self._secrets = deadline_seconds or inf, secrets
        self._is_reached = False

    async def result(self, call: Callable[[], Awaitable[T]]) -> T:
        """Return what a call returns, made again while it fails in a way that may pass; raises ModelError if not."""
        now = asyncio.get_running_loop().time
        rng, failing_since = Random("batches"), 0.0
        for attempt in count(1):
            try:
                found = await call()
            except SelfInstructError:
                raise
            except Exception as error:
                failed = classify(error)
                failing_since = failing_since or now()
                seconds = backoff(attempt, failed.retry_after, rng)
                why = self._secrets.out_of_message(failed.message)
                if not self._may_pass(failed, attempt, now() + seconds - failing_since):
                    raise ModelError(why) from error
                LOG.info("A call of the batch interface failed: %s; the next in %.1f s.", why, seconds)
                await asyncio.sleep(seconds)
            else:
                self._is_reached = True
                return found
        raise AssertionError

    def _may_pass(self, failed: FailedAttempt, attempt: int, seconds: float) -> bool:
        if failed.kind in ("fatal", "refused") or seconds > self._deadline:
            return False
        return failed.kind != "unreached" or self._is_reached or attempt < FIRST_CONTACT
