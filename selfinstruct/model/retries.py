"""How long to wait before the next attempt, and when to give up.

Retrying is our own, because LiteLLM's differs from provider to provider, and few of its clients honor Retry-After.
Back-off is exponential with full jitter, so that requests which failed together do not come back together.

`attempts` bounds the faults that may be the request's own: a garbled reply, and a reset, a timeout or an error of the
server while other requests were answered.  Faults of the server alone are not counted, once it has answered: an
overload, and all faults of an outage (health.py); counting these would end a run that has lasted all night a few
seconds after a server was restarted.  A server that is down stops the run at `deadline_seconds`, which can be resumed.

A server that answers, and time after time without a whole completion, would answer so again: that request counts as
refused (refusals.py).  An address at which nothing has answered in this process is more likely wrong than late, so that
it is reported after two attempts.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from selfinstruct.model.failed_attempt import FailedAttempt, Kind
from selfinstruct.model.health import LONGEST_WAIT, Health
from selfinstruct.request import Completion, Failure

LOG = logging.getLogger(__name__)

LONGEST_BACKOFF = 60.0  # seconds; the bound of the wait does not double beyond it
FIRST_CONTACT = 2  # attempts to reach a server that has never answered; the network may just be waking up


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended."""

    reply: Completion | Failure
    attempt: int = 0  # the number of the attempt that was answered
    is_refused: bool = False  # whether the server will not answer it, or answers without a whole completion
    garbled: int = 0  # replies without a whole completion, where the request ended because of them


class Attempts:
    """The failed attempts of one request; its random stream for the waits is made when the first one fails."""

    def __init__(self, limit: int, request: str, clean: Callable[[str], str], health: Health) -> None:
        self._limit = limit
        self._request = request
        self._clean = clean
        self._health = health
        self._answers = health.answers
        self._failed = 0
        self._own = 0
        self._kinds: set[Kind] = set()
        self._rng: Random | None = None
        self._last = ""

    def after(self, error: FailedAttempt, left: float | None = None) -> float | Outcome:
        """Return the seconds to wait before the next attempt, or how the request ends; it still has `left` seconds."""
        self._last = self._clean(error.message)
        self._health.failed(error, self._last)
        self._failed += 1
        if self._may_be_own(error):
            self._own += 1
            self._kinds.add(error.kind)
        self._answers = self._health.answers
        if end := self._end(error):
            self._log("it was the last")
            return end
        seconds = self._wait(error.retry_after)
        if left is not None and seconds >= left:
            self._log("it was the last, for there is no time left")
            return Outcome(self.late())
        self._log(f"the next in {seconds:.1f} s")
        return seconds

    def _may_be_own(self, error: FailedAttempt) -> bool:
        """Return whether the request may be to blame for a fault, and not the server."""
        if error.kind == "garbled" or not self._health.is_proven:
            return True
        return not error.is_overload and self._health.answers > self._answers

    def _wait(self, asked: float | None) -> float:
        """Return the seconds to wait; in an outage the server's health decides, for all requests together."""
        if self._health.down_since is not None:
            return min(asked or 0.0, LONGEST_WAIT)
        self._rng = self._rng or Random(self._request)
        return backoff(self._failed, asked, self._rng)

    def cut_short(self, reason: str) -> None:
        """Count an attempt that was sent and will not be waited for."""
        self._failed += 1
        self._last = reason
        self._log("it was the last")

    def late(self) -> Failure:
        """Return the failure of a request that has no time left."""
        return Failure("unavailable", f"no answer in the time that a request has: {counted(self._failed)}{self._last}")

    def _end(self, error: FailedAttempt) -> Outcome | None:
        if error.kind == "refused":
            return Outcome(Failure("refused", self._last), is_refused=True)
        if error.kind == "fatal":
            return Outcome(Failure("fatal", self._last))
        if error.kind == "unreached" and not self._health.is_met and self._failed >= min(FIRST_CONTACT, self._limit):
            return Outcome(Failure("unavailable", f"{self._last}. Is the address right, and does the server run?"))
        if self._own < self._limit:
            return None
        if self._kinds == {"garbled"}:  # only these count, so that a rejection reads the same in every run
            failure = Failure("refused", f"no whole reply in {counted(self._own)}{self._last}")
            return Outcome(failure, is_refused=True, garbled=self._own)
        return Outcome(Failure("unavailable", f"no answer in {counted(self._failed)}{self._last}"))

    def _log(self, then: str) -> None:
        LOG.info("Attempt %d at %s failed (%s); %s.", self._failed, self._request, self._last, then)


def backoff(attempt: int, asked: float | None, rng: Random) -> float:
    """Return the seconds to wait after `attempt` failed attempts, where the server asked for `asked`."""
    seconds = rng.uniform(0.0, min(LONGEST_BACKOFF, 2.0 ** min(attempt - 1, 10)))
    return seconds if asked is None else max(seconds, min(LONGEST_WAIT, asked + rng.random()))


def counted(attempts: int) -> str:
    """Return the beginning of a clause about the last of some attempts."""
    return "1 attempt: " if attempts == 1 else f"{attempts} attempts; the last: "
