"""Signals: how a program ends that is asked to end from outside, by SIGTERM or, when its terminal closes, SIGHUP.

Both raise SystemExit in the main thread, so that what is paid for is stored, trackers and summary are finished, and the
exit code is 128 and the number of the signal.

A terminal that closes sends its signal more than once; the later ones are ignored, for they would give up the replies
under way.  To write to that terminal would be an error, so closed streams lead nowhere from then on.  A program that
was started to outlive its terminal, as by `nohup`, ignores the signal.
"""

import os
import select
import signal
import sys
from contextlib import suppress
from types import FrameType

HANG_UP = getattr(signal, "SIGHUP", None)
"""None on Windows."""
LOST = select.POLLHUP | select.POLLERR | select.POLLNVAL if hasattr(select, "poll") else 0


def end_when_asked() -> None:
    """Let SIGTERM and SIGHUP end the program well."""
    signal.signal(signal.SIGTERM, end)
    if HANG_UP is not None and signal.getsignal(HANG_UP) is not signal.SIG_IGN:
        signal.signal(HANG_UP, end)


def interrupt_once(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, and ignore the signal from then on.

    A launcher passes it on to its processes, which may have had it from the terminal, too.  It kills them after 30
    seconds, so there is no time to finish a round, and no step on which they could agree.
    """
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def end(number: int, frame: FrameType | None) -> None:
    """Raise SystemExit with the exit code for a signal."""
    if number == HANG_UP:
        signal.signal(number, signal.SIG_IGN)
    let_go_of_lost_streams()
    sys.exit(128 + number)


def let_go_of_lost_streams() -> None:
    """Let standard output and standard error lead nowhere where their other end is closed."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # it is closed, or no file of the system's
            if is_lost(stream.fileno()):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)


def is_lost(descriptor: int) -> bool:
    """Return whether the other end of a terminal or pipe is gone."""
    if not LOST:
        return False
    waiting = select.poll()
    waiting.register(descriptor, select.POLLOUT)
    return any(event & LOST for _, event in waiting.poll(0))
