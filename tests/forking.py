"""A process that has imported what a command needs, and forks itself for each command that it is asked for.

Most of what `python run.py` costs is Python, Hydra and the imports, which are the same each time.  So one process for
all commands of a test process imports them once; each command is a fork of it, and runs `run.py` as Python would: with
working folder, environment, arguments, file mode, streams and signals of its own, as `__main__`, and to the very end of
the interpreter.  Only what is the same for every command is in it before: modules, and what the libraries keep of a
grammar.  W&B and LiteLLM are not, since they read the environment as they are imported.

    python tests/forking.py <descriptor of a socket>

Each message of the socket brings the descriptors of a line, of a file with what to run, and of the three streams.  Over
the line go the id of the process, and how it ended; it stays a zombie till the line is closed, so that its id can be
no other process's before.  A process whose line is closed too early is killed; so are all, when the socket is closed.
"""

import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIBRARIES = ("aiohttp", "concurrent.futures.thread", "rapidfuzz.process", "rich.console", "rich.table", "rich.text")
"""What is imported where it is needed, beside the modules of the project."""


def prepare() -> None:
    """Import everything, and compose once, which fills the caches of Hydra's parser."""
    import selfinstruct

    for module in pkgutil.walk_packages(selfinstruct.__path__, "selfinstruct."):
        importlib.import_module(module.name)
    for name in LIBRARIES:
        importlib.import_module(name)
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        compose("config", overrides=["recipe.instructions.until=1"], return_hydra_config=True)
    gc.collect()
    gc.freeze()  # so that no process copies or looks through what all have


class Forking:
    """The loop: asked for processes, and waiting for them."""

    def __init__(self, asked: socket.socket) -> None:
        self.asked = asked
        self.lines: dict[int, socket.socket] = {}
        """Of each process that has not been forgotten."""
        self.running: set[int] = set()
        self.ended, self.woken = socket.socketpair()

    def commands(self) -> Iterator[dict]:
        """What to run, in the process that is to run it; in the first one it comes back when it is asked no more."""
        for end in (self.ended, self.woken):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self.woken.fileno())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks is interrupted as well, and closes the socket
        while True:
            ready, _, _ = select.select([self.asked, self.ended, *self.lines.values()], [], [])
            if self.ended in ready:
                self.ended.recv(4096)
                self.tell()
            for number in [number for number, line in self.lines.items() if line in ready]:
                self.forget(number)
            if self.asked in ready:
                _, descriptors, _, _ = socket.recv_fds(self.asked, 1, 5)
                if not descriptors:
                    break
                if (command := self.fork(*descriptors)) is not None:
                    yield command
                    return
        for number in list(self.lines):
            self.forget(number)

    def fork(self, line: int, what: int, *streams: int) -> dict | None:
        """A process more; in it, what it is to run."""
        number = os.fork()
        if number:
            self.lines[number] = socket.socket(fileno=line)
            self.running.add(number)
            for descriptor in (what, *streams):
                os.close(descriptor)
            self.lines[number].sendall(f"{number}\n".encode())
            return None
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for mine in (self.asked, self.ended, self.woken, *self.lines.values()):
            mine.close()
        os.close(line)
        for stream, descriptor in enumerate(streams):
            os.dup2(descriptor, stream)
            os.close(descriptor)
        with open(what, "rb") as file:
            return json.load(file)

    def tell(self) -> None:
        """Tell who asked which processes have ended."""
        for number in list(self.running):
            if (found := os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                self.running.remove(number)
                status = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
                with suppress(OSError):  # nobody wants to know
                    self.lines[number].sendall(f"{status}\n".encode())

    def forget(self, number: int) -> None:
        """Reap a process nobody asks about any more, and end it before, if it has not ended."""
        if number in self.running:
            os.kill(number, signal.SIGKILL)
        self.running.discard(number)
        os.waitpid(number, 0)
        self.lines.pop(number).close()


def become(command: dict) -> None:
    """Run a command as Python would that had just been started."""
    os.chdir(command["folder"])
    os.umask(command["mask"])
    os.environ.clear()
    os.environ.update(command["environment"])
    if not command["draws"]:
        leave_out_reports()
    sys.argv = command["words"]
    sys.orig_argv = [sys.executable, *sys.argv]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    runpy.run_path(sys.argv[0], run_name="__main__")


def leave_out_reports() -> None:
    """Let the action that ends most runs do nothing where it comes last; on its own it is what the test is about."""
    from selfinstruct import run

    run.conclude = lambda run: None


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    prepare()
    for command in Forking(socket.socket(fileno=int(sys.argv[1]))).commands():
        become(command)
