"""Where a file is not UTF-8, as a person finds the place in an editor: line, column, and the byte that stands there."""

import codecs
import re
from collections.abc import Iterator

MARK = codecs.BOM_UTF8
"""The byte order mark that some editors put before a text; it does not belong to it."""
WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
HALF_A_PAIR = re.compile("[\ud800-\udfff]")
"""What JSON and YAML may hold and no UTF-8."""
UTF_16 = "is UTF-16, not UTF-8. Save the file as UTF-8"


def misread(content: bytes) -> Iterator[tuple[int, str]]:
    """Yield every line that is not UTF-8, with its first wrong byte; a file in UTF-16 is reported once."""
    if content.startswith(WIDE):
        yield 1, UTF_16
        return
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            yield number, wrong_byte(line, error)


def wrong_byte(line: bytes, error: UnicodeDecodeError) -> str:
    """Return where in a line the first byte stands that is not UTF-8."""
    column = len(line[: error.start].decode()) + 1
    return f"byte 0x{line[error.start]:02x} at column {column} is not UTF-8. Save the file as UTF-8"
