"""What a line knows of the health of its server: whether it was ever reached, whether it answers, and since when not.

A server that has answered before and answers nobody now is waited for: it is restarted, or overloaded, or the network
is down, and all of these pass.  Meanwhile it is asked by one request at a time, at growing intervals, whatever the
number of requests that wait: hundreds that come back each second would keep it down.  The first reply ends the outage
for all of them.  A server that says that its model is loading is treated as one that has answered.

A person is informed once a minute, on the console, since hours may pass so.

A few faults in a row are no outage: with hundreds of requests under way they come by chance.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from selfinstruct.model.failed_attempt import FailedAttempt
from selfinstruct.text.terminal import printable

LOG = logging.getLogger(__name__)

FAULTS = 5
"""So many passing faults in a row, over all requests, are an outage."""
FIRST_INTERVAL = 1.0
"""Seconds between two attempts at a server that is down; doubles with each of them."""
LONGEST_INTERVAL = 30.0
"""Seconds between two such attempts at most, so that its return is noticed soon."""
LONGEST_WAIT = 300.0
"""Seconds; a server that asks for more is asked again after this."""
FIRST_NOTICE = 10.0
"""Seconds of an outage after which it is reported; shorter ones are only in the log."""
NOTICE = 60.0
"""Seconds between two reports."""


class Health:
    """What a line has seen of its server so far."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.is_met = False
        """Whether this process has ever had an answer from it, of whatever kind."""
        self.is_proven = False
        """Whether it has ever given a whole reply, now or in an earlier process, or has said that it is loading."""
        self.answers = 0
        """Whole replies so far."""
        self.down_since: float | None = None
        """When the first of the faults came that are an outage, while it lasts."""
        self._faults = 0
        self._first_fault = 0.0
        self._failed_probes = 0
        self._resume = 0.0
        self._probe: int | None = None
        self._notice = 0.0
        self._has_reported = False
        self._fault = ""
        self._random = Random()  # no result depends on it; two runs of one machine must not ask in step

    def answered(self) -> None:
        """Count a whole reply."""
        self.is_met = self.is_proven = True
        self.answers += 1
        self._faults = 0
        if self.down_since is not None:
            self._recovered(self._clock() - self.down_since)

    def _recovered(self, seconds: float) -> None:
        LOG.log(
            logging.WARNING if self._has_reported else logging.INFO, "The server answers again after %s.", span(seconds)
        )
        self.down_since = self._probe = None
        self._has_reported = False

    def failed(self, trouble: FailedAttempt, message: str) -> None:
        """Count an attempt that failed; the message is that of the trouble, without secrets."""
        now = self._clock()
        self.is_met = self.is_met or trouble.is_heard
        self.is_proven = self.is_proven or trouble.is_loading
        if trouble.kind not in ("transient", "unreached"):
            return
        self._fault = message
        self._faults += 1
        if self._faults == 1:
            self._first_fault = now
        if self.is_proven and self.down_since is None and (self._faults >= FAULTS or trouble.is_loading):
            self.down_since, self._failed_probes = self._first_fault, 0
            self._notice = self.down_since + FIRST_NOTICE
        if self.down_since is not None:
            self._resume = now + self._interval(trouble.retry_after)

    def _interval(self, asked: float | None) -> float:
        """Seconds to the next attempt at a server that is down."""
        interval = min(LONGEST_INTERVAL, FIRST_INTERVAL * 2.0**self._failed_probes)
        self._failed_probes += 1
        return max(interval * self._random.uniform(0.5, 1.0), min(asked or 0.0, LONGEST_WAIT))

    @property
    def is_asked(self) -> bool:
        """Whether the one attempt is under way that a server which is down may be asked by."""
        return self.down_since is not None and self._probe is not None

    def wait(self, now: float) -> float:
        """Seconds until the next attempt may be made."""
        return 0.0 if self.down_since is None else max(0.0, self._resume - now)

    def sent(self, attempt: int) -> None:
        """Note the number of an attempt that is made now."""
        if self.down_since is not None:
            self._probe = attempt

    def ended(self, attempt: int) -> None:
        """Note that an attempt has ended, in whatever way."""
        if self._probe == attempt:
            self._probe = None

    def report(self, left: float | None) -> None:
        """Report an outage, if it is time to; `left` are the seconds for which the server is waited for."""
        now = self._clock()
        if self.down_since is None or now < self._notice:
            return
        self._notice, self._has_reported = now + NOTICE, True
        until = "until it answers"
        if left is not None:
            until = f"until {datetime.now().astimezone() + timedelta(seconds=left):%H:%M:%S}"
        down = span(now - self.down_since)
        LOG.warning("%s", printable(f"The server has been unavailable for {down} ({self._fault}); retrying {until}."))

    def next_report(self) -> float | None:
        """Seconds until the next report of an outage; None where there is no outage."""
        return None if self.down_since is None else max(0.0, self._notice - self._clock())


def span(seconds: float) -> str:
    """A span of time for a person."""
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"
