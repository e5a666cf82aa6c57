"""The offline grammar: writes tasks, knows them again, and answers them.

A model that needs no network has to write thousands of tasks that differ, or a run could not show what the novelty test
does.  So the tasks are put together from frames with open slots (`frame.py`) and some thousand words (`words.toml`),
and each frame carries the function that answers it: sums are added, lists sorted, labels come with inputs for which
they are right.  Nothing is remembered between requests; a task is known again by the form of its wording.

Rejected: a list of ready tasks (used up in a few rounds), a Markov chain (nonsense, and no right answers), a small
language model (a download, and text that might pass for a model's).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

from selfinstruct.model.grammar import (
    deciding,
    figures,
    ideas,
    items,
    judging,
    knowledge,
    passages,
    plans,
    records,
    sentences,
    writing,
)
from selfinstruct.model.grammar.around import PLAIN, SHAPING, condition, honoured, scene
from selfinstruct.model.grammar.frame import Closed, Frame, Open, Slots, Wording
from selfinstruct.model.grammar.labels import parted
from selfinstruct.model.grammar.words import enumeration, fill, sentence, with_articles

SHARES = {"closed": 0.28, "free": 0.36, "given": 0.36}
"""Classification tasks, tasks without input, tasks with one; as they mix in published machine-written sets."""
FRAMES: dict[str, list[Frame]] = {
    "closed": judging.FRAMES + deciding.FRAMES,
    "free": writing.FRAMES + ideas.FRAMES + plans.FRAMES + knowledge.FRAMES,
    "given": figures.FRAMES + items.FRAMES + sentences.FRAMES + records.FRAMES + passages.FRAMES,
}
SHAPED = [*writing.FRAMES, *ideas.FRAMES, *plans.FRAMES]
WITH_SCENE = 0.25
"""Share of tasks with a sentence before them."""
WITH_CONDITION = 0.3
"""Share of tasks with a sentence behind them, labels aside."""
UNFIT = 0.018
"""Share of tasks that no text model can do, for filters to catch."""
UNFIT_TEXTS = (
    "Draw a {quality} {object} that {audience} would recognise.",
    "Describe the picture of {place} in one sentence.",
    "Plot a graph of {figures}.",
    "Find {city} on the map and name its neighbours.",
    "Go to {place} and count the {object:plural}.",
    "Open the file about {event} and summarise it for {audience}.",
    "Which {animal} do you see in the images from {place}?",
    "Write a program that {function}, to be used at {place}.",
    "Write a program for a {mood} {role} who has to deal with {topic}.",
)


@dataclass(frozen=True)
class Known:
    """An instruction of the grammar's own, known again."""

    frame: Frame
    slots: Slots

    @property
    def labels(self) -> list[str]:
        """The labels that it names; none if it is no classification task."""
        return parted(self.slots["labels"]) if isinstance(self.frame, Closed) else []

    def example(self, rng: Random, label: str) -> str:
        """An input for which the label is right."""
        assert isinstance(self.frame, Closed)
        return with_articles(self.frame.example(rng, self.slots, label))

    def answer(self, rng: Random) -> tuple[str, str]:
        """An input, empty where none is needed, and the output that is right for it."""
        assert isinstance(self.frame, Open)
        given, output = self.frame.answer(rng, self.slots)
        return with_articles(given), with_articles(honoured(output, self.slots["condition"]))


@cache
def wordings(kind: str) -> tuple[list[tuple[Wording, Frame]], list[float]]:
    """Every wording of a kind with its frame, and the weights added up."""
    pairs = [(Wording(text), frame) for frame in FRAMES[kind] for text in frame.wordings]
    return pairs, list(accumulate(frame.weight for _, frame in pairs))


def instruction(rng: Random) -> str:
    """A new task."""
    if rng.random() < UNFIT:
        return sentence(fill(rng.choice(UNFIT_TEXTS), rng))
    kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
    pairs, weights = wordings(kind)
    wording, frame = rng.choices(pairs, cum_weights=weights)[0]
    text = said(wording, rng, frame.labels(rng) if isinstance(frame, Closed) else [])
    if rng.random() < WITH_SCENE:
        text = f"{scene(rng)} {text}"
    if isinstance(frame, Open) and rng.random() < WITH_CONDITION:
        text = f"{text} {condition(rng, SHAPING if frame in SHAPED else PLAIN)}"
    return text


def said(wording: Wording, rng: Random, labels: Sequence[str] = ()) -> str:
    """A wording with its slots filled."""
    text = wording.text.replace("{labels}", enumeration(labels, "or")) if labels else wording.text
    return sentence(fill(text, rng))


def known(instruction: str) -> Known | None:
    """The frame that an instruction was made from, if it is the grammar's own."""
    for kind in SHARES:
        for wording, frame in wordings(kind)[0]:
            if (slots := wording.match(instruction)) is not None:
                return Known(frame, slots)
    return None
