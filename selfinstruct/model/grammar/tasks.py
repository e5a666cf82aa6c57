"""The offline model's tasks: it writes one, recognizes it again, and answers it.

It has to write thousands of tasks that differ, or a run could not show what the novelty test does: some 250 wordings
(`tasks.toml`), the words in their slots (`words.toml`), and sentences that may stand before and behind a task.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from random import Random

from selfinstruct.model.grammar.frames import PAIRS, Frame, Kind, frames
from selfinstruct.model.grammar.solving import figures, listed, summed, tested, worded
from selfinstruct.model.grammar.words import fill, read, sentence, words
from selfinstruct.text.pattern import lazy

SHARES: Mapping[Kind, float] = {
    "texts": 0.1,
    "free": 0.2,
    "sums": 0.05,
    "figures": 0.11,
    "lists": 0.09,
    "words": 0.04,
    "given": 0.12,
    "tests": 0.07,
    "closed": 0.22,
}
"""As in published machine-written data: some 28 % are classification tasks, 36 % need no input."""
WITH_SCENE = 0.25  # share of tasks with a sentence before them
WITH_CONDITION = 0.3  # share of tasks with a sentence behind them, classification tasks aside
UNFIT = 0.018  # share of tasks that no text model can do, for filters to reject
SENTENCE = "{first_name} {verb}ed {count} {quality} {object:plural} in {city}."
NEEDS_INPUT = lazy(
    r":$|\b(?:following|given|below|provided|input)\b|\b(?:this|the) (?:sentence|text|paragraph|passage|article|list"
    r"|email|word|document|story|dialogue|review|question|problem|code|function|equation|number|table|poem|title|fact)s?\b",
    re.IGNORECASE,
)
"""What instructions of others say that cannot be followed without an input."""


@dataclass(frozen=True)
class RecognizedTask:
    """An instruction of the offline model's own, recognized."""

    frame: Frame
    slots: Mapping[str, str]

    @property
    def labels(self) -> list[str]:
        """The labels that it names; none if it is not a classification task."""
        return re.split(r", | or ", self.slots["labels"]) if self.frame.is_closed else []

    def example(self, rng: Random, label: str) -> str:
        """Return an input for which the label is right; a placeholder for a label that somebody else has added."""
        if self.frame.kind == "tests":
            affirmative = label.lower() in {yes for yes, _ in PAIRS}
            return tested(self.frame.output, self.slots, rng, passes=affirmative)
        texts = {name.lower(): text for name, text in self.frame.labels.items()}
        return sentence(fill(rng.choice(texts.get(label.lower(), "{placeholder_input}").split("|")), rng))

    def answer(self, rng: Random) -> tuple[str, str]:
        """Return an input, empty where none is needed, and the output that is right for it."""
        frame, bound = self.frame, dict(self.slots)
        if frame.is_closed:
            label = rng.choice(self.labels)
            return self.example(rng, label), label
        if frame.kind == "sums":
            return "", summed(frame.output, bound)
        if frame.kind == "figures":
            return figures(frame.output, bound, rng)
        if frame.kind == "lists":
            return listed(frame.output, bound, rng)
        if frame.kind == "words":
            return worded(frame.output, bound, fill(SENTENCE, rng))
        given = fill(frame.input, rng, bound)
        output = fill(frame.output, rng, bound)
        return given, meeting(sentence(output) if output[-1] in ".!?" else output, bound["behind"], rng)


@cache
def behind(section: str) -> list[Frame]:
    """Return the sentences that may stand behind a task: `conditions` for texts, `remarks` for others."""
    return [Frame(wording, "free", added) for wording, added in read("tasks.toml")[section].items()]


def meeting(output: str, condition: str, rng: Random) -> str:
    """Return the output, with what is added to it to meet the sentence behind the instruction."""
    for frame in behind("conditions"):
        if frame.output and (slots := frame.match(condition.strip())) is not None:
            return f"{output}{' ' if output[-1] in '.!?' else chr(10)}{fill(frame.output, rng, slots)}"
    return output


def instruction(rng: Random) -> str:
    """Return a new task."""
    if rng.random() < UNFIT:
        return sentence(fill(rng.choice(words("unfit")), rng))
    kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
    text = sentence(rng.choice(frames(kind)).render(rng))
    if rng.random() < WITH_SCENE:
        text = f"{sentence(fill('{scene}', rng))} {text}"
    if kind not in ("tests", "closed") and rng.random() < WITH_CONDITION:
        added = rng.choice(behind("conditions" if kind == "texts" else "remarks"))
        text = f"{text} {sentence(added.render(rng))}"
    return text


def recognize(instruction: str) -> RecognizedTask | None:
    """Return the frame that an instruction was made from, if it is the offline model's own."""
    for kind in SHARES:
        for frame in frames(kind):
            if (slots := frame.match(instruction)) is not None:
                return RecognizedTask(frame, slots)
    return None


def answered(instruction: str, rng: Random) -> tuple[str, str]:
    """Return an input and its output; placeholders that say so where the instruction is somebody else's."""
    if task := recognize(instruction):
        return task.answer(rng)
    return placeholder_input(rng) if NEEDS_INPUT.search(instruction) else "", fill("{placeholder}", rng)


def placeholder_input(rng: Random) -> str:
    """Return an input for an instruction that the offline model does not know."""
    return fill("{placeholder_input}", rng)


def near_copy(text: str, rng: Random) -> str:
    """Return the same task with hardly a word changed."""
    eager = text[:1].lower() + text[1:]
    return rng.choice([text, f"Please {eager}", f"{text} Thanks.", f"Now {eager}", text.replace(" the ", " this ", 1)])
