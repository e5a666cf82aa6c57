"""Texts of strangers on a terminal: a model, a file or a server may have written what would steer it.

Whatever a terminal might obey instead of showing (control characters, those that turn the direction of writing) becomes
an escape, so that it is seen; to leave it out would hide that it is there.  Joiners stay: scripts need them.
"""

import unicodedata
from collections.abc import Iterable

JOINERS = "\u200c\u200d"
"""They have no shape of their own and change no order: words in some scripts, and emoji, need them."""


def printable(text: str) -> str:
    """Return the text with every control character, and whatever else a terminal might obey, as an escape."""
    return text if text.isprintable() else "".join(map(shown, text))


def shown(sign: str) -> str:
    """Return a character that can do nothing but be seen; any other as Python would write it."""
    if sign in "\n\t" or sign in JOINERS or unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return sign
    return sign.encode("unicode_escape", "surrogatepass").decode("ascii")


def printed(lines: Iterable[str]) -> None:
    """Print lines in which nothing steers a terminal."""
    for line in lines:
        print(printable(line), flush=True)  # noqa: T201
