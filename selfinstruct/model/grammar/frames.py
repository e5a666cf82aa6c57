"""The tasks that the offline model can write: an instruction with open slots, and what is right for it (`tasks.toml`).

Each wording is compiled to a regular expression as well: by it the model recognizes its own instruction when its class
or its instances are asked for, so nothing is remembered between requests.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from random import Random
from typing import Literal

from selfinstruct.model.grammar.words import CHOICE, NUMBERS, SLOT, enumeration, fill, plural, read, words
from selfinstruct.text.pattern import lazy

Kind = Literal["texts", "free", "sums", "figures", "lists", "words", "given", "tests", "closed"]
"""The sections of `tasks.toml`."""
ASK = "<Answer with|Choose|Reply|Possible answers:|Pick|Output either|Say|Respond with|Options:> {labels}."
"""How an instruction names its labels."""
PAIRS = (("yes", "no"), ("yes", "no"), ("true", "false"), ("1", "0"))  # labels of tests, the affirmative first
PARTS = lazy(r"(<[^<>|]*(?:\|[^<>|]*)+>|\{[^{}]*\})")


@dataclass(frozen=True)
class Frame:
    """One wording of a task."""

    wording: str
    kind: Kind
    output: str = ""  # a text with slots, or the name of a way to compute it
    input: str = ""  # a text with slots
    labels: Mapping[str, str] = field(default_factory=dict)  # texts with slots for each label, separated by |
    pick: tuple[int, int] = (2, 2)  # the least and the most labels that an instruction names

    @property
    def is_closed(self) -> bool:
        """Whether it is a classification task."""
        return self.kind in ("tests", "closed")

    def render(self, rng: Random) -> str:
        """Return the wording with its slots filled."""
        return fill(self.wording, rng, {"labels": enumeration(self._named(rng), "or")} if self.is_closed else None)

    def _named(self, rng: Random) -> list[str]:
        if self.kind == "tests":
            return list(rng.choice(PAIRS))
        return rng.sample(list(self.labels), rng.randint(*self.pick))

    @cached_property
    def _literal(self) -> str:
        """The longest stretch without slots, which an instruction of this wording contains."""
        return max(PARTS.split(self.wording)[::2], key=len).removesuffix(" a").removesuffix(" a ").lower()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Matches every instruction of this wording, with or without a sentence before or behind it."""
        pattern = pattern_of(self.wording, set())
        return re.compile(rf"(?:.*?[.:!] )?{pattern}(?P<behind>(?: .*)?)", re.IGNORECASE | re.DOTALL)

    def match(self, instruction: str) -> dict[str, str] | None:
        """Return the words of the slots, if the instruction has this wording."""
        if self._literal not in instruction.lower() or not (match := self._pattern.fullmatch(instruction)):
            return None
        return {name.replace("__", ":"): word for name, word in match.groupdict().items() if word is not None}


def pattern_of(text: str, named: set[str]) -> str:
    """Return a regular expression for a text with slots; each slot is a group, the first time that it stands there."""
    made = []
    for piece in PARTS.split(text):
        if slot := SLOT.fullmatch(piece):
            name = slot[1] + (slot[2] or "") + (f"__{slot[3]}" if slot[3] else "")
            content = content_of(slot[1], is_plural=slot[3] == "plural")
            made.append(f"(?:{content})" if name in named else f"(?P<{name}>{content})")
            named.add(name)
        elif choice := CHOICE.fullmatch(piece):
            made.append(f"(?:{'|'.join(pattern_of(option, named) for option in choice[1].split('|'))})")
        else:
            made.append(re.sub(r"\b([Aa])\\ $", r"\1n?\\ ", re.escape(piece)))
    return "".join(made)


@cache
def content_of(name: str, *, is_plural: bool) -> str:
    """Return a regular expression for the words of a slot."""
    if name in NUMBERS:
        return r"\d+"
    if name == "labels" or any("{" in option for option in words(name)):  # a rule makes too many texts to list
        return ".+?"
    return "|".join(re.escape(plural(option) if is_plural else option) for option in words(name))


@cache
def frames(kind: Kind) -> list[Frame]:
    """Return the frames of a section of `tasks.toml`."""
    return list(_frames(kind))


def _frames(kind: Kind) -> Iterator[Frame]:
    section = read("tasks.toml")[kind]
    if kind == "given":
        for group in section:
            yield from (Frame(wording, kind, output, group["input"]) for wording, output in group["tasks"].items())
    elif kind == "closed":
        for group in section:
            for wording in group["tasks"]:
                yield Frame(wording.replace("{ask}", ASK), kind, labels=group["labels"], pick=tuple(group["pick"]))
    else:
        yield from (Frame(wording.replace("{ask}", ASK), kind, output) for wording, output in section.items())
