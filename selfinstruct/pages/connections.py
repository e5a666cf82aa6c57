"""Connections to the local server: what is no request of HTTP is answered before any route, and in the same way."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from selfinstruct.pages.guard import HEADERS

if TYPE_CHECKING:
    from aiohttp import web


def connections(server: "web.Server") -> "Callable[[], web.RequestHandler]":
    """Return what answers a connection: as aiohttp does, but what is no request of HTTP gets our headers, too."""
    from aiohttp import web

    class Connection(web.RequestHandler):
        __slots__ = ()

        def handle_error(self, *given: Any, **named: Any) -> web.StreamResponse:
            """Answer what cannot be read, as an address that is too long; no route has seen it."""
            response = super().handle_error(*given, **named)
            response.headers.update(HEADERS)
            return response

    return lambda: Connection(server, loop=asyncio.get_running_loop(), access_log=None)  # type: ignore[arg-type]
