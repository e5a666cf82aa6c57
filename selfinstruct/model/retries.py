"""How long to wait before the next attempt, and when there is none.

Retrying is our own, because LiteLLM's differs from provider to provider: some retry twice unasked, some say that they
did and did not, and a Retry-After is honoured by few.  Back-off is exponential with full jitter: a wait is drawn
between nothing and a bound that doubles, so that requests which failed together do not come back together.

How often a request is tried depends on whose fault it may be.  `attempts` bounds the faults that may be the request's
own: a garbled reply, and a reset, a timeout or an error of the server while other requests were answered.  Faults of
the server alone are not counted, once it has answered: an overload, and whatever comes while it answers nobody
(health.py).  Then only `deadline_seconds` is the bound.  Rejected: to count these too, which ends a run that has lasted
all night a few seconds after a server was restarted.

How a request ends that no attempt answered depends on what kept it.  A server that is down or has too much to do stops
the run, which can be resumed and asks again: nothing is lost.  A server that answers, and time after time without a
whole completion, would answer so again: that request counts as refused, and whether it alone is to blame is judged
with the other refusals (refusals.py).  An address at which nobody has answered in this process is wrong more often than
it is late, so that it is reported after two attempts; a server that has never answered, and says that it cannot, after
`attempts`.

Every attempt that failed is a line in the log.  Together with the replies of the store they are all that was sent.
"""

import logging
from collections.abc import Callable
from random import Random

from selfinstruct.model.failed_attempt import FailedAttempt, Kind
from selfinstruct.model.health import LONGEST_WAIT, Health
from selfinstruct.request import Failure

LOG = logging.getLogger(__name__)

LONGEST_BACKOFF = 60.0
"""Seconds; the bound of the wait does not double beyond it."""
FIRST_CONTACT = 2
"""Attempts to reach a server that has never answered; one might meet a network that is just waking up."""


def wait(attempt: int, asked: float | None, rng: Random) -> float:
    """Seconds before the next attempt, after `attempt` of them failed and the server asked for `asked`."""
    backoff = rng.uniform(0.0, min(LONGEST_BACKOFF, 2.0 ** min(attempt - 1, 10)))
    return backoff if asked is None else max(backoff, min(LONGEST_WAIT, asked + rng.random()))


class Attempts:
    """The attempts of one request, which say after each failed one how long to wait, or that it was the last.

    The waits are drawn from a stream of the request's own, made when the first attempt fails: nearly none does.
    """

    def __init__(self, most: int, request: str, clean: Callable[[str], str], health: Health) -> None:
        self._most = most
        self._request = request
        self._clean = clean
        self._health = health
        self._answers = health.answers
        self._failed = 0
        self._own = 0
        self._kinds: set[Kind] = set()
        self._rng: Random | None = None
        self._last = ""
        self.is_refused = False
        """Whether it ended because the server will not answer it, or answers without a whole completion."""
        self.garbled = 0
        """Replies without a whole completion, where the request ended because of them."""

    def after(self, trouble: FailedAttempt, left: float | None = None) -> float | Failure:
        """Seconds to wait before the next attempt, or the failure that the request ends with.

        `left` are the seconds that the request still has, None for as many as it likes.
        """
        self._last = self._clean(trouble.message)
        self._health.failed(trouble, self._last)
        self._failed += 1
        if self._may_be_own(trouble):
            self._own += 1
            self._kinds.add(trouble.kind)
        self._answers = self._health.answers
        end = self._end(trouble)
        if end is not None:
            self._log("it was the last")
            return end
        seconds = self._wait(trouble.retry_after)
        if left is not None and seconds >= left:
            self._log("it was the last, for there is no time left")
            return self.late()
        self._log(f"the next in {seconds:.1f} s")
        return seconds

    def _may_be_own(self, trouble: FailedAttempt) -> bool:
        """Whether the request may be to blame for a fault, and not the server."""
        if trouble.kind == "garbled" or not self._health.is_proven:
            return True
        return not trouble.is_overload and self._health.answers > self._answers

    def _wait(self, asked: float | None) -> float:
        """In an outage the server's health decides when the next attempt is made, for all requests together."""
        if self._health.down_since is not None:
            return min(asked or 0.0, LONGEST_WAIT)
        self._rng = self._rng or Random(self._request)
        return wait(self._failed, asked, self._rng)

    def cut_short(self, why: str) -> None:
        """An attempt that was sent will not be waited for."""
        self._failed += 1
        self._last = why
        self._log("it was the last")

    def late(self) -> Failure:
        """The failure of a request that had no more time."""
        return Failure("unavailable", f"no answer in the time that a request has: {counted(self._failed)}{self._last}")

    def _end(self, trouble: FailedAttempt) -> Failure | None:
        if trouble.kind in ("refused", "fatal"):
            self.is_refused = trouble.kind == "refused"
            return Failure("refused" if self.is_refused else "fatal", self._last)
        if trouble.kind == "unreached" and not self._health.is_met and self._failed >= min(FIRST_CONTACT, self._most):
            return Failure("unavailable", f"{self._last}. Is the address right, and does the server run?")
        if self._own < self._most:
            return None
        if self._kinds == {"garbled"}:  # only these count, so that a rejection reads the same in every run
            self.is_refused, self.garbled = True, self._own
            return Failure("refused", f"no whole reply in {counted(self._own)}{self._last}")
        return Failure("unavailable", f"no answer in {counted(self._failed)}{self._last}")

    def _log(self, then: str) -> None:
        LOG.info("Attempt %d at %s failed (%s); %s.", self._failed, self._request, self._last, then)


def counted(attempts: int) -> str:
    """Return the beginning of a clause about the last of some attempts."""
    return "1 attempt: " if attempts == 1 else f"{attempts} attempts; the last: "
