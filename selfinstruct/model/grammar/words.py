"""The words that the offline grammar chooses from, and how a text with open slots is filled.

They lie in `words.toml`, data beside the code, because the standard library reads TOML in two milliseconds and a person
can add a word without knowing Python.  Wider lists make more instructions differ; nothing else has to change.

In a text `{place}` is a word or a rule of that name, `{place_2}` one that is the same wherever it stands in that text,
`{role:plural}` a plural, and `<write|draft>` one of several wordings.
"""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from random import Random

SLOT = re.compile(r"\{([a-z_]+?)(?:_(\d))?(?::(plural))?\}")
CHOICE = re.compile(r"<([^<>]*)>")
AN = re.compile(r"\b([Aa]) (?=(?:[aeio]|u(?!ni|k|se|to)|hour|hono?u?r|hone)(?!uro|ne\b))")
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
IRREGULAR = {"moose": "moose", "goose": "geese", "wolf": "wolves", "scarf": "scarves", "bookshelf": "bookshelves"}
RANGES = {
    "int": [str(n) for n in range(12, 98)],
    "large": [str(n) for n in range(105, 995, 5)],
    "year": [str(n) for n in range(1901, 2024)],
    "budget": ["40", "60", "75", "90", "120", "150", "180", "200", "250", "300", "400", "500", "650", "800", "1000"],
    "limit": [str(n) for n in range(150, 260, 10)],
}


@cache
def book() -> dict[str, dict[str, str]]:
    """Everything in `words.toml`, by section."""
    text = resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def words(name: str) -> tuple[str, ...]:
    """The words or rules of one name."""
    if name in RANGES:
        return tuple(RANGES[name])
    if name in ("subjects", "countries", "kinds"):
        return tuple(book()[name])
    lists, rules = book()["words"], book()["rules"]
    if name in rules:
        return tuple(line.strip() for line in rules[name].strip().splitlines())
    return tuple(" ".join(word.split()) for word in lists[name].split(","))


def plural(noun: str) -> str:
    """The plural of an English noun."""
    if noun in IRREGULAR:
        return IRREGULAR[noun]
    if noun.endswith("man"):
        return noun[:-3] + "men"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun if noun.endswith("fish") else noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def with_articles(text: str) -> str:
    """The text with "an" where "a" stands before a vowel."""
    return AN.sub(r"\1n ", text)


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def fill(text: str, rng: Random) -> str:
    """The text with every slot and choice filled, articles mended."""
    return with_articles(_fill(text, rng, set()))


def _fill(text: str, rng: Random, used: set[str]) -> str:
    def choose(match: re.Match[str]) -> str:
        options: list[str] = match[1].split("|")
        return rng.choice(options)

    kept: dict[str, str] = {}

    def word(match: re.Match[str]) -> str:
        if match[0] in kept:
            return kept[match[0]]
        options = words(match[1])
        chosen = rng.choice(options)
        if chosen in used:  # once more, so that a baker seldom meets a baker
            chosen = rng.choice(options)
        used.add(chosen)
        if "{" in chosen:
            chosen = _fill(chosen, rng, used)
        chosen = plural(chosen) if match[3] else chosen
        if match[2]:
            kept[match[0]] = chosen
        return chosen

    return SLOT.sub(word, CHOICE.sub(choose, text) if "<" in text else text)


def number(word: str) -> int:
    """The number that a small number word or a numeral means."""
    return NUMBERS.index(word.lower()) if word.lower() in NUMBERS else int(word)


def enumeration(items: Sequence[str], last: str = "and") -> str:
    """The items in a row: "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"
