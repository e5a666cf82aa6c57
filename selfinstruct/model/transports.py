"""The transports below every client of LiteLLM: they read each reply within limits, and follow no redirect.

The clients of LiteLLM follow redirects, and `x-api-key` and `x-goog-api-key` go along to any host that a server names.
They also read and decompress whatever a server sends.  Both are decided in the transports that they use: LiteLLM's own
on aiohttp, and httpx's with and without a loop.  Requests of other packages are left alone (`CALL`).  Rejected:
`follow_redirects=False` for each client, for LiteLLM makes them in many places.
"""

from collections.abc import AsyncIterator, Container, Coroutine, Iterable
from typing import Any

from selfinstruct.model.bodies import ACCEPTED, read_body
from selfinstruct.model.protocol import check_moved
from selfinstruct.model.raw_reply import CALL, RawReply

OF_RAW_BODY = ("content-encoding", "content-length", "transfer-encoding")
"""Headers that do not hold for a body that has been read."""


def watch(known: Container[str]) -> None:
    """Have every reply to LiteLLM read first; `known` are the finish reasons that it knows."""
    import httpx
    from litellm import module_level_aclient, module_level_client
    from litellm.llms.custom_httpx.aiohttp_transport import LiteLLMAiohttpTransport

    transport: Any
    for transport in (LiteLLMAiohttpTransport, httpx.AsyncHTTPTransport):
        transport.handle_async_request = watched(transport.handle_async_request, known)
    transport = httpx.HTTPTransport
    transport.handle_request = watched_in_a_thread(transport.handle_request, known)
    for client in (module_level_client, module_level_aclient):  # LiteLLM uses these before a call of ours
        client.client.follow_redirects = False


def watched(send: Any, known: Container[str]) -> Any:
    """Return the `handle_async_request` of a transport, with each reply to a call of ours read first."""

    async def handle(transport: Any, request: Any) -> Any:
        if (call := CALL.get()) is None:
            return await send(transport, request)
        request.headers["Accept-Encoding"] = ACCEPTED
        with call.watching():
            response = await send(transport, request)
            try:
                check_moved(response.status_code, response.reason_phrase, response.headers, str(request.url))
                chunks = response.aiter_raw()
                content = await read_body(response.status_code, response.headers, chunks, call.limit)
            finally:
                await response.aclose()
        return as_read(call, response, request, content, known)

    return handle


def watched_in_a_thread(send: Any, known: Container[str]) -> Any:
    """Return the `handle_request` of a transport, with each reply to a call of ours read first."""

    def handle(transport: Any, request: Any) -> Any:
        if (call := CALL.get()) is None:
            return send(transport, request)
        request.headers["Accept-Encoding"] = ACCEPTED
        with call.watching():
            response = send(transport, request)
            try:
                check_moved(response.status_code, response.reason_phrase, response.headers, str(request.url))
                chunks = arriving(response.iter_raw())
                content = at_once(read_body(response.status_code, response.headers, chunks, call.limit))
            finally:
                response.close()
        return as_read(call, response, request, content, known)

    return handle


async def arriving(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Yield chunks that are waited for in this thread."""
    for chunk in chunks:
        yield chunk


def at_once(reading: Coroutine[Any, Any, bytes]) -> bytes:
    """Return the result of a coroutine that awaits nothing but `arriving`, and so never has to be resumed."""
    try:
        reading.send(None)
    except StopIteration as done:
        return bytes(done.value)
    raise RuntimeError("a reply that is read in a thread has awaited something")


def as_read(call: RawReply, response: Any, request: Any, content: bytes, known: Container[str]) -> Any:
    """Return a reply with its body as LiteLLM can convert it."""
    import httpx

    changed = call.read(response.status_code, response.headers, content, known)
    headers = [(name, value) for name, value in response.headers.items() if name.lower() not in OF_RAW_BODY]
    stream, extensions = httpx.ByteStream(changed), response.extensions
    return httpx.Response(response.status_code, headers=headers, stream=stream, request=request, extensions=extensions)
