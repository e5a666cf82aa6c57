"""The words of the offline model (`words.toml`), and how a text with open slots is filled.

In a text `{place}` is a word or a rule of that name.  `{place_2}` is the same one wherever it stands, and so is a slot
to which an instruction has given its word.  `{role:plural}` is a plural, `{tip:list}` several lines of a rule,
`{country:capital}` what is known of a word, and `<write|draft>` one of several wordings.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from random import Random
from typing import Any

from selfinstruct.text.pattern import lazy

SLOT = lazy(r"\{([a-z_]+?)(_\d)?(?::([a-z]+))?\}")
CHOICE = lazy(r"<([^<>|]*(?:\|[^<>|]*)+)>")
AN = lazy(r"\b([Aa]) (?=(?:[aeioAEIO]|u(?!ni|k|se|to)|hour|hono?u?r)(?!uro|ne\b))")
COUNTS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
IRREGULAR = {"moose": "moose", "goose": "geese", "wolf": "wolves", "scarf": "scarves", "bookshelf": "bookshelves"}
NUMBERS = {
    "int": range(12, 98),
    "large": range(105, 995, 5),
    "year": range(1901, 2024),
    "budget": range(40, 500, 20),
    "limit": range(150, 260, 10),
}
"""Slots for numbers."""
KNOWN = {"subject": "meaning", "country": "capital", "function": "code", "unit": "factor"}
"""Slots whose words are those of which something is known."""
LINES = 5  # lines of a list where the instruction does not say how many


@cache
def read(name: str) -> dict[str, Any]:
    """Return the content of a TOML file of this package."""
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


@cache
def words(name: str) -> tuple[str, ...]:
    """Return the words or rules of one name."""
    book = read("words.toml")
    if name in NUMBERS:
        return tuple(map(str, NUMBERS[name]))
    if name in KNOWN:
        return tuple(book["facts"][KNOWN[name]])
    if name in book["rules"]:
        return tuple(book["rules"][name])
    return tuple(" ".join(word.split()) for word in book["words"][name].split(","))


def fact(kind: str, word: str) -> str:
    """Return what is known of a word, in whatever case it is written."""
    facts: dict[str, str] = read("words.toml")["facts"][kind]
    return next(text for known, text in facts.items() if known.lower() == word.lower())


def plural(noun: str) -> str:
    """Return the plural of an English noun."""
    if noun in IRREGULAR:
        return IRREGULAR[noun]
    if noun.endswith("man"):
        return noun[:-3] + "men"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun if noun.endswith("fish") else noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def sentence(text: str) -> str:
    """Return the text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def enumeration(items: Sequence[str], last: str = "and") -> str:
    """Return the items in a row: "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def number(word: str) -> int:
    """Return the number that a small number word or a numeral means."""
    return COUNTS.index(word.lower()) if word.lower() in COUNTS else int(word)


def fill(text: str, rng: Random, bound: dict[str, str] | None = None) -> str:
    """Return the text with every slot and choice filled; `bound` holds the words of slots that are chosen already."""
    return AN.sub(r"\1n ", Filling(rng, {} if bound is None else bound).text(text))


class Filling:
    """Fills the slots of a text, and of the rules in it, with words that differ."""

    def __init__(self, rng: Random, bound: dict[str, str]) -> None:
        self._rng = rng
        self._bound = bound
        self._used = set(bound.values())

    def text(self, text: str) -> str:
        """Return the text with its choices and slots filled."""
        chosen = CHOICE.sub(lambda match: self._rng.choice(match[1].split("|")), text) if "<" in text else text
        return SLOT.sub(self._word, chosen)

    def _word(self, slot: re.Match[str]) -> str:
        name, mark, form = slot[1], slot[2], slot[3]
        if form == "list":
            return self._lines(name)
        key = f"{name}{mark or ''}"
        if form == "plural" and f"{key}:plural" in self._bound:
            return self._bound[f"{key}:plural"]
        word = self._bound.get(key) or self._new(name)
        if mark:
            self._bound[key] = word
        if form == "plural":
            return plural(word)
        return fact(form, word) if form else word

    def _new(self, name: str) -> str:
        options = words(name)
        chosen = self._rng.choice([option for option in options if option not in self._used] or options)
        self._used.add(chosen)
        return self.text(chosen)

    def _lines(self, name: str) -> str:
        wanted = number(self._bound["count"]) if "count" in self._bound else LINES
        options = words(name)
        rules = self._rng.sample(options, min(wanted, len(options)))
        rules += [self._rng.choice(options) for _ in range(wanted - len(rules))]
        return "\n".join(f"{place}. {sentence(self.text(rule))}" for place, rule in enumerate(rules, 1))
