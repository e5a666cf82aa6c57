"""The health of a server: whether it was ever reached, whether it answers, and since when it does not.

A server that has answered before, or says that its model is loading, and answers no request now is waited for.
Meanwhile it is sent one request at a time, at growing intervals: hundreds that come back each second would keep it
down.  A few faults in a row are not an outage: with hundreds of requests under way they come by chance.
"""

import logging
import time
from collections.abc import Callable
from random import Random

from selfinstruct.model.failed_attempt import FailedAttempt
from selfinstruct.text.terminal import printable

LOG = logging.getLogger(__name__)

FAULTS = 5  # passing faults in a row, over all requests, that are an outage
FIRST_INTERVAL = 1.0  # seconds between two attempts at a server that is down; doubles with each of them
LONGEST_INTERVAL = 30.0  # seconds between two such attempts at most, so that its return is noticed soon
LONGEST_WAIT = 300.0  # seconds; a server that asks for a longer wait is asked again after this
FIRST_NOTICE = 10.0  # seconds after which an outage is reported; shorter ones are only in the log
NOTICE = 60.0  # seconds between two reports


class Health:
    """The state of a server, as far as this process knows it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.is_met = False  # whether the server has responded to this process, with a reply or an error
        self.is_proven = False
        """Whether it has ever given a whole reply, now or in an earlier process, or has said that it is loading."""
        self.answers = 0  # whole replies so far
        self.down_since: float | None = None  # the time of the first fault of the current outage
        self._faults = 0
        self._first_fault = 0.0
        self._failed_probes = 0
        self._next_probe = 0.0
        self._probe: int | None = None
        self._next_notice = 0.0
        self._has_reported = False
        self._random = Random()  # no result depends on it; two runs of one machine must not probe in step

    def answered(self) -> None:
        """Count a whole reply, which ends an outage."""
        self.is_met = self.is_proven = True
        self.answers += 1
        self._faults = 0
        if self.down_since is not None:
            level = logging.WARNING if self._has_reported else logging.INFO
            LOG.log(level, "The server answers again after %s.", span(self._clock() - self.down_since))
            self.down_since = self._probe = None
            self._has_reported = False

    def failed(self, error: FailedAttempt, message: str) -> None:
        """Count a failed attempt; the message is that of the error, without secrets."""
        now = self._clock()
        self.is_met = self.is_met or error.is_heard
        self.is_proven = self.is_proven or error.is_loading
        if error.kind not in ("transient", "unreached"):
            return
        self._faults += 1
        if self._faults == 1:
            self._first_fault = now
        if self.is_proven and self.down_since is None and (self._faults >= FAULTS or error.is_loading):
            self.down_since, self._failed_probes = self._first_fault, 0
            self._next_notice = self.down_since + FIRST_NOTICE
        if self.down_since is not None:
            interval = min(LONGEST_INTERVAL, FIRST_INTERVAL * 2.0**self._failed_probes)
            self._failed_probes += 1
            asked = min(error.retry_after or 0.0, LONGEST_WAIT)
            self._next_probe = now + max(interval * self._random.uniform(0.5, 1.0), asked)
            if now >= self._next_notice:
                self._next_notice, self._has_reported = now + NOTICE, True
                down = span(now - self.down_since)
                LOG.warning("%s", printable(f"The server has been unavailable for {down} ({message}); retrying."))

    @property
    def is_probed(self) -> bool:
        """Whether the one attempt that an outage allows is under way."""
        return self.down_since is not None and self._probe is not None

    def wait(self, now: float) -> float:
        """Return the seconds until the next attempt may be made."""
        return 0.0 if self.down_since is None else max(0.0, self._next_probe - now)

    def sent(self, attempt: int) -> None:
        """Note that an attempt is made now."""
        if self.down_since is not None:
            self._probe = attempt

    def ended(self, attempt: int) -> None:
        """Note that an attempt has failed or was cancelled."""
        if self._probe == attempt:
            self._probe = None


def span(seconds: float) -> str:
    """Return a span of time in words."""
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"
