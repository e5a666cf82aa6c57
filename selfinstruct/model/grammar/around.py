"""What may stand around a task: a sentence before it that sets a scene, or one behind it that sets a condition.

A scene changes nothing of the answer; a condition may, and then says how.
"""

from collections.abc import Callable, Sequence
from random import Random

from selfinstruct.model.grammar.frame import Slots, Wording
from selfinstruct.model.grammar.words import fill, sentence

Effect = Callable[[str, Slots], str]


def appended(text: str) -> Effect:
    """Says the text behind the output, on a line of its own where the output is no sentence."""
    return lambda output, slots: f"{output}{' ' if output[-1] in '.!?' else chr(10)}{text.format(**slots)}"


def unchanged(output: str, _: Slots) -> str:
    """Conditions that the outputs meet as they are."""
    return output


def begun(output: str, slots: Slots) -> str:
    """Says the word asked for before the output."""
    return f"{sentence(slots['opening_word'])} - {output}"


SCENES = (
    "You work at {place}.",
    "You are a {mood} {role}.",
    "{first_name} runs a {venture} in {city}.",
    "A {role} from {city} asks for help.",
    "Imagine that {event} takes place at {place}.",
    "This comes up while {activity}.",
    "We are preparing {event}.",
    "It is {season} in {city}.",
    "The {mood} {role} in charge is away.",
    "Two {role:plural} could not agree on this.",
    "For a course at {place}, do the following.",
    "My {mood} neighbour, a {role}, would like to know this.",
    "Between {event} and {event_2}, one thing is left to do.",
    "{first_name} wants to {wish} and starts here.",
)
"""For any task."""

SHAPING: list[tuple[Wording, Effect]] = [
    (Wording("Mention a {quality} {object} at least once."), appended("And somewhere stood a {quality} {object}.")),
    (Wording("End with a question."), appended("What would you have done?")),
    (Wording("Begin with the word {opening_word}."), begun),
    (Wording("Sign it as {first_name}."), appended("Signed: {first_name}.")),
    (Wording("Address it to {audience}."), appended("This goes to {audience}.")),
    (Wording("Close with a thought on {trait}."), appended("After all, it takes {trait}.")),
    (Wording("Work in some {dish}."), appended("There was {dish} for everyone.")),
    (Wording("Say a word about {activity} as well."), appended("Of course, {activity} helps too.")),
    (Wording("Refer to {city} in the last line."), appended("With greetings from {city}.")),
    (Wording("Do not exceed {limit} words."), unchanged),
    (Wording("It will be read out at {event}."), unchanged),
    (Wording("Keep the language simple enough for {audience}."), unchanged),
    (Wording("Stay {tone} from beginning to end."), unchanged),
    (Wording("Think of {audience} as your readers."), unchanged),
    (Wording("The result will hang on the wall of {place}."), unchanged),
]
"""For texts and lists of ideas."""

PLAIN: list[tuple[Wording, Effect]] = [
    (Wording("Give nothing but the result."), unchanged),
    (Wording("No explanation is needed."), unchanged),
    (Wording("Afterwards it is handed to {audience}."), unchanged),
    (Wording("Imagine that {role:plural} in {city} depend on it."), unchanged),
    (Wording("It helps {first_name} with {activity}."), unchanged),
    (Wording("The answer is meant for {audience}."), unchanged),
    (Wording("{first_name} needs it for {event}."), unchanged),
    (Wording("A {mood} {role} will check the result."), unchanged),
    (Wording("Do this before the meeting at {place}."), unchanged),
]
"""For tasks with one right answer."""


def scene(rng: Random) -> str:
    """A sentence to stand before a task."""
    return sentence(fill(rng.choice(SCENES), rng))


def condition(rng: Random, conditions: Sequence[tuple[Wording, Effect]]) -> str:
    """A sentence to stand behind a task."""
    return sentence(fill(rng.choice(conditions)[0].text, rng))


def honoured(output: str, condition: str) -> str:
    """The output as the sentence behind the task wants it."""
    for wording, effect in SHAPING:
        if (slots := wording.match(condition.strip())) is not None:
            return effect(output, slots)
    return output
