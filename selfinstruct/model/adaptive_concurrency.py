"""How many requests may be under way at once: as many as the server bears.

Nobody knows what a server bears, and it changes while others use it too.  So the window narrows when the server says
that it is too much (429, 529, or 503 with such words), and opens again while replies come: multiplicative decrease and
additive increase, as TCP does (Jacobson, Congestion Avoidance and Control, 1988), because that settles near the limit
and shares it fairly with others.  Rejected: back-off of the single request alone, which sends the next one into the
same wall.

What was sent before a cut tells nothing about the cut, so that a burst of refusals narrows the window once, and old
replies do not open it.  A server that says how long to wait is sent nothing new for so long.
"""

NARROWER = 0.7
"""What a cut leaves of the requests under way; half, as TCP first had it, starves whoever is refused by chance."""
TURNS_TO_OPEN = 16
"""Windows full of replies that it takes to open from nothing to the whole; one request a window would take hours."""


class AdaptiveConcurrency:
    """The room for requests under way."""

    def __init__(self, most: int) -> None:
        self.under_way = 0
        self._most = most
        self._allowed = float(most)
        self.sent = 0
        """Requests so far, which is the number of the last."""
        self._last_cut = 0
        self._paused_until = 0.0

    @property
    def allowed(self) -> int:
        """Requests that may be under way; never below 1, and never above what the config says."""
        return int(self._allowed)

    @property
    def has_room(self) -> bool:
        """Whether one more may be sent."""
        return self.under_way < int(self._allowed)

    def enter(self) -> int:
        """Count one request more; gives its number, by which it is known when it ends."""
        self.under_way += 1
        self.sent += 1
        return self.sent

    def answered(self, number: int) -> None:
        """A reply came: open the window a little, if the request was sent through it as it is."""
        self.under_way -= 1
        if self._allowed < self._most and number > self._last_cut:
            step = max(1.0, self._most / TURNS_TO_OPEN)
            self._allowed = min(self._most, self._allowed + step / self._allowed)

    def failed(self, number: int, is_overload: bool) -> None:
        """No reply came; where the server has too much to do, narrow the window."""
        if is_overload and number > self._last_cut:
            self._allowed = max(1.0, min(self._allowed, self.under_way) * NARROWER)
            self._last_cut = self.sent
        self.under_way -= 1

    def pause(self, until: float) -> None:
        """Let nothing in before this moment."""
        self._paused_until = max(self._paused_until, until)

    def wait(self, now: float) -> float:
        """Seconds until something may be let in again."""
        return max(0.0, self._paused_until - now)
