"""Ctrl-C, after a while, in the test's own process."""

import signal
from contextlib import contextmanager


@contextmanager
def interrupted(after):
    """The main thread is interrupted once, as by Ctrl-C."""

    def interrupt(*_):
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
