"""What the local server takes of the system: a port, the names that lead to it, threads, and signals that stop it."""

import asyncio
import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import TypeVar

from selfinstruct.errors import SelfInstructError

Made = TypeVar("Made")


@contextmanager
def listening(host: str, port: int, name: str) -> Iterator[socket.socket]:
    """Take a port of a host; raises SelfInstructError where that cannot be."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        own = socket.create_server(address[:2], family=family)
    except (OSError, OverflowError) as error:
        raise SelfInstructError(untaken(error, host, port, name)) from None
    with own:
        yield own


def untaken(error: Exception, host: str, port: int, name: str) -> str:
    """Return why a port cannot be used, and what to do."""
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use by another program. Choose another one: {name}.port=<port>."
    if isinstance(error, socket.gaierror) or getattr(error, "errno", None) == errno.EADDRNOTAVAIL:
        return f"{name}.host={host} is not an address of this machine."
    reason = getattr(error, "strerror", None) or error
    return f"{name}.port={port} of {host} cannot be used: {reason}."


def own_names() -> list[str]:
    """Return the name of this machine, and its address in the network where it is in one; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # reserved for examples: it lies beyond the network, wherever this is
        return [socket.gethostname(), str(probe.getsockname()[0])]
    return [socket.gethostname()]


@contextmanager
def stopped_by_signals() -> Iterator[asyncio.Event]:
    """Give an event that Ctrl-C and SIGTERM set; afterwards both do what they did before."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set)) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


async def in_thread(make: Callable[[], Made]) -> Made:
    """Return what a function returns that is called in a thread; no end of the program waits for that thread.

    It may be reading from a disk that no longer answers.  Threads of a pool, as of `asyncio.to_thread`, are waited for.
    """
    made: Future[Made] = Future()

    def run() -> None:
        try:
            made.set_result(make())
        except BaseException as error:
            made.set_exception(error)

    made.set_running_or_notify_cancel()  # it cannot be called off
    threading.Thread(target=run, daemon=True).start()
    return await asyncio.wrap_future(made)
