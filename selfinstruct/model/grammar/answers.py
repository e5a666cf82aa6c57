"""What the grammar makes of one instruction: an input and an output, or nearly the same instruction again."""

import re
from random import Random

from selfinstruct.model import grammar
from selfinstruct.model.grammar.words import fill

NEEDS_INPUT = re.compile(
    r":$|\b(?:following|given|below|provided|input)\b|\b(?:this|the) (?:sentence|text|paragraph|passage|article|list"
    r"|email|word|document|story|dialogue|review|question|problem|code|function|equation|number|table|poem|title|fact)s?\b",
    re.IGNORECASE,
)
"""What instructions of unknown wording say that cannot be followed without an input."""


def near_copy(text: str, rng: Random) -> str:
    """The same task with hardly a word changed."""
    eager = text[:1].lower() + text[1:]
    return rng.choice([text, f"Please {eager}", f"{text} Thanks.", f"Now {eager}", text.replace(" the ", " this ", 1)])


def answered(instruction: str, rng: Random) -> tuple[str, str]:
    """An input and its output; placeholders that say so where the instruction is not the grammar's own."""
    task = grammar.known(instruction)
    if task and not task.labels:
        return task.answer(rng)
    if task:
        label = rng.choice(task.labels)
        return task.example(rng, label), label
    given = placeholder_input(rng) if NEEDS_INPUT.search(instruction) else ""
    return given, fill(
        "This is a placeholder of the offline grammar, which knows no answer here; it may serve as a text on {topic}.",
        rng,
    )


def placeholder_input(rng: Random) -> str:
    """An input for an instruction that the grammar does not know."""
    return fill("Text: A placeholder of the offline grammar on {topic}.", rng)
