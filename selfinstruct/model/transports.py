"""What stands below every client of LiteLLM: each reply is read here first, within limits, and no redirect is followed.

The clients of LiteLLM follow redirects, and only `Authorization` stays behind: `x-api-key` and `x-goog-api-key` go
along to any host that a server names.  They also read and decompress whatever a server sends.  Both are decided below
them, in the three transports that they stand on: LiteLLM's own on aiohttp, and httpx's with and without a loop, which
LiteLLM uses for some providers and where DISABLE_AIOHTTP_TRANSPORT is set.  Only requests that belong to a call of ours
are touched (`CALL`), since other packages use httpx as well.

Rejected: `follow_redirects=False` for each client, since LiteLLM makes them in many places and follows on top of httpx
in some.
"""

from collections.abc import Awaitable, Callable, Container
from typing import Any

from selfinstruct.model.bodies import ACCEPTED
from selfinstruct.model.original import CALL, Original
from selfinstruct.model.protocol import check_moved

WRITTEN_ANEW = ("content-encoding", "content-length", "transfer-encoding")
"""Headers that do not hold for a body that has been read."""


def watch(known: Container[str]) -> None:
    """Have every reply to LiteLLM read first; `known` are the reasons for an end that it knows."""
    import httpx
    from litellm import module_level_aclient, module_level_client
    from litellm.llms.custom_httpx.aiohttp_transport import LiteLLMAiohttpTransport

    transport: Any
    for transport in (LiteLLMAiohttpTransport, httpx.AsyncHTTPTransport):
        transport.handle_async_request = watched(transport.handle_async_request, known)
    transport = httpx.HTTPTransport
    transport.handle_request = watched_in_a_thread(transport.handle_request, known)
    for client in (module_level_client, module_level_aclient):  # what LiteLLM asks before a call of ours
        client.client.follow_redirects = False


def watched(send: Callable[[Any, Any], Awaitable[Any]], known: Container[str]) -> Callable[[Any, Any], Awaitable[Any]]:
    """Return the method of a transport that sends a request, with each reply to a call of ours read first."""

    async def handle(transport: Any, request: Any) -> Any:
        if (call := CALL.get()) is None:
            return await send(transport, request)
        request.headers["Accept-Encoding"] = ACCEPTED
        with call.asking(str(request.url)):
            response = await send(transport, request)
            try:
                check_moved(response.status_code, response.reason_phrase, response.headers, str(request.url))
                chunks = response.aiter_raw()
                content = await call.bodies.read(response.status_code, response.headers, chunks)
            finally:
                await response.aclose()
        return as_read(call, response, request, content, known)

    return handle


def watched_in_a_thread(send: Callable[[Any, Any], Any], known: Container[str]) -> Callable[[Any, Any], Any]:
    """Return the same of a transport that waits for its reply."""

    def handle(transport: Any, request: Any) -> Any:
        if (call := CALL.get()) is None:
            return send(transport, request)
        request.headers["Accept-Encoding"] = ACCEPTED
        with call.asking(str(request.url)):
            response = send(transport, request)
            try:
                check_moved(response.status_code, response.reason_phrase, response.headers, str(request.url))
                chunks = response.iter_raw()
                content = call.bodies.read_at_once(response.status_code, response.headers, chunks)
            finally:
                response.close()
        return as_read(call, response, request, content, known)

    return handle


def as_read(call: Original, response: Any, request: Any, content: bytes, known: Container[str]) -> Any:
    """Return a reply with its body as LiteLLM can convert it."""
    import httpx

    changed = call.take(response.status_code, response.headers, content, known)
    kept = [(name, value) for name, value in response.headers.items() if name.lower() not in WRITTEN_ANEW]
    stream, extensions = httpx.ByteStream(changed), response.extensions
    return httpx.Response(response.status_code, headers=kept, stream=stream, request=request, extensions=extensions)
