"""The bodies of replies, read in small pieces, and never beyond a limit.

A server may send without end, or a few kilobytes that decompress to gigabytes.  So a body is decompressed piece by
piece and is given up as soon as it exceeds the limit, compressed or not.  Only a few long bodies are read at a time.
Only gzip and deflate are asked for, because zlib can stop in the middle of a piece; aiohttp and httpx inflate whatever
arrived at once, and one piece of br or zstd can hold gigabytes.
"""

import asyncio
import zlib
from collections.abc import AsyncIterable, Iterator, Mapping
from contextlib import AsyncExitStack

from selfinstruct.model.failed_attempt import GarbledError
from selfinstruct.model.settings import MAX_REPLY_BYTES

ACCEPTED = "gzip, deflate"
"""The value of the header Accept-Encoding."""
ZLIB = ("gzip", "x-gzip", "deflate")
UNREADABLE = ("br", "zstd", "compress", "x-compress")
"""Encodings that cannot be read here; any other word is no encoding, and the body is read as it is."""
PIECE = 1 << 18
"""Bytes that are decompressed at once."""
LONG = 1 << 20
"""Bytes beyond which a body is long."""
LONG_AT_ONCE = 2
"""Long bodies that are read at the same time."""


class Body:
    """The body of one reply while it arrives."""

    def __init__(self, status: int, headers: Mapping[str, str], limit: int) -> None:
        """Raise GarbledError where the body has an encoding that cannot be read."""
        self._reply = status, headers
        self._limit = limit
        self._arrived = 0
        self._read = bytearray()
        words = [word.strip().lower() for word in headers.get("Content-Encoding", "").split(",")]
        codings = [word for word in words if word in ZLIB + UNREADABLE]
        if len(codings) > 1 or any(word in UNREADABLE for word in codings):
            raise self._garbled(f"the reply is encoded as {', '.join(codings)}, which the server was not asked for")
        self._is_zlib = bool(codings)
        self._is_deflate = codings == ["deflate"]
        self._inflating: zlib._Decompress | None = None

    @property
    def is_long(self) -> bool:
        """Whether it is longer than usual."""
        return len(self._read) > LONG

    def add(self, chunk: bytes) -> Iterator[None]:
        """Add what arrived, with a pause after each piece; raises GarbledError beyond the limit."""
        self._arrived += len(chunk)
        self._check()
        for piece in self._pieces(chunk):
            self._read += piece
            self._check()
            yield

    def whole(self) -> bytes:
        """Return the body when all of it has arrived."""
        if self._inflating is not None:
            self._read += self._inflating.flush()  # at most the rest of a piece
        return bytes(self._read)

    def release(self) -> None:
        """Free the memory, which the traceback of an error would hold."""
        self._read = bytearray()

    def _check(self) -> None:
        if max(len(self._read), self._arrived) > self._limit:
            advice = "set it higher if the server is meant to send so much"
            raise self._garbled(f"the reply is longer than model.max_reply_bytes={self._limit}; {advice}")

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        if not self._is_zlib:
            yield chunk
            return
        if self._inflating is None and chunk:
            self._inflating = zlib.decompressobj(self._format(chunk))
        while self._inflating is not None and chunk and not self._inflating.eof:
            try:
                yield self._inflating.decompress(chunk, PIECE)
            except zlib.error:
                raise self._garbled("the reply cannot be decompressed") from None
            chunk = self._inflating.unconsumed_tail

    def _format(self, chunk: bytes) -> int:
        """Return the format of the stream; some servers send deflate without the header of zlib."""
        if not self._is_deflate:
            return zlib.MAX_WBITS | 16
        return zlib.MAX_WBITS if chunk[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS

    def _garbled(self, message: str) -> GarbledError:
        return GarbledError(self._reply[0], message, self._reply[1])


class Bodies:
    """Reads the bodies of the replies of one session."""

    def __init__(self, limit: int = MAX_REPLY_BYTES) -> None:
        """`limit` is the largest number of bytes of a body, before and after it is decompressed."""
        self._limit = limit
        self._long = asyncio.Semaphore(LONG_AT_ONCE)

    async def read(self, status: int, headers: Mapping[str, str], chunks: AsyncIterable[bytes]) -> bytes:
        """Return a whole body; raises GarbledError where it is too long or cannot be decompressed.

        The caller closes the connection.
        """
        body, is_let_in = Body(status, headers, self._limit), False
        async with AsyncExitStack() as places:
            places.callback(body.release)
            async for chunk in chunks:
                for _ in body.add(chunk):
                    if body.is_long and not is_let_in:
                        is_let_in = True
                        await places.enter_async_context(self._long)
            return body.whole()
