"""How many requests may be under way at once: as many as the server can take.

The limit is lowered when the server reports overload (429, 529, or 503 with such words), and raised again while replies
come: multiplicative decrease and additive increase, as TCP does (Jacobson, Congestion Avoidance and Control, 1988).
An attempt that was sent before a decrease changes nothing, so that a burst of refusals lowers the limit once.
"""

DECREASE = 0.7  # the factor of a decrease; 0.5, as TCP first had it, starves those that are refused by chance
WINDOWS_TO_RECOVER = 16  # windows full of replies that it takes to raise the limit from nothing to the whole


class AdaptiveConcurrency:
    """The number of requests that may be under way."""

    def __init__(self, most: int) -> None:
        self.under_way = 0
        self.sent = 0  # attempts so far, which is the number of the last
        self._most = most
        self._allowed = float(most)
        self._last_decrease = 0
        self._paused_until = 0.0

    @property
    def allowed(self) -> int:
        """Requests that may be under way, from 1 to what the config says."""
        return int(self._allowed)

    @property
    def has_room(self) -> bool:
        """Whether one more may be sent."""
        return self.under_way < int(self._allowed)

    def enter(self) -> int:
        """Count one attempt more, and return its number."""
        self.under_way += 1
        self.sent += 1
        return self.sent

    def answered(self, number: int) -> None:
        """Count a reply, which raises the limit a little."""
        self.under_way -= 1
        if self._allowed < self._most and number > self._last_decrease:
            step = max(1.0, self._most / WINDOWS_TO_RECOVER)
            self._allowed = min(self._most, self._allowed + step / self._allowed)

    def failed(self, number: int, is_overload: bool) -> None:
        """Count a failed attempt, which lowers the limit where the server is overloaded."""
        if is_overload and number > self._last_decrease:
            self._allowed = max(1.0, min(self._allowed, self.under_way) * DECREASE)
            self._last_decrease = self.sent
        self.under_way -= 1

    def pause(self, until: float) -> None:
        """Send nothing new before this moment."""
        self._paused_until = max(self._paused_until, until)

    def wait(self, now: float) -> float:
        """Return the seconds until the pause is over."""
        return max(0.0, self._paused_until - now)
