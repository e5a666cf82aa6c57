"""Where a file is not UTF-8, as a person finds the place in an editor: line, column, and the byte that stands there."""

import codecs
from collections.abc import Iterator

MARK = codecs.BOM_UTF8
"""The byte order mark that some editors put before a text; it is no part of it."""
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def misread(content: bytes) -> Iterator[tuple[int, str]]:
    """Every line that is not UTF-8, with its first wrong byte; a file in UTF-16 is told once."""
    if content.startswith(WIDE):
        yield 1, "is UTF-16, not UTF-8. Save the file as UTF-8"
        return
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            column = len(line[: error.start].decode()) + 1
            yield number, f"byte 0x{line[error.start]:02x} at column {column} is not UTF-8. Save the file as UTF-8"
