"""Reject instructions by the character they begin with.

The reference code of Self-Instruct drops what begins with ASCII punctuation, mostly debris of a list or of an answer,
or with a non-ASCII character, to keep to English.  Here the script of the first character decides, and a script is
allowed by default where a seed begins with it, so that Korean seeds make a Korean run.  `ascii_only` brings the
reference code's rule back.

Of 112,000 real English instructions nearly all of the hundred that begin with a quotation mark or a bracket are debris,
so they are rejected.  Where `quotes` are allowed, the next character decides.  The Spanish ¿ and ¡ are passed over.
"""

import unicodedata
from itertools import islice

from selfinstruct.filters.scripts import script
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Task

PASSED_OVER = "¿¡ "
ASCII_QUOTES = "\"'`"


@part
class Script:
    """Rejects an instruction unless its first character is allowed."""

    allowed: dict[str, bool | None]
    """Kind of character, and whether an instruction may begin with it: `digits`, `quotes` (brackets, too; the next
    character is then judged), `punctuation` (all other marks, symbols, emoji), or a script: `latin`, `han` (Chinese
    characters), `kana`, or the first word of the Unicode names of its letters. Null allows what at least one seed
    begins with, and everything in a pool without seeds. Kinds that are not listed are rejected."""
    ascii_only: bool
    """Whether the first character must be ASCII besides."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the first character that is not allowed, and its kind."""
        instruction = candidate.instruction.strip()
        if self.ascii_only and not instruction[:1].isascii():
            return f"begins with {instruction[0]!r}, which is not ASCII"
        for character in instruction.lstrip(PASSED_OVER):
            kind = kind_of(character)
            if not self._is_allowed(kind, pool):
                return f"begins with {character!r} ({kind})"
            if kind != "quotes":
                return None
        return None

    def _is_allowed(self, kind: str, pool: Pool) -> bool:
        allowed = self.allowed.get(kind, False)
        if allowed is not None:
            return allowed
        seeds = pool.index(SeedScripts, SeedScripts)
        return not seeds.kinds or kind in seeds.kinds


class SeedScripts:
    """An index of a pool: the kinds of character that its seeds begin with."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()

    def add(self, task: Task) -> None:
        """Note how a seed begins; other tasks are ignored."""
        if task.is_human:
            kinds = (kind_of(character) for character in task.instruction.strip().lstrip(PASSED_OVER))
            self.kinds.update(islice((kind for kind in kinds if kind != "quotes"), 1))
            if any(script(letter) == "kana" for letter in task.instruction):
                self.kinds |= {"kana", "han"}  # Japanese is written in both


def kind_of(character: str) -> str:
    """Return what an instruction begins with: `digits`, `quotes`, `punctuation`, or the script of a letter."""
    plain = unicodedata.normalize("NFKC", character)[0]  # full-width A is a Latin letter, ① a digit
    if plain.isalpha():
        return script(plain)
    if plain.isnumeric():
        return "digits"
    if plain in ASCII_QUOTES or unicodedata.category(plain) in ("Ps", "Pi", "Pf"):
        return "quotes"
    return "punctuation"
