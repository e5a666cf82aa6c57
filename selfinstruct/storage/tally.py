"""What is under way: requests of rounds that are not committed yet, and how many of them have their reply.

A round of a slow model may take an hour, and only its end is logged.  So that a log file does not look like that of a
program that hangs, a run reports once a minute what was asked and answered, as long as no round ends.  Fast runs report
nothing.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from typing import Any

from selfinstruct.request import Completion, Request

SPENT = ("prompt_tokens", "completion_tokens", "cost_usd")


class Tally:
    """Counts requests and replies by round; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rounds: dict[tuple[str, int], dict[str, Any]] = {}

    def asked(self, request: Request, reply: "Future[Completion]") -> None:
        """Count a request, and its reply when that has arrived."""
        with self._lock:
            self._counts(request)["asked"] += 1
        reply.add_done_callback(partial(self._arrived, request))

    def committed(self, stage: str, number: int) -> None:
        """Forget a round that is committed, and those of its stage before it."""
        with self._lock:
            self._rounds = {key: row for key, row in self._rounds.items() if key[0] != stage or key[1] > number}

    def row(self) -> dict[str, Any] | None:
        """Return the figures of the stage that was asked last: its rounds under way, added up; None if nothing is.

        Tokens and cost are None where one of them is unknown.
        """
        with self._lock:
            if not self._rounds:
                return None
            stage = next(reversed(self._rounds))[0]
            rows = [row for key, row in self._rounds.items() if key[0] == stage]
            numbers = [number for name, number in self._rounds if name == stage]
            counts = {key: sum(row[key] for row in rows) for key in ("asked", "answered", "failed")}
            values = {key: [row[key] for row in rows] for key in SPENT}
        spent = {key: None if None in found else sum(found) for key, found in values.items()}
        if not counts["asked"]:
            return None
        return {"stage": stage, "round": min(numbers), "last_round": max(numbers), **counts, **spent}

    def _counts(self, request: Request) -> dict[str, Any]:
        new = {"asked": 0, "answered": 0, "failed": 0, "prompt_tokens": 0, "completion_tokens": 0, "cost_usd": 0.0}
        return self._rounds.setdefault((request.stage, request.round), new)

    def _arrived(self, request: Request, reply: "Future[Completion]") -> None:
        with self._lock:
            if (request.stage, request.round) not in self._rounds:  # asked ahead, and its round is over
                return
            counts = self._counts(request)
            if reply.cancelled():
                counts["asked"] -= 1
            elif reply.exception() is not None or reply.result().failure is not None:
                counts["failed"] += 1
            else:
                counts["answered"] += 1
                for key in SPENT:
                    value = getattr(reply.result(), key)
                    counts[key] = None if value is None or counts[key] is None else counts[key] + value


class Pulse:
    """Calls a function again and again, so many seconds after the last call or `restart`."""

    def __init__(self, call: Callable[[], None], seconds: float) -> None:
        self._call, self._seconds = call, seconds
        self._again = threading.Event()
        self._is_over = False
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)
        self._thread.start()

    def restart(self) -> None:
        """Begin to count the seconds anew."""
        self._again.set()

    def close(self) -> None:
        """End it; nothing is called afterwards."""
        self._is_over = True
        self._again.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._is_over:
            if self._again.wait(self._seconds):
                self._again.clear()
            else:
                self._call()


@contextmanager
def reported(tally: Tally, report: Callable[[Mapping[str, Any]], None], seconds: float) -> Iterator[Pulse]:
    """Report what is under way, whenever so many seconds have passed without a `restart`."""

    def call() -> None:
        if (row := tally.row()) is not None:
            report(row)

    pulse = Pulse(call, seconds)
    try:
        yield pulse
    finally:
        pulse.close()
