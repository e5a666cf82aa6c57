"""How long to wait before the next attempt, and when there is none.

Retrying is our own, because LiteLLM's differs from provider to provider: some retry twice unasked, some say that they
did and did not, and a Retry-After is honoured by few.  Back-off is exponential with full jitter: a wait is drawn
between nothing and a bound that doubles, so that requests which failed together do not come back together.

How a request ends that no attempt answered depends on what kept it.  A server that is down or has too much to do ends
the run, which can go on later and asks again: nothing is lost.  A server that answers, and time after time without a
whole completion, would answer so again: that request is refused, and the run goes on.  An address at which nobody has
ever answered is wrong more often than it is late, so that it is told after two attempts.

Every attempt that failed is a line in the log.  Together with the replies of the store they are all that was sent.
"""

import logging
from collections.abc import Callable
from random import Random

from selfinstruct.model.trouble import Kind, Trouble
from selfinstruct.request import Failure

LOG = logging.getLogger(__name__)

LONGEST_BACKOFF = 60.0
"""Seconds; the bound of the wait does not double beyond it."""
LONGEST_WAIT = 300.0
"""Seconds; a server that asks for more is asked again after this."""
FIRST_CONTACT = 2
"""Attempts to reach a server that has never answered; one might meet a network that is just waking up."""
GARBLED_REQUESTS = 3
"""So many requests' attempts in a row, with no whole reply among them, and it is the server and not the requests."""
GARBLED_ATTEMPTS = 10
"""At least so many, where a request has few."""


def wait(attempt: int, asked: float | None, rng: Random) -> float:
    """Seconds before the next attempt, after `attempt` of them failed and the server asked for `asked`."""
    backoff = rng.uniform(0.0, min(LONGEST_BACKOFF, 2.0 ** (attempt - 1)))
    return backoff if asked is None else max(backoff, min(LONGEST_WAIT, asked + rng.random()))


class Standing:
    """What a line has seen of its server so far."""

    def __init__(self) -> None:
        self.is_met = False
        """Whether it has ever answered, in whatever way."""
        self._is_proven = False
        self._garbled = 0

    def answered(self) -> None:
        """A whole reply came."""
        self.is_met, self._is_proven, self._garbled = True, True, 0

    def failed(self, trouble: Trouble) -> None:
        """An attempt failed."""
        self.is_met = self.is_met or trouble.is_heard
        is_own = trouble.is_filtered and self._is_proven  # the last requests of a stage may be those that are filtered
        self._garbled += trouble.kind == "garbled" and not is_own

    def given_up(self, message: str, attempts: int) -> Failure:
        """The failure of a request that got only garbled replies: its own, unless nobody gets anything else."""
        if self._garbled < max(GARBLED_ATTEMPTS, GARBLED_REQUESTS * attempts):
            return Failure("refused", message)
        return Failure("unavailable", f"{message} ({self._garbled} in a row, over all requests)")


class Attempts:
    """The attempts of one request, which say after each failed one how long to wait, or that it was the last.

    The waits are drawn from a stream of the request's own, made when the first attempt fails: nearly none does.
    """

    def __init__(self, most: int, request: str, clean: Callable[[str], str], standing: Standing) -> None:
        self._most = most
        self._request = request
        self._clean = clean
        self._standing = standing
        self._failed = 0
        self._kinds: set[Kind] = set()
        self._last = ""

    def after(self, trouble: Trouble, left: float | None = None) -> float | Failure:
        """Seconds to wait before the next attempt, or the failure that the request ends with.

        `left` are the seconds that the request still has, None for as many as it likes.
        """
        self._standing.failed(trouble)
        self._failed += 1
        self._kinds.add(trouble.kind)
        self._last = self._clean(trouble.message)
        end = self._end(trouble)
        if end is not None:
            self._log("it was the last")
            return end
        if self._failed == 1:
            self._rng = Random(self._request)
        seconds = wait(self._failed, trouble.retry_after, self._rng)
        if left is not None and seconds >= left:
            self._log("it was the last, for there is no time left")
            return self.late()
        self._log(f"the next in {seconds:.1f} s")
        return seconds

    def cut_short(self, why: str) -> None:
        """An attempt that was sent will not be waited for."""
        self._failed += 1
        self._last = why
        self._log("it was the last")

    def late(self) -> Failure:
        """The failure of a request that had no more time."""
        return Failure("unavailable", f"no answer in the time that a request has: {self._count()}{self._last}")

    def _end(self, trouble: Trouble) -> Failure | None:
        if trouble.kind in ("refused", "fatal"):
            return Failure("refused" if trouble.kind == "refused" else "fatal", self._last)
        if trouble.kind == "unreached" and not self._standing.is_met and self._failed >= min(FIRST_CONTACT, self._most):
            return Failure("unavailable", f"{self._last}. Is the address right, and does the server run?")
        if self._failed < self._most:
            return None
        if self._kinds == {"garbled"}:
            return self._standing.given_up(f"no whole reply in {self._count()}{self._last}", self._most)
        return Failure("unavailable", f"no answer in {self._count()}{self._last}")

    def _count(self) -> str:
        return "1 attempt: " if self._failed == 1 else f"{self._failed} attempts; the last: "

    def _log(self, then: str) -> None:
        LOG.info("Attempt %d of %d at %s failed (%s); %s.", self._failed, self._most, self._request, self._last, then)
