"""What the offline model writes in other languages than English, where a prompt asks for one (`languages.toml`).

It serves to try prompts and parsers: an instruction is a scene, a request and a condition, and an answer says that it
is a stand-in.  Classification and whole tasks are written in English whatever is asked.
"""

import re
from random import Random
from typing import Literal

from selfinstruct.model.grammar.words import SLOT, read

Section = Literal["scenes", "requests", "conditions", "answers", "refusals", "preambles", "farewells"]


def asked_in(prompt: str) -> str | None:
    """Return the language that a prompt asks for, if it is one that the offline model writes besides English."""
    return next((name for name, book in read("languages.toml").items() if re.search(book["asked"], prompt)), None)


def written(language: str, section: Section, rng: Random) -> str:
    """Return a text of a section, with its slots filled."""
    book = read("languages.toml")[language]
    return SLOT.sub(lambda slot: str(rng.choice(book["words"][slot[1]])), rng.choice(book[section]))


def instruction_in(language: str, rng: Random) -> str:
    """Return a new instruction."""
    scene, request, condition = (written(language, part, rng) for part in ("scenes", "requests", "conditions"))
    return f"{scene}{'' if language == 'zh' else ' '}{request}{condition}"
