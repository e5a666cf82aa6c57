"""How scripts are written: which script a letter belongs to, and where its words end.

Chinese, Japanese, Thai, Lao, Burmese and Khmer put no space between words, so that each of their letters stands for a
word.  Korean puts spaces, but ties particles to its words.  Rejected: segmenters, since their next version decides
otherwise, and the same run would end with another dataset.
"""

import re
import unicodedata
from collections.abc import Mapping

from selfinstruct.text.pattern import lazy

UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # Han iteration marks and zero, kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\uff66-\uff9f"  # half-width kana
)
"""The scripts written without spaces, as the inside of a character class."""
TIED = UNSPACED + "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
"""The scripts in which a letter beside a word may belong to another one: those without spaces, and Hangul."""

_UNSPACED = lazy(f"[{UNSPACED}]")
_TIED = lazy(f"[{TIED}]")
_SCRIPTS = {
    "CJK": "han",
    "IDEOGRAPHIC": "han",
    "HIRAGANA": "kana",
    "KATAKANA": "kana",
}


def has_unspaced(text: str) -> bool:
    """Return whether any of the text is in a script written without spaces."""
    return not text.isascii() and _UNSPACED.search(text) is not None


def script(letter: str) -> str:
    """Return the script of a letter: `latin`, `han`, `kana`, or the first word of its Unicode name."""
    first = re.split("[ -]", unicodedata.name(letter, ""), maxsplit=1)[0]
    return _SCRIPTS.get(first, first.lower())


def occurrences(texts: Mapping[str, bool], *, ends: bool = True) -> dict[str, re.Pattern[str]]:
    """Return the pattern of every text that is looked for."""
    return {text: occurrence(text, ends=ends) for text, is_wanted in texts.items() if is_wanted}


def occurrence(text: str, *, ends: bool = True) -> re.Pattern[str]:
    """Return a pattern that finds a text as whole words, in any case; with `ends=False` the last word may continue.

    Where an end of the text is written in a script that ties words together, or such a script stands beside it, there
    is no boundary to look for.
    """
    words = text.split()
    before = "" if _TIED.match(words[0]) else rf"(?<![^\W{TIED}])"
    after = "" if not ends or _TIED.match(words[-1][-1]) else rf"(?![^\W{TIED}])"
    inner = r"\s+".join(map(re.escape, words))
    return re.compile(f"{before}(?i:{inner}){after}")  # with the flag for all, to compile the classes takes 30 ms
