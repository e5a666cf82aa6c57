"""Call functions in a child process that has limits, for work of unknown cost.

The child starts when it is first needed, serves all threads, one at a time, and ends with this process.  It has:

- a limit of CPU time for each call, by a timer of the kernel, which also stops a single step written in C.  Wall time
  depends on how busy the machine is, and `RLIMIT_CPU` counts whole seconds from the start of the process;
- a limit of memory, beyond what Python itself needs (macOS keeps none), and no files to write, no processes, few
  descriptors;
- an environment without keys, and one socket, over which it is sent pickles of ours and sends back plain text.

A child that reaches a limit has ended, so that nothing of one call is left for the next; a new one starts.

The limits bound what work takes.  They do not keep code from reading files: what may be called must see to that.
"""

import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from selfinstruct.errors import SelfInstructError

READY, MADE, REFUSED = b"?", b"+", b"-"
"""How a message of the child begins."""
LARGEST = 40_000_001
"""Bytes of a message that the child may send: ten million characters."""
FULL = 71
"""The exit code of a child that needs more memory than it may have."""
NEEDED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""The variables without which Python may not start."""
PROGRAM = """\
import json, sys
memory, seconds, sys.path[:] = json.loads(sys.argv[1])
from selfinstruct.text.confinement import serve
serve(memory, seconds)
"""


class ExceededError(ValueError):
    """A call takes more than it may."""


class EndedError(ExceededError):
    """The child has ended, maybe not because of the call under way."""


class Confined:
    """Calls functions in a child process that has limits."""

    def __init__(self, seconds: float = 10, memory: int = 512 << 20, patience: float = 600) -> None:
        """Take the limits of a call: seconds of CPU time, bytes beyond what Python needs, and seconds on the clock."""
        self.seconds, self.memory, self.patience = seconds, memory, patience
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.line: Connection | None = None

    def call(self, work: Callable[..., str], *values: Any) -> str:
        """Return what a function of a module makes of values; raises ValueError as it does, or ExceededError."""
        try:
            asked = pickle.dumps((work, values), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # whatever a value of a dataset raises
            raise ExceededError(f"a value cannot be sent to another process: {error}") from None
        with self.lock:
            try:
                said = self._exchange(asked)
            except EndedError:  # another program may have killed it
                said = self._exchange(asked)
        text = said[1:].decode("utf-8", "surrogatepass")
        if said[:1] != MADE:
            raise ValueError(text)
        return text

    def _exchange(self, asked: bytes) -> bytes:
        """Ask the child, which is started unless one runs, and ended unless it answers as it should."""
        try:
            line = self.line or self._started()
            line.send_bytes(asked)
            if line.poll(self.patience):
                return line.recv_bytes(LARGEST)
        except (OSError, EOFError):
            raise self._limit(self.close()) from None
        except BaseException:  # Ctrl-C, say: the answer would be taken for that of the next question
            self.close()
            raise
        self.close()
        raise ExceededError(f"it takes more than {self.patience:g} seconds")

    def _started(self) -> Connection:
        """Start the child and wait till it has its limits; raises SelfInstructError where it cannot."""
        limits = json.dumps([self.memory, self.seconds, [os.path.abspath(place) for place in sys.path]])
        ours, theirs = socket.socketpair()
        self.line = Connection(ours.detach())
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-IB", "-c", PROGRAM, limits],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in NEEDED if name in os.environ},
                cwd=os.path.abspath(os.sep),
                start_new_session=True,  # so that Ctrl-C does not reach it: the round under way is finished
            )
        with suppress(OSError, EOFError):
            if self.line.poll(self.patience) and self.line.recv_bytes(LARGEST) == READY:
                return self.line
        code = self.close()
        raise SelfInstructError(
            f"The process that fills the templates of others cannot start here (exit code {code}). See whether "
            f'{sys.executable} -I -c "import resource, jinja2" works.'
        )

    def _limit(self, code: int) -> ExceededError:
        """Return why the child has ended."""
        if code == -signal.SIGPROF:
            return ExceededError(f"it takes more than {self.seconds:g} seconds of CPU time")
        if code == FULL:
            return ExceededError(f"it takes more than {self.memory >> 20} MB of memory")
        return EndedError(f"its process has ended (exit code {code})")

    def close(self) -> int:
        """End the child, and return its exit code; 0 without one."""
        process, line, self.process, self.line = self.process, self.line, None, None
        if line is not None:
            line.close()
        if process is None:
            return 0
        process.kill()  # which changes nothing for one that is ending
        return process.wait()

    def forget(self) -> None:
        """Leave the child to the process that this one is a fork of."""
        if self.line is not None:
            self.line.close()
        if self.process is not None:
            self.process.returncode = 0  # it is not ours to wait for
        self.process, self.line, self.lock = None, None, threading.Lock()


def serve(memory: int, seconds: float) -> None:
    """Be the child: answer on standard input, which is a socket, till it is closed."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    limit(memory)
    with Connection(0) as line, suppress(EOFError, OSError):
        line.send_bytes(READY)
        while True:
            line.send_bytes(answer(line.recv_bytes(), seconds))


def limit(memory: int) -> None:
    """Take from this process what a call does not need."""
    import resource  # which not every system has

    taken = 0
    with suppress(OSError), open("/proc/self/statm", encoding="ascii") as file:  # a file of Linux
        taken = int(file.read().split()[0]) * resource.getpagesize()
    for kind, value in (
        (resource.RLIMIT_AS, taken + memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        with suppress(ValueError, OSError):  # there is a lower limit already, or the system does not know this one
            resource.setrlimit(kind, (value, value))


def answer(asked: bytes, seconds: float) -> bytes:
    """Return what a call gives, or what is wrong with it; ends the process where that takes too much."""
    try:
        work, values = pickle.loads(asked)  # noqa: S301  (from the process that started this one)
        signal.setitimer(signal.ITIMER_PROF, seconds)  # of the CPU; its signal ends the process
        made: bytes = MADE + work(*values).encode("utf-8", "surrogatepass")
    except MemoryError:
        os._exit(FULL)
    except Exception as error:
        made = REFUSED + str(error).encode("utf-8", "surrogatepass")
    signal.setitimer(signal.ITIMER_PROF, 0)
    return made
