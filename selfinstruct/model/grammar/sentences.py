"""Tasks about one sentence, which the grammar makes of known parts, so that it can also tell, turn and rewrite them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from selfinstruct.model.grammar.frame import Frame, Open, Slots
from selfinstruct.model.grammar.words import NUMBERS, plural, sentence, words

VERBS = (
    ("buy", "bought", "bought"),
    ("sell", "sold", "sold"),
    ("repair", "repaired", "repaired"),
    ("find", "found", "found"),
    ("carry", "carried", "carried"),
    ("paint", "painted", "painted"),
    ("hide", "hid", "hidden"),
    ("count", "counted", "counted"),
    ("lend", "lent", "lent"),
    ("borrow", "borrowed", "borrowed"),
    ("clean", "cleaned", "cleaned"),
    ("steal", "stole", "stolen"),
)
OPPOSITES = {
    "broken": "intact",
    "heavy": "light",
    "tiny": "huge",
    "enormous": "small",
    "noisy": "silent",
    "dusty": "clean",
}


@dataclass(frozen=True)
class Event:
    """Who did what to how many things, and where."""

    who: str
    verb: tuple[str, str, str]
    count: int
    quality: str
    thing: str
    city: str

    @property
    def things(self) -> str:
        """The objects with their number: "three dusty lanterns"."""
        return f"{NUMBERS[self.count]} {self.quality} {plural(self.thing)}"

    def said(self, verb: str | None = None) -> str:
        """The event as a sentence, with another form of its verb if one is given."""
        return f"{self.who} {verb or self.verb[1]} {self.things} in {self.city}."


def happened(rng: Random) -> Event:
    """An event of chance."""
    quality = rng.choice(list(OPPOSITES))
    count = rng.randint(2, 9)
    who, thing, city = (rng.choice(words(name)) for name in ("first_name", "object", "city"))
    return Event(who, rng.choice(VERBS), count, quality, thing, city)


def about(solve: Callable[[Event], str]) -> Callable[[Random, Slots], tuple[str, str]]:
    """The answer of a task that is solved from the event behind the sentence."""

    def answer(rng: Random, _: Slots) -> tuple[str, str]:
        event = happened(rng)
        return rng.choice(["Sentence: ", "Text: ", ""]) + event.said(), solve(event)

    return answer


def spelled(solve: Callable[[str, Slots], str]) -> Callable[[Random, Slots], tuple[str, str]]:
    """The answer of a task that is solved from the letters of the sentence."""

    def answer(rng: Random, slots: Slots) -> tuple[str, str]:
        text = happened(rng).said()
        return rng.choice(["Sentence: ", "Text: ", ""]) + text, solve(text, slots)

    return answer


def letters(text: str) -> list[str]:
    """The words of a sentence without its full stop."""
    return text.rstrip(".").split()


def letter_count(text: str, slots: Slots) -> str:
    """How often the letter of the instruction occurs."""
    return str(text.lower().count(slots["letter"].lower()))


FRAMES: list[Frame] = [
    Open(["Count the words in {sentence_source}."], spelled(lambda text, _: str(len(letters(text))))),
    Open(
        ["Reverse the word order of {sentence_source}.", "Write {sentence_source} backwards, word by word."],
        spelled(lambda text, _: " ".join(letters(text)[::-1])),
    ),
    Open(["Capitalise every letter of {sentence_source}."], spelled(lambda text, _: text.upper())),
    Open(
        ["Remove all vowels from {sentence_source}.", "How does {sentence_source} look without its vowels?"],
        spelled(lambda text, _: re.sub("[aeiouAEIOU]", "", text)),
    ),
    Open(
        ["How often does the letter {letter} occur in {sentence_source}?"],
        spelled(letter_count),
    ),
    Open(
        ["Return the longest word of {sentence_source}.", "Which word takes up the most letters in {sentence_source}?"],
        spelled(lambda text, _: max(letters(text), key=len)),
    ),
    Open(
        ["Build an acronym from {sentence_source}, using the first letter of each word."],
        spelled(lambda text, _: "".join(word[0] for word in letters(text)).upper()),
    ),
    Open(
        ["Split {sentence_source} into its words, one per line."],
        spelled(lambda text, _: "\n".join(letters(text))),
    ),
    Open(
        ["Alphabetise the words of {sentence_source}."],
        spelled(lambda text, _: " ".join(sorted(letters(text), key=str.lower))),
    ),
    Open(
        ["Hyphenate {sentence_source} by putting a dash between all words."],
        spelled(lambda text, _: "-".join(letters(text))),
    ),
    Open(
        [
            "Rewrite {sentence_source} in the future tense.",
            "Suppose it has not happened yet: shift {sentence_source} to the future.",
        ],
        about(lambda event: event.said(f"will {event.verb[0]}")),
    ),
    Open(
        ["Turn {sentence_source} into the passive voice.", "Put the object first: make {sentence_source} passive."],
        about(lambda event: sentence(f"{event.things} were {event.verb[2]} by {event.who} in {event.city}.")),
    ),
    Open(
        ["Negate {sentence_source}.", "Make {sentence_source} say the opposite by adding a negation."],
        about(lambda event: event.said(f"did not {event.verb[0]}")),
    ),
    Open(
        ["Form a yes-or-no question out of {sentence_source}.", "Ask politely whether {sentence_source} is true."],
        about(lambda event: f"Did {event.who} {event.verb[0]} {event.things} in {event.city}?"),
    ),
    Open(
        ["Who acts in {sentence_source}? Give the name only.", "Extract the person's name from {sentence_source}."],
        about(lambda event: event.who),
    ),
    Open(
        ["Pull the name of the city out of {sentence_source}.", "Where does {sentence_source} take place?"],
        about(lambda event: event.city),
    ),
    Open(
        ["Replace the name in {sentence_source} by a blank.", "Anonymise {sentence_source} for {audience}."],
        about(lambda event: event.said().replace(event.who, "____", 1)),
    ),
    Open(
        ["Swap the adjective in {sentence_source} for its opposite."],
        about(lambda event: event.said().replace(event.quality, OPPOSITES[event.quality], 1)),
    ),
    Open(
        ["Write the number word in {sentence_source} as a digit."],
        about(lambda event: event.said().replace(NUMBERS[event.count], str(event.count), 1)),
    ),
    Open(
        ["Change {sentence_source} so that {first_name} does it instead."],
        lambda rng, slots: _taken_over(rng, slots["first_name"]),
    ),
    Open(
        ["Identify the verb in {sentence_source} and give its base form."],
        about(lambda event: event.verb[0]),
    ),
    Open(
        ["Cut {sentence_source} down to subject, verb and object.", "Compress {sentence_source} to its bare core."],
        about(lambda event: f"{event.who} {event.verb[1]} {plural(event.thing)}."),
    ),
    Open(
        ["Report {sentence_source} as something a {role} told you."],
        lambda rng, slots: _told(rng, slots["role"]),
    ),
    Open(
        ["Make {sentence_source} sound <uncertain|hesitant>, as a {mood} {role} would put it."],
        about(lambda event: f"I am not quite sure, but perhaps {event.said()}"),
    ),
    Open(
        ["Write a question whose answer is the number in {sentence_source}."],
        about(
            lambda event: (
                f"How many {event.quality} {plural(event.thing)} did {event.who} {event.verb[0]} in {event.city}?"
            )
        ),
    ),
]


def _taken_over(rng: Random, name: str) -> tuple[str, str]:
    event = happened(rng)
    return event.said(), event.said().replace(event.who, sentence(name), 1)


def _told(rng: Random, role: str) -> tuple[str, str]:
    event = happened(rng)
    return event.said(), f"The {role} told me that {event.said(f'had {event.verb[2]}')}"
