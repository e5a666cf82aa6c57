"""Commands in processes of their own, as `subprocess` would run them, but most of them forked off one (forking.py).

What Python itself would start differently, for a variable that it reads, and everything on a system that cannot fork,
is started by `subprocess`; so is what a test asks to be `fresh`.
"""

import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUN = str(ROOT / "run.py")
READ_AT_THE_START = ("PYTHON", "LC_", "LANG", "LD_", "TZ")
"""How variables begin that are read before a program has its say."""
CAN_FORK = hasattr(os, "fork") and hasattr(os, "waitid")


def begin(*words, folder=None, environment=None, script=RUN, fresh=False, draws=False):
    """Start `python run.py`; a `subprocess.Popen`, or what does as much of it as is needed.

    The report that ends most runs is left out unless a test `draws` it, since it takes longer than a small run.
    """
    environment = dict(os.environ if environment is None else environment)
    if CAN_FORK and not fresh and read_at_the_start(environment) == read_at_the_start(os.environ):
        return Forked([str(script), *words], folder or Path.cwd(), environment, draws)
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, str(script), *words], cwd=folder, env=environment, **streams)


def run(*words, timeout=120, **where):
    """Run `python run.py` to its end."""
    process = begin(*words, **where)
    try:
        output, errors = process.communicate(timeout=timeout)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return subprocess.CompletedProcess(words, process.returncode, output, errors)


def read_at_the_start(environment):
    return {name: value for name, value in environment.items() if name.startswith(READ_AT_THE_START)}


class Forked:
    """A command under way; what it says goes into files."""

    def __init__(self, words, folder, environment, draws):
        self.returncode = None
        with lock:
            asking, what = asked(), {"words": words, "folder": str(folder), "environment": environment, "mask": mask()}
            what["draws"] = draws
        self.said = [tempfile.TemporaryFile("w+", encoding="utf-8") for _ in ("output", "errors")]  # noqa: SIM115
        self.line, end = socket.socketpair()
        with tempfile.TemporaryFile("w+", encoding="utf-8") as file, open(os.devnull, encoding="utf-8") as nothing, end:
            json.dump(what, file)
            file.seek(0)
            socket.send_fds(asking, [b"."], [stream.fileno() for stream in (end, file, nothing, *self.said)])
        self.pid = int(self.read())

    def read(self, timeout=None):
        """Return the next number that is reported of it."""
        text = b""
        end = None if timeout is None else time.monotonic() + timeout
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([self.line], [], [], None if end is None else max(0.0, end - time.monotonic()))
            if not ready:
                raise subprocess.TimeoutExpired("run.py", timeout)
            if not (more := self.line.recv(64)):
                raise ChildProcessError("the process that forks has ended")
            text += more
        return text

    def wait(self, timeout=None):
        if self.returncode is None:
            self.returncode = int(self.read(timeout))
        return self.returncode

    def poll(self):
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number):
        """Its id is its own until the line is closed, even when it has ended."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(9)

    def communicate(self, timeout=None):
        """What it said, when it has ended."""
        self.wait(timeout)
        self.line.close()
        for file in self.said:
            file.seek(0)
        said = [file.read() for file in self.said]
        for file in self.said:
            file.close()
        self.said = []
        return tuple(said)


def mask():
    """The file mode mask of this process; it can only be read by setting it."""
    now = os.umask(0o022)
    os.umask(now)
    return now


lock = threading.Lock()
forking = []
"""The process that forks, and the socket over which it is asked, once there is one."""


def asked():
    if not forking:
        ours, theirs = socket.socketpair()
        words = [sys.executable, str(ROOT / "tests" / "forking.py"), str(theirs.fileno())]
        alone = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # whoever forks must have one thread
        process = subprocess.Popen(words, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=alone)
        theirs.close()
        forking.extend((process, ours))
    return forking[1]


def end():
    """End the process that forks, and wait until it has."""
    while forking:
        process, ours = forking
        ours.close()
        process.wait()
        forking.clear()
