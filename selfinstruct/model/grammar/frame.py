"""Frames: what an instruction says, and what the offline grammar knows of it.

A frame is several wordings of one task and the function that answers it, side by side, so that whoever adds a task
writes both in one place.  A wording is compiled to a regular expression as well: by it the grammar knows its own
instruction again when the classification or the instances are asked for, with nothing kept between the requests.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from random import Random

from selfinstruct.model.grammar.words import CHOICE, RANGES, SLOT, plural, words

Slots = Mapping[str, str]
"""What stood in the open slots of a wording, and the whole under `instruction`."""
Answer = Callable[[Random, Slots], tuple[str, str]]
"""An input, empty where none is needed, and the output that is right for it."""
Labels = Callable[[Random], list[str]]
"""A set of labels for a new instruction."""
Example = Callable[[Random, Slots, str], str]
"""An input for which the given label is right."""

PARTS = re.compile(r"(<[^<>]*>|\{[^{}]*\})")


@dataclass(frozen=True)
class Wording:
    """One way to say a task, with open slots."""

    text: str

    @cached_property
    def literal(self) -> str:
        """The longest stretch without slots: a text that lacks it is not this wording."""
        return max(PARTS.split(self.text)[::2], key=len).removesuffix(" a").removesuffix(" a ").lower()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Matches every instruction that this wording makes, with or without a sentence before or behind it."""
        return re.compile(
            rf"(?:.*?[.:!] )?{_pattern(self.text, set())}(?P<condition>(?: .*)?)", re.IGNORECASE | re.DOTALL
        )

    def match(self, instruction: str) -> dict[str, str] | None:
        """The content of the slots, if the instruction has this wording."""
        if self.literal not in instruction.lower():
            return None
        match = self.pattern.fullmatch(instruction)
        if match is None:
            return None
        slots = {name: value for name, value in match.groupdict().items() if value is not None}
        return {**slots, "instruction": instruction}


def _pattern(text: str, named: set[str]) -> str:
    made = []
    for piece in PARTS.split(text):
        if slot := SLOT.fullmatch(piece):
            name = slot[1] + (f"_{slot[2]}" if slot[2] else "")
            content = _content(slot[1], is_plural=slot[3] is not None)
            made.append(f"(?:{content})" if name in named else f"(?P<{name}>{content})")
            named.add(name)
        elif choice := CHOICE.fullmatch(piece):
            made.append(f"(?:{'|'.join(_pattern(option, named) for option in choice[1].split('|'))})")
        else:
            made.append(re.sub(r"\b([Aa])\\ $", r"\1n?\\ ", re.escape(piece)))
    return "".join(made)


@cache
def _content(name: str, *, is_plural: bool) -> str:
    if name in RANGES:
        return r"\d+"
    options = () if name == "labels" else words(name)
    if not options or any("{" in option for option in options):  # a rule makes too many texts to list
        return ".+?"
    return "|".join(re.escape(plural(option) if is_plural else option) for option in options)


@dataclass(frozen=True)
class Open:
    """A task with a free answer."""

    wordings: Sequence[str]
    answer: Answer
    weight: float = field(default=1.0, kw_only=True)
    """How often it is chosen, beside the others of its module."""


@dataclass(frozen=True)
class Closed:
    """A classification task: its answer is one of the labels that it names."""

    wordings: Sequence[str]
    labels: Labels
    example: Example
    weight: float = field(default=1.0, kw_only=True)
    """How often it is chosen, beside the others of its module."""


Frame = Open | Closed
