"""Questions with a right answer, no input needed: facts, explanations, sums in words, conversions and small "
"functions."""

from collections.abc import Callable
from random import Random

from selfinstruct.model.grammar.frame import Frame, Open, Slots
from selfinstruct.model.grammar.words import book, fill, number, sentence

FACTORS = {
    "kilometres to miles": 0.621371,
    "miles to kilometres": 1.609344,
    "kilograms to pounds": 2.204623,
    "pounds to kilograms": 0.453592,
    "metres to feet": 3.28084,
    "feet to metres": 0.3048,
    "litres to pints": 1.759754,
    "hours to minutes": 60.0,
    "days to hours": 24.0,
    "minutes to seconds": 60.0,
    "inches to centimetres": 2.54,
    "weeks to days": 7.0,
    "grams to kilograms": 0.001,
}
FUNCTIONS = {
    "adds up a list of numbers": ("total(values)", "sum(values)", "values.reduce((a, b) => a + b, 0)"),
    "reverses a string": ("reverse(text)", "text[::-1]", '[...text].reverse().join("")'),
    "tells whether a number is even": ("is_even(n)", "n % 2 == 0", "n % 2 === 0"),
    "returns the largest of a list of numbers": ("largest(values)", "max(values)", "Math.max(...values)"),
    "counts the words in a sentence": ("count_words(text)", "len(text.split())", "text.trim().split(/\\s+/).length"),
    "removes duplicates from a list": ("distinct(values)", "list(dict.fromkeys(values))", "[...new Set(values)]"),
    "converts Celsius to Fahrenheit": ("fahrenheit(c)", "c * 9 / 5 + 32", "c * 9 / 5 + 32"),
    "joins words with a hyphen": ("hyphenate(words)", '"-".join(words)', 'words.join("-")'),
    "checks for a palindrome": ("is_palindrome(text)", "text == text[::-1]", 'text === [...text].reverse().join("")'),
    "squares every number of a list": ("squares(values)", "[v * v for v in values]", "values.map((v) => v * v)"),
}
"""What a function does, its head, and its body in Python and in JavaScript."""


def explained(rng: Random, slots: Slots) -> tuple[str, str]:
    """What a subject is, in one plain sentence and an example."""
    subject = slots["subjects"].lower()
    fact = book()["subjects"].get(subject, "it is best seen by an example")
    reader = slots.get("audience", "everyone")
    return (
        "",
        f"In the case of {subject}, {fact}. For {reader}, {fill('a {object} at {place}', rng)} makes a handy example.",
    )


def compared(_: Random, slots: Slots) -> tuple[str, str]:
    """Two subjects side by side."""
    facts = book()["subjects"]
    one, two = slots["subjects"].lower(), slots["subjects_2"].lower()
    unknown = "it works in its own way"
    return "", f"With {one}, {facts.get(one, unknown)}. With {two}, on the other hand, {facts.get(two, unknown)}."


def of_country(place: int) -> Callable[[Random, Slots], tuple[str, str]]:
    """A fact about the country that the instruction names."""

    def answer(_: Random, slots: Slots) -> tuple[str, str]:
        facts = {name.lower(): text for name, text in book()["countries"].items()}
        return "", facts.get(slots["countries"].lower(), "unknown, unknown, unknown").split(", ")[place]

    return answer


def solved(
    solve: Callable[[dict[str, int]], int | float], unit: str = ""
) -> Callable[[Random, Slots], tuple[str, str]]:
    """The result of a sum whose numbers stand in the instruction."""

    def answer(_: Random, slots: Slots) -> tuple[str, str]:
        result = solve({name: int(value) for name, value in slots.items() if value.isdigit()})
        text = f"{result:.2f}".rstrip("0").rstrip(".") if isinstance(result, float) else str(result)
        return "", f"{text} {unit}".strip()

    return answer


def converted(_: Random, slots: Slots) -> tuple[str, str]:
    """An amount in another unit."""
    amount = int(slots["int"] if "int" in slots else slots["large"])
    result = amount * FACTORS[slots["unit_pair"].lower()]
    return "", f"{result:.3f}".rstrip("0").rstrip(".") + " " + slots["unit_pair"].split(" to ")[1]


def function(_: Random, slots: Slots) -> tuple[str, str]:
    """A small function that does what is asked."""
    heads = {name.lower(): code for name, code in FUNCTIONS.items()}
    head, python, script = heads[slots["function"].lower()]
    if slots["code_language"].lower() == "python":
        return "", f"def {head}:\n    return {python}"
    return "", f"function {head} {{\n  return {script};\n}}"


