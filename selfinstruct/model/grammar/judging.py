"""Classification tasks on texts: what it is about, who should get it, how it feels, what form it has."""

from collections.abc import Callable
from random import Random

from selfinstruct.model.grammar.frame import Closed, Frame, Slots
from selfinstruct.model.grammar.labels import ASK, affirms, binary, degree, scale
from selfinstruct.model.grammar.sentences import happened
from selfinstruct.model.grammar.words import book, fill, sentence

OPINIONS = {
    "good": (
        "I love this {object}",
        "What a wonderful evening at {place}",
        "The {dish} was delicious",
        "Thanks to the {role}, all went well",
    ),
    "bad": (
        "The {object} broke at once",
        "Never again {place}",
        "The {dish} was cold and bland",
        "The {role} was rude to everyone",
    ),
    "between": (
        "The {object} is all right, though heavy",
        "{place} was open",
        "The {dish} was good but too dear",
        "The {role} did the usual work",
    ),
}
FORMS = {
    "question": "Where did {first_name} leave the {object}?",
    "statement": "{first_name} left the {object} at {place}.",
    "command": "Bring the {object} to {place} at once.",
    "exclamation": "What a {quality} {object} that is!",
}
TENSES = {
    "past": "{first_name} cleaned the {object} on {weekday}.",
    "present": "{first_name} is cleaning the {object} right now.",
    "future": "{first_name} will clean the {object} next {weekday}.",
}
PERSONS = {
    "first person": "I keep my {object} at {place}.",
    "second person": "You keep your {object} at {place}.",
    "third person": "{first_name} keeps a {object} at {place}.",
}
STYLES = {
    "formal": "We would be obliged if you returned the {object} by {weekday}.",
    "informal": "Hey, gimme back that {object} by {weekday}, ok?",
}
SPAM = {
    "spam": "Congratulations! You have won a {quality} {object}. Click now to claim it!",
    "harmless": "Hi {first_name}, shall we meet at {place} on {weekday}?",
}
OPINION = {
    "fact": "{city} is a city, and {weekday} is a day of the week.",
    "opinion": "{city} is the loveliest city, and nothing beats {dish}.",
}
URGENCY = {
    "urgent": "The {object} is on fire, come to {place} at once.",
    "can wait": "Some day, someone might dust the {object} at {place}.",
}
LANGUAGES = {
    "English": "Where is the station? {first_name} is waiting.",
    "German": "Wo ist der Bahnhof? {first_name} wartet.",
    "French": "Où est la gare ? {first_name} attend.",
    "Spanish": "¿Dónde está la estación? {first_name} espera.",
    "Italian": "Dov'è la stazione? {first_name} aspetta.",
    "Dutch": "Waar is het station? {first_name} wacht.",
    "Portuguese": "Onde fica a estação? {first_name} espera.",
    "Swedish": "Var ligger stationen? {first_name} väntar.",
}
TONES = {
    "polite": "Thank you kindly, could I have the {object}, please?",
    "rude": "Hand over the {object}, I have no time for your chatter.",
}
SINCERITY = {
    "sarcastic": "Oh great, yet another {object}. Just what I needed on a {weekday}.",
    "sincere": "I am truly glad about the {object} that you gave me on {weekday}.",
}


def some(names: list[str], least: int, most: int) -> Callable[[Random], list[str]]:
    """A choice of a few labels among many."""
    return lambda rng: rng.sample(names, rng.randint(least, most))


def one_of(texts: dict[str, str]) -> Callable[[Random, Slots, str], str]:
    """A text that has the label, made of a pattern with open slots."""

    def example(rng: Random, _: Slots, label: str) -> str:
        known = {name.lower().replace("_", " "): text for name, text in texts.items()}
        pattern = rng.choice(known.get(label.lower(), f"This is about {label}").split("|"))
        return rng.choice(["Text: ", "Message: ", ""]) + sentence(fill(pattern, rng))

    return example


def forms(texts: dict[str, str], wordings: list[str], weight: float = 1.0) -> Closed:
    """A task that tells texts apart by form; all labels are named."""
    return Closed(
        [f"{wording} {ASK}" for wording in wordings],
        lambda rng: rng.sample(list(texts), len(texts)),
        one_of(texts),
        weight=weight,
    )


def section(rng: Random, slots: Slots, label: str) -> str:
    """A headline of one section."""
    return one_of(book()["sections"])(rng, slots, label)


def desk(rng: Random, slots: Slots, label: str) -> str:
    """A message for one desk."""
    return one_of(book()["desks"])(rng, slots, label)


def sections(rng: Random) -> list[str]:
    """Two to five sections of a newspaper."""
    return some(list(book()["sections"]), 2, 5)(rng)


