"""Ctrl-C in the test's own process: after a while, or after a round."""

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


class Stop:
    """A tracker that stops its run when so many rounds are logged."""

    def __init__(self, run, rounds):
        self.run, self.left = run, rounds

    def start(self, start):
        pass

    def log(self, round_, step):
        self.left -= 1
        self.run.stopping = self.left == 0

    def finish(self, summary, error):
        pass


def is_stopped_after(run, rounds=1):
    """Execute a run up to so many rounds; whether it had more to do."""
    run.trackers = {"stop": Stop(run, rounds)}
    try:
        run.execute()
    except KeyboardInterrupt:
        return True
    return False
