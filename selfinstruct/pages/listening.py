"""The port that the local server listens on, and the signals that stop it."""

import asyncio
import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from selfinstruct.errors import SelfInstructError


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
