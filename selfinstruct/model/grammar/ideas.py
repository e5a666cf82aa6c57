"""Lists, no input needed: tips, questions, rules, reasons, uses, names and gifts."""

from collections.abc import Callable
from random import Random

from selfinstruct.model.grammar.frame import Frame, Open, Slots
from selfinstruct.model.grammar.words import book, fill, number, sentence, words
from selfinstruct.model.grammar.writing import subject

STEPS = (
    "Decide what you want to reach with {about} and write it down",
    "Ask a {mood} {role} who has done it before",
    "Set aside an hour every {weekday} for {about}",
    "Borrow a {object} rather than buying one",
    "Begin small and leave out what can wait",
    "Tell {first_name} about it, so that somebody asks how it goes",
    "Look for a quiet spot at {place}",
    "Note what went well and what did not",
    "Keep {amount} euros aside for surprises",
    "Take a break with some {dish}",
    "Read up on {about} at the library",
    "Celebrate the first success, however little it is",
)
QUESTIONS = (
    "What surprised you most about {about}?",
    "Who taught you the first thing you knew about {about}?",
    "When did {about} last make you laugh?",
    "What would a {mood} {role} say about {about}?",
    "Which mistake would you not make again?",
    "How has {about} changed since last {month}?",
    "What do you need besides a {object}?",
    "Where in {city} could one learn more?",
    "Whom would you invite to share it?",
    "What is the best advice you ever ignored?",
)
RULES = (
    "Greet everyone, whoever they are",
    "No {object:plural} after nine in the evening",
    "Whoever breaks a {object} mends it",
    "Leave {about} as you would like to find it",
    "Keep your voice down on {weekday}",
    "A {animal} is welcome as long as it is quiet",
    "The {role} has the last word",
    "Share the {dish}",
    "Return what you borrow by {weekday}",
)
REASONS = (
    "Without {about}, small quarrels grow large",
    "It makes waiting at {place} bearable",
    "A {mood} {role} can be won over by nothing else",
    "It costs nothing and is never sold out",
    "Children copy what they see",
    "It helps with {activity}",
    "People with {about} are trusted sooner",
    "It outlasts any {object}",
    "Nobody regrets it afterwards",
)
USES = (
    "Hang it up at {place} as a sign",
    "Put {ingredient} into it and give it away",
    "Lend it to a {mood} {role}",
    "Sell it at {event}",
    "Turn it into a home for a {animal}",
    "Use it as a stool while {activity}",
    "Exhibit it as modern art in {city}",
    "Keep {object:plural} in it",
)


def line_up(*kinds: str) -> Callable[[Random, Slots], tuple[str, str]]:
    """As many lines as the instruction asks for, else five, each of another kind."""

    def answer(rng: Random, slots: Slots) -> tuple[str, str]:
        chosen = rng.sample(kinds, wanted(slots, 5))
        about, amount = subject(slots), slots.get("budget", "20")
        texts = (kind.replace("{about}", about).replace("{amount}", amount) for kind in chosen)
        return "", "\n".join(f"{place}. {sentence(fill(text, rng))}" for place, text in enumerate(texts, 1))

    return answer


def wanted(slots: Slots, otherwise: int) -> int:
    """How many things the instruction asks for."""
    return number(slots["count"]) if "count" in slots else otherwise


def named(rng: Random, slots: Slots) -> tuple[str, str]:
    """Names for something."""
    chosen = rng.sample(words("quality"), wanted(slots, 5))
    return "", "\n".join(sentence(fill(f"the {quality} {{animal}}", rng)) for quality in chosen)


def packed(rng: Random, slots: Slots) -> tuple[str, str]:
    """Things to bring."""
    things = rng.sample(words("object"), wanted(slots, 6))
    return "", "\n".join(f"- {fill('{quality}', rng)} {thing}" for thing in things)


def examples(rng: Random, slots: Slots) -> tuple[str, str]:
    """Things of one kind."""
    kinds = {name.lower(): things for name, things in book()["kinds"].items()}
    return "", ", ".join(rng.sample(kinds[slots["kinds"].lower()].split(", "), wanted(slots, 5)))


FRAMES: list[Frame] = [
    Open(
        [
            "List {count} tips for {audience} who <struggle with|are new to> {activity}.",
            "Share {count} pieces of advice on {activity} with {audience}.",
            "How can {audience} get better at {activity}?",
        ],
        line_up(*STEPS),
    ),
    Open(
        [
            "Think of {count} interview questions for a {mood} {role} on {activity}.",
            "Before {event}, which {count} questions would break the ice among {audience}?",
            "Prepare {count} questions that a reporter could ask about {topic}.",
        ],
        line_up(*QUESTIONS),
    ),
    Open(["Set up a survey of {count} questions on {activity} for {audience}."], line_up(*QUESTIONS)),
    Open(["What should one ask {audience} about {topic}?"], line_up(*QUESTIONS)),
    Open(["Find {count} names for a {venture} run by {audience}.", "Name a {venture} that opens near {place}."], named),
    Open(["Brainstorm mascots for {event} in {city}."], named),
    Open(["Baptise a boat that belongs to {audience}: propose {count} names."], named),
    Open(["Pack for {event} in {season}: what does a {role} need?"], packed),
    Open(["Which {count} things belong in a bag for {activity} with {audience}?"], packed),
    Open(
        ["Propose {count} gifts for {audience}.", "Recommend presents under {budget} euros for a {mood} {role}."],
        packed,
    ),
    Open(["Equip {place} for {event}: note down {count} things to buy."], packed),
    Open(["Formulate {count} house rules for {place}."], line_up(*RULES)),
    Open(["Lay down {count} rules so that {audience} behave at {event}."], line_up(*RULES)),
    Open(["Collect {count} reasons why {audience} value {trait}."], line_up(*REASONS)),
    Open(["Why might {audience} need more {trait}?"], line_up(*REASONS)),
    Open(["Imagine uses for a {quality} {object} other than the obvious one."], line_up(*USES)),
    Open(["What could {audience} do with {count} {quality} {object:plural}?"], line_up(*USES)),
    Open(["Enumerate {count} things that count as {kinds}, for a {role} at {place}."], examples, weight=0.4),
    Open(["Train {audience} in {trait}: suggest {count} exercises."], line_up(*STEPS)),
    Open(["Motivate a {mood} {role} who has given up {activity}."], line_up(*STEPS)),
]
