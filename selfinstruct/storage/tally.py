"""What is under way: requests of rounds that are not committed yet, and how many of them have their reply.

A round of a slow model may take an hour, and only its end is logged.  So that a log file does not look like that of a
program that hangs, a run reports once a minute what was asked and answered, as long as no round ends.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from selfinstruct.request import Completion, Request
from selfinstruct.storage.totals import SPENT


class Tally:
    """The requests under way by round; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rounds: dict[tuple[str, int], list[Future[Completion]]] = {}
        self.batches: dict[str, tuple[int, int]] = {}
        """How many requests are done, and how many there are, of each batch that waits at a provider."""

    def asked(self, request: Request, reply: "Future[Completion]") -> None:
        """Count a request, and its reply when that has arrived."""
        with self._lock:
            self._rounds.setdefault((request.stage, request.round), []).append(reply)

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt while batches wait: the end of the round may be a day away."""
        if self.batches:
            raise KeyboardInterrupt

    def committed(self, stage: str, number: int) -> None:
        """Forget a round that is committed, and those of its stage before it."""
        with self._lock:
            self._rounds = {key: found for key, found in self._rounds.items() if key[0] != stage or key[1] > number}

    def row(self) -> dict[str, Any] | None:
        """Return the figures of the stage that was asked last: its rounds under way, added up; None if nothing is.

        Tokens and cost are None where one of them is unknown.
        """
        with self._lock:
            stage = next(reversed(self._rounds), ("", 0))[0]
            rounds = {number: list(found) for (name, number), found in self._rounds.items() if name == stage}
        asked = [reply for found in rounds.values() for reply in found if not reply.cancelled()]
        done = [reply for reply in asked if reply.done()]
        replies = [reply.result() for reply in done if reply.exception() is None]
        answered = [reply for reply in replies if reply.failure is None]
        if not asked:
            return None
        done_in, in_batches = (sum(counts) for counts in zip((0, 0), *list(self.batches.values()), strict=True))
        spent = {key: [getattr(reply, key) for reply in answered] for key in SPENT}
        return {
            "stage": stage,
            "round": min(rounds),
            "last_round": max(rounds),
            "asked": len(asked),
            "answered": len(answered),
            "failed": len(done) - len(answered),
            **{key: None if None in values else sum(values) for key, values in spent.items()},
            **({"in_batches": in_batches, "done_in_batches": done_in} if in_batches else {}),
        }


@contextmanager
def reported(tally: Tally, report: Callable[[Mapping[str, Any]], None], seconds: float) -> Iterator[threading.Event]:
    """Report what is under way, whenever so many seconds have passed without the event being set."""
    again, over = threading.Event(), threading.Event()

    def beat() -> None:
        while not over.is_set():
            if again.wait(seconds):
                again.clear()
            elif (row := tally.row()) is not None:
                report(row)

    thread = threading.Thread(target=beat, name="pulse", daemon=True)
    thread.start()
    try:
        yield again
    finally:
        over.set()
        again.set()
        thread.join()
