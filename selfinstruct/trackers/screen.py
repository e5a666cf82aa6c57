"""Where a run prints: standard output, whatever it is connected to, and the bar below the lines on a terminal."""

import logging
import os
import sys
import threading
import time
from collections import deque
from io import TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console as Screen

WIDE = 1000
"""Columns of an output in which nothing is to be folded."""
WAITING = "waiting for the first replies"
RECENT = 20
"""The pace is measured over that many rounds."""


def screen() -> "Screen":
    """Return where to print: standard output, with colors and a bar only on a terminal."""
    from rich.console import Console as Screen

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a run must not end because a terminal cannot show a dash
    is_terminal = sys.stdout.isatty()
    seen = is_terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    width = None if seen else width_of(is_terminal)

    class Piped(Screen):
        def on_broken_pipe(self) -> None:
            """Raise what rich would make a silent exit with code 1 of."""
            raise  # the BrokenPipeError that is being handled

    return Piped(force_terminal=seen, force_jupyter=False, width=width, markup=False, highlight=False, emoji=False)


def width_of(is_terminal: bool) -> int:
    """Return the columns of an output without codes: `COLUMNS`, those of the terminal, or enough for every line."""
    if (asked := os.environ.get("COLUMNS", "")).isdecimal() and int(asked):
        return int(asked)
    return (os.get_terminal_size(sys.stdout.fileno()).columns or 80) if is_terminal else WIDE


class Bar:
    """The bar below the lines, on a terminal; what is logged there meanwhile appears above it."""

    def __init__(self, screen: "Screen", waiting: str = WAITING) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        words = TextColumn("{task.description}", markup=False)
        state = TextColumn("{task.fields[state]}", markup=False)
        columns = (words, BarColumn(), state, TimeElapsedColumn())
        self._progress = Progress(*columns, console=screen, transient=True, redirect_stderr=sys.stderr.isatty())
        self._stage = waiting
        self._moving = threading.Lock()
        self._task = self._progress.add_task(self._stage, total=None, state="")
        names = {stream: name for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr)) if stream.isatty()}
        handlers = [one for one in logging.getLogger().handlers if isinstance(one, logging.StreamHandler)]
        self._handlers = [(one, one.stream) for one in handlers if one.stream in names]
        self._progress.start()
        for handler, stream in self._handlers:
            handler.setStream(getattr(sys, names[stream]))

    def move(self, stage: str, kept: int, target: int | None, state: str) -> None:
        """Show how far a stage is; each stage has a bar of its own."""
        with self._moving:
            if stage != self._stage:
                self._progress.remove_task(self._task)
                self._task = self._progress.add_task(stage, total=target, state="")
                self._stage = stage
            self._progress.update(self._task, completed=kept, state=state)

    def close(self) -> None:
        """Take the bar away."""
        for handler, stream in self._handlers:
            handler.setStream(stream)
        self._progress.stop()


class Recent:
    """When the last rounds of a stage ended, and how much they kept."""

    def __init__(self) -> None:
        self._stage: str | None = None
        self._rounds: deque[tuple[float, int]] = deque(maxlen=RECENT)
        """The seconds that each round took, and what it kept."""
        self._last = time.monotonic()

    def pace(self, stage: str, kept: int) -> float:
        """Note a round that ends now; return what is kept a second over the last rounds of its stage."""
        if stage != self._stage:
            self._stage = stage
            self._rounds.clear()
        now = time.monotonic()
        self._rounds.append((now - self._last, kept))
        self._last = now
        return sum(count for _, count in self._rounds) / max(sum(taken for taken, _ in self._rounds), 1e-6)
