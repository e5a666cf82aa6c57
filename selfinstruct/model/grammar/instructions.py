"""New instructions, as a numbered list that continues the one of the prompt."""

import re
from random import Random

from selfinstruct.model.grammar.languages import asked_in, instruction_in
from selfinstruct.model.grammar.parsed_prompt import ParsedPrompt
from selfinstruct.model.grammar.tasks import instruction, near_copy
from selfinstruct.text.pattern import lazy

OPEN_NUMBER = lazy(r"(?:^|\n)\s*(\d+)\.\s*$")
ITEM = lazy(r"^\s*(\d+)\. +(\S.*)$", re.MULTILINE)
SPAN = lazy(r"numbered (?:from )?(\d+) (?:to|through) (\d+)")
MORE = lazy(r"\b(\d+) (?:more|further|new|other|additional)\b")
NUMBER = lazy(r"\s*(\d+)\s*[.)]?\s*")
LISTED = 8  # how many tasks a list is continued by where the prompt does not say


def numbered_list(prompt: ParsedPrompt) -> str:
    """Return new tasks that continue the list of the prompt."""
    first, items = span(prompt)[0], new_tasks(prompt)
    text = misnumbered(items, first, prompt.rng) if prompt.spoiled else numbered(items, first)
    return text.removeprefix(opened_number(prompt))


def new_tasks(prompt: ParsedPrompt) -> list[str]:
    """Return as many new instructions as the prompt asks for."""
    return new_instructions(prompt, [task for _, task in ITEM.findall(prompt.text)], span(prompt)[1])


def new_instructions(prompt: ParsedPrompt, shown: list[str], count: int) -> list[str]:
    """Return new instructions; in English, some of them are near copies of those shown or of each other."""
    made: list[str] = []
    if language := asked_in(prompt.text):
        return [instruction_in(language, prompt.rng) for _ in range(count)]
    for _ in range(count):
        is_copy = bool(shown + made) and prompt.rng.random() < prompt.repeats
        made.append(near_copy(prompt.rng.choice(shown + made), prompt.rng) if is_copy else instruction(prompt.rng))
    return made


def opened_number(prompt: ParsedPrompt) -> str:
    """Return the number with which the prompt ends, if the reply is to continue from it."""
    opened = OPEN_NUMBER.search(prompt.text)
    return f"{opened[1]}." if opened and not prompt.request.chat else ""


def span(prompt: ParsedPrompt) -> tuple[int, int]:
    """Return the number of the first new task, and how many are wanted."""
    around = ITEM.sub("", prompt.text)
    opened, said, more = OPEN_NUMBER.search(prompt.text), SPAN.search(around), MORE.search(around)
    last = max((int(number) for number, _ in ITEM.findall(prompt.text)), default=0)
    first = int(opened[1]) if opened else int(said[1]) if said else last + 1
    ends = [int(match[1]) for stop in prompt.request.decoding.stop if (match := NUMBER.fullmatch(stop))]
    if any(end > first for end in ends):
        return first, min(end for end in ends if end > first) - first
    if said and int(said[2]) >= first:
        return first, int(said[2]) - first + 1
    return first, max(1, int(more[1])) if more else LISTED


def numbered(items: list[str], first: int) -> str:
    """Return the items one to a line, with their numbers."""
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, first))


def misnumbered(items: list[str], first: int, rng: Random) -> str:
    """Return the items in a form that is wrong: numbers that restart, bullets, no numbers, one line, or brackets."""
    head, rest = f"{first}. {items[0]}", items[1:]
    if not rest:
        return items[0]
    return rng.choice(
        [
            f"{head}\n{numbered(rest, 1)}",
            "\n".join([head, *(f"- {item}" for item in rest)]),
            "\n".join([head, *rest]),
            " ".join([head, *rest]),
            "\n".join([head, *(f"{number}) {item}" for number, item in enumerate(rest, first + 1))]),
        ]
    )