def meaning(rng: Random, slots: Slots) -> tuple[str, str]:
    """A trait, told by what somebody with it does."""
    trait = slots["trait"]
    return "", sentence(
        fill(f"{trait} is what a {{mood}} {{role}} shows when {{wrong}} and nobody hears a harsh word.", rng)
    )


def looked_back(rng: Random, slots: Slots) -> tuple[str, str]:
    """A day in another age, in the general terms that hold for any."""
    text = (
        f"In {slots['era']}, a {slots['role']} rose with the sun, walked to work and owned little but a {{object}}. "
        "News came late and by word of mouth."
    )
    return "", fill(text, rng)


FRAMES: list[Frame] = [
    Open(
        [
            "Explain {subjects} to {audience}.",
            "What should {audience} know about {subjects}?",
            "Describe how {subjects} works, for {audience}.",
        ],
        explained,
    ),
    Open(
        [
            "Why does {subjects} matter to a {mood} {role}?",
            "Use {object:plural} to illustrate {subjects} to {audience}.",
        ],
        explained,
    ),
    Open(
        [
            "State the difference between {subjects} and {subjects_2} for {audience}.",
            "Contrast {subjects} with {subjects_2}.",
        ],
        compared,
        weight=0.7,
    ),
    Open(
        ["What is the capital of {countries}, where {first_name} spent {season} {activity}?"], of_country(0), weight=0.3
    ),
    Open(
        ["On which continent lies {countries}, the home of a {mood} {role} named {first_name}?"],
        of_country(1),
        weight=0.3,
    ),
    Open(["In which currency would a {mood} {role} pay for {dish} in {countries}?"], of_country(2), weight=0.4),
    Open(
        ["{first_name} buys {int} {object:plural} for {int_2} euros each. How much does that cost at {place}?"],
        solved(lambda n: n["int"] * n["int_2"], "euros"),
    ),
    Open(
        ["A {role} has {large} coupons for {dish} and gives {int} of them to {audience}. How many are left?"],
        solved(lambda n: n["large"] - n["int"]),
        weight=0.6,
    ),
    Open(
        ["{large} guests come to {event}, and {int} chairs fit in a row. How many rows are needed?"],
        solved(lambda n: -(-n["large"] // n["int"])),
    ),
    Open(
        [
            "What is {int} percent of {large}, the number of {object:plural} at {place}?",
            "Take {int} percent off a price of {large} euros for {dish}.",
        ],
        lambda rng, slots: _percent(rng, slots),
    ),
    Open(
        ["At {int} kilometres an hour, how many hours does a {animal} need for {large} kilometres?"],
        solved(lambda n: n["large"] / n["int"], "hours"),
        weight=0.6,
    ),
    Open(
        ["If {count} {role:plural} share {large} euros equally, what does each of them get after {event}?"],
        lambda rng, slots: _shared(rng, slots),
    ),
    Open(
        ["{place} opened in {year} and closed {int} years later. In which year was that?"],
        solved(lambda n: n["year"] + n["int"]),
    ),
    Open(
        ["How many years passed between {event} in {year} and the year 2030?"],
        solved(lambda n: 2030 - n["year"], "years"),
        weight=0.6,
    ),
    Open(
        ["Convert {large} {unit_pair} for a {mood} {role}.", "Change {int} {unit_pair}, as needed for {activity}."],
        converted,
    ),
    Open(
        [
            "Implement a {code_language} function that {function}, to be used at {place}.",
            "A {mood} {role} needs {code_language} code that {function}.",
        ],
        function,
        weight=0.8,
    ),
    Open(
        ["Define {trait} with an example from the life of a {role}.", "What does {trait} mean to {audience}?"], meaning
    ),
    Open(
        ["How did a {role} live in {era}?", "Describe an ordinary {weekday} during {era} as seen by a {mood} {role}."],
        looked_back,
    ),
]


def _percent(_: Random, slots: Slots) -> tuple[str, str]:
    share, whole = int(slots["int"]), int(slots["large"])
    result = whole * (100 - share if "percent off" in slots["instruction"] else share) / 100
    return "", f"{result:.2f}".rstrip("0").rstrip(".")


def _shared(_: Random, slots: Slots) -> tuple[str, str]:
    return "", f"{int(slots['large']) / number(slots['count']):.2f} euros"
