"""Two texts beside each other, with the words in which they differ."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

WITHOUT_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Letters of scripts that put no space between words; each is compared by itself."""
WORD = re.compile(rf"[{WITHOUT_SPACES}]|[^\W{WITHOUT_SPACES}]+|\s+|[^\w\s]")
LONGEST = 1_000
"""Words of a text that is compared; the time grows with their square."""

Marked: TypeAlias = list[tuple[str, bool]]
"""Pieces of a text, and whether each is missing in the other."""


def marked(one: str, other: str) -> tuple[Marked, Marked]:
    """Return two texts in pieces, with what only one has marked; upper and lower case are the same."""
    ones, others = WORD.findall(one), WORD.findall(other)
    if max(len(ones), len(others)) > LONGEST:
        return [(one, False)], [(other, False)]
    matcher = SequenceMatcher(None, list(map(str.casefold, ones)), list(map(str.casefold, others)), autojunk=False)
    left, right = Marked(), Marked()
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        add(left, ones[start:end], kind != "equal")
        add(right, others[other_start:other_end], kind != "equal")
    return left, right


def add(pieces: Marked, words: Sequence[str], is_marked: bool) -> None:
    """Add words to the pieces of a text."""
    if words:
        pieces.append(("".join(words), is_marked))