def desks(rng: Random) -> list[str]:
    """Two to four desks of a service."""
    return [name.replace("_", " ") for name in some(list(book()["desks"]), 2, 4)(rng)]


def opinion(rng: Random, _: Slots, label: str) -> str:
    """What somebody says who feels that way."""
    text = fill(
        "{text}. And {rest}.".format(text=rng.choice(OPINIONS[degree(label)]), rest="that was {weekday} in {city}"), rng
    )
    return rng.choice(["Review: ", "Text: ", ""]) + sentence(text)


def repeated(rng: Random, _: Slots, label: str) -> str:
    """Two sentences that say the same, or not."""
    event, other = happened(rng), happened(rng)
    twin = sentence(f"{event.things} were {event.verb[2]} by {event.who} in {event.city}.")
    return f"Sentence 1: {event.said()}\nSentence 2: {twin if affirms(label) else other.said()}"


def mentioned(rng: Random, slots: Slots, label: str) -> str:
    """A sentence with the letter or name looked for, or without."""
    event, wanted = happened(rng), sentence(slots["first_name"])
    text = event.said() if event.who != wanted else fill("Somebody walked home to {city}.", rng)
    return f"Sentence: {text.replace(event.who, wanted) if affirms(label) else text}"


FRAMES: list[Frame] = [
    Closed(
        [
            f"Sort {{text_kind}} into one of these sections. {ASK}",
            f"Which topic does a headline read by {{audience}} belong to? {ASK}",
            "Is the headline from {city} about {labels}?",
            "Assign the article that a {mood} {role} sent in to {labels}.",
            "Classify what people hear at {place} under {labels}.",
            "The newsroom at {place} labels its stories. Tag this one as {labels}.",
        ],
        sections,
        section,
        weight=1.6,
    ),
    Closed(
        [
            f"Route the message that {{audience}} sent to {{place}}. {ASK}",
            f"Which desk of a {{venture}} in {{city}} should answer? {ASK}",
            "Forward the email from a {mood} {role} to {labels}.",
            "What does the visitor of {place} want: {labels}?",
            "A {venture} receives a message from {audience}. Is it about {labels}?",
        ],
        desks,
        desk,
        weight=1.4,
    ),
    Closed(
        [
            f"How does the writer of {{text_kind}} feel? {ASK}",
            f"Judge the mood of {{text_kind}}. {ASK}",
            "Label the opinion of {audience} on {place} as {labels}.",
            "Does {first_name} sound {labels} in this review of {dish}?",
            "Predict the sentiment of a comment on {event}: {labels}.",
        ],
        scale,
        opinion,
        weight=1.4,
    ),
    forms(
        FORMS,
        ["What kind of sentence do we find in {text_kind}?", "Name the sentence type that a {role} used at {place}."],
    ),
    forms(
        TENSES,
        ["Determine the tense of {text_kind}.", "In which tense does {first_name} speak of the {quality} {object}?"],
    ),
    forms(PERSONS, ["From which point of view is {text_kind} told?"], 0.7),
    forms(
        STYLES, ["Would {audience} call the style of this request formal or not?", "Rate the register of {text_kind}."]
    ),
    forms(
        SPAM,
        [
            "The inbox of {place} is overflowing. Check whether {text_kind} can be trusted.",
            "Protect {audience} from unwanted mail.",
        ],
    ),
    forms(
        OPINION,
        ["Tell whether a {mood} {role} states a fact about {city}.", "Separate facts from views in {text_kind}."],
    ),
    forms(URGENCY, ["How soon must the {role} on duty at {place} react?", "Triage {text_kind} for {audience}."]),
    Closed(
        [
            f"Identify the language of {{text_kind}}. {ASK}",
            "At {place}, a {mood} {role} overhears a line. Is it in {labels}?",
        ],
        some(list(LANGUAGES), 2, 4),
        one_of(LANGUAGES),
    ),
    forms(TONES, ["Was the {mood} {role} at {place} civil?", "Assess the manners shown in {text_kind}."]),
    forms(
        SINCERITY, ["Does {first_name} mean what is said about the {quality} {object}?", "Detect irony in {text_kind}."]
    ),
    Closed(
        [
            f"Do both sentences from {{text_kind}} mean the same? {ASK}",
            f"Compare two reports on {{event}}: do they agree? {ASK}",
        ],
        binary,
        repeated,
    ),
    Closed(
        [
            f"Is {{first_name}} mentioned in {{text_kind}}? {ASK}",
            f"Check a {{role}}'s note from {{city}} for the name {{first_name}}. {ASK}",
        ],
        binary,
        mentioned,
    ),
]
