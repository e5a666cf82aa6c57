import asyncio
import gzip
import zlib

import pytest

from selfinstruct.model.bodies import PIECE, read_body
from selfinstruct.model.failed_attempt import GarbledError, classify

TEXT = b'{"choices": []}' * 1000


async def parts(content, size):
    for start in range(0, len(content), size):
        yield content[start : start + size]


def read(content, encoding=None, limit=1 << 20, size=100, status=200):
    headers = {} if encoding is None else {"Content-Encoding": encoding}
    return asyncio.run(read_body(status, headers, parts(content, size), limit))


def raw_deflate(content):
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeeze.compress(content) + squeeze.flush()


@pytest.mark.parametrize("size", [1, 7, 100, 1 << 20])
@pytest.mark.parametrize(
    ("encoding", "encoded"),
    [
        (None, TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),  # the time would be in the name of the test
        ("X-GZIP", gzip.compress(TEXT, mtime=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("utf-8", TEXT),
        ("", TEXT),
    ],
)
def test_a_body_is_the_same_in_every_encoding_and_in_pieces_of_every_size(encoding, encoded, size):
    assert read(encoded, encoding, size=size) == TEXT


def test_a_long_body_is_whole_when_it_comes_in_one_piece():
    long = bytes(range(256)) * (5 * PIECE // 256 + 1)

    assert read(gzip.compress(long), "gzip", limit=len(long), size=1 << 30) == long


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_body_may_be_as_long_as_the_limit_and_no_byte_longer(encoding):
    encode = gzip.compress if encoding else bytes

    assert read(encode(bytes(5000)), encoding, limit=5000) == bytes(5000)
    with pytest.raises(GarbledError, match=r"longer than model\.max_reply_bytes=4999"):
        read(encode(bytes(5000)), encoding, limit=4999)


def test_what_follows_the_end_of_the_compressed_stream_counts_too():
    with pytest.raises(GarbledError, match=r"model\.max_reply_bytes"):
        read(gzip.compress(b"{}") + bytes(2000), "gzip", limit=1024)


@pytest.mark.parametrize("status", [200, 500])
def test_a_body_that_cannot_be_decompressed_is_garbled_and_so_is_half_of_one(status):
    with pytest.raises(GarbledError, match="cannot be decompressed") as caught:
        read(TEXT, "gzip", status=status)

    assert classify(caught.value).kind == "garbled"
    assert TEXT.startswith(read(gzip.compress(TEXT)[:-20], "gzip"))


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br", "gzip,gzip", "compress"])
def test_an_encoding_that_cannot_be_read_in_pieces_is_refused(encoding):
    with pytest.raises(GarbledError, match="which the server was not asked for"):
        read(b"", encoding)
