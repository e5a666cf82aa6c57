"""A text as rapidfuzz compares it fastest: a string with one character for each token.

There are 1,114,111 characters; a text with a token beyond them is a tuple of numbers, which rapidfuzz compares with
strings as exactly.
"""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Encoded: TypeAlias = str | tuple[int, ...]


def encode(numbers: Sequence[int]) -> Encoded:
    """Return numbers as a string, or as a tuple where one of them is beyond the characters."""
    try:
        return "".join(map(chr, numbers))
    except (ValueError, OverflowError):
        return tuple(numbers)


def decode(text: Encoded) -> Iterable[int]:
    """Return the numbers that were encoded."""
    return map(ord, text) if isinstance(text, str) else text
