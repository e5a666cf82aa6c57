"""The bodies of replies, read in small pieces, and never beyond a limit.

A server may send without end, or a few kilobytes that decompress to gigabytes.  So a body is decompressed piece by
piece and is given up as soon as it exceeds the limit, compressed or not.
Only gzip and deflate are asked for, because zlib can stop in the middle of a piece; aiohttp and httpx inflate whatever
arrived at once, and one piece of br or zstd can hold gigabytes.
"""

import zlib
from collections.abc import AsyncGenerator, AsyncIterable, Iterator, Mapping

from selfinstruct.model.failed_attempt import GarbledError
from selfinstruct.model.settings import MAX_REPLY_BYTES

ACCEPTED = "gzip, deflate"  # the value of the header Accept-Encoding
ZLIB = ("gzip", "x-gzip", "deflate")
UNREADABLE = ("br", "zstd", "compress", "x-compress")
"""Encodings that cannot be read here; any other word is no encoding, and the body is read as it is."""
PIECE = 1 << 18  # bytes that are decompressed at once


async def read_body(
    status: int, headers: Mapping[str, str], chunks: AsyncIterable[bytes], limit: int = MAX_REPLY_BYTES
) -> bytes:
    """Return a whole body; raises GarbledError where it exceeds the limit or cannot be decompressed."""
    found = bytearray()
    try:
        async for piece in inflated(status, headers, chunks, limit):
            found += piece
    except GarbledError:
        found.clear()  # the traceback of the error would hold it
        raise
    return bytes(found)


async def inflated(
    status: int, headers: Mapping[str, str], chunks: AsyncIterable[bytes], limit: float
) -> AsyncGenerator[bytes]:
    """Yield a body piece by piece; raises GarbledError where it exceeds the limit or cannot be decompressed."""
    words = [word.strip().lower() for word in headers.get("Content-Encoding", "").split(",")]
    codings = [word for word in words if word in ZLIB + UNREADABLE]
    if len(codings) > 1 or any(word in UNREADABLE for word in codings):
        named = ", ".join(codings)
        raise GarbledError(status, f"the reply is encoded as {named}, which the server was not asked for", headers)
    arrived, length, inflating = 0, 0, None
    async for chunk in chunks:
        arrived += len(chunk)
        if codings and chunk and inflating is None:
            inflating = zlib.decompressobj(format_of(chunk) if codings == ["deflate"] else zlib.MAX_WBITS | 16)
        try:
            for piece in [chunk] if inflating is None else pieces(chunk, inflating):
                length += len(piece)
                if max(length, arrived) > limit:
                    break
                yield piece
        except zlib.error:
            raise GarbledError(status, "the reply cannot be decompressed", headers) from None
        if max(length, arrived) > limit:
            advice = "set it higher if the server is meant to send so much"
            raise GarbledError(status, f"the reply is longer than model.max_reply_bytes={limit}; {advice}", headers)
    if inflating is not None:
        yield inflating.flush()  # at most the rest of a piece


def pieces(chunk: bytes, inflating: "zlib._Decompress") -> Iterator[bytes]:
    """Yield what a chunk decompresses to, piece by piece."""
    while chunk and not inflating.eof:
        yield inflating.decompress(chunk, PIECE)
        chunk = inflating.unconsumed_tail


def format_of(chunk: bytes) -> int:
    """Return the format of a deflated stream; some servers send it without the header of zlib."""
    return zlib.MAX_WBITS if chunk[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS
