"""Classification tasks on things, numbers and dates, whose right label can be computed or looked up."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from selfinstruct.model.grammar.frame import Closed, Frame, Slots
from selfinstruct.model.grammar.labels import ASK, affirms, binary, verdict
from selfinstruct.model.grammar.words import book, enumeration, number, words

SEASONS = {"spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11), "winter": (12, 1, 2)}
MEAT = ("ham", "chicken", "bacon", "beef")
PALINDROMES = (
    "level",
    "radar",
    "civic",
    "kayak",
    "rotor",
    "refer",
    "noon",
    "madam",
    "stats",
    "tenet",
    "solos",
    "rotator",
)


def where(test: Callable[[int, Slots], bool], least: int = 2, most: int = 600) -> Callable[[Random, Slots, str], str]:
    """A number that passes the test, or fails it, as the label wants."""

    def example(rng: Random, slots: Slots, label: str) -> str:
        while test(n := rng.randrange(least, most), slots) is not affirms(label):
            pass
        return f"Number: {n}"

    return example


def is_prime(n: int) -> bool:
    """Whether only 1 and itself divide the number."""
    return n > 1 and all(n % divisor for divisor in range(2, int(n**0.5) + 1))


def kinds(rng: Random) -> list[str]:
    """Two to five kinds of things that share no member."""
    return rng.sample(list(book()["kinds"]), rng.randint(2, 5))


def member(rng: Random, _: Slots, label: str) -> str:
    """A thing of one kind."""
    things = book()["kinds"].get(label.lower(), label).split(", ")
    return rng.choice(["Word: ", "Item: ", ""]) + rng.choice(things)


def odd_one(rng: Random, _: Slots, label: str) -> str:
    """Four things of one kind, or three and a stranger."""
    home, strange = rng.sample(list(book()["kinds"]), 2)
    things = rng.sample(book()["kinds"][home].split(", "), 4)
    if not affirms(label):
        things[rng.randrange(4)] = rng.choice(book()["kinds"][strange].split(", "))
    return "List: " + ", ".join(things)


def day_of(test: Callable[[date, str], bool]) -> Callable[[Random, Slots, str], str]:
    """A date that has the label."""

    def example(rng: Random, _: Slots, label: str) -> str:
        while True:
            day = date(1950, 1, 1) + timedelta(days=rng.randrange(29000))
            if test(day, label.lower()):
                return f"Date: {day.day} {words('month')[day.month - 1]} {day.year}"

    return example


def plate(rng: Random, _: Slots, label: str) -> str:
    """Ingredients with meat, or without."""
    foods = [food for food in rng.sample(words("ingredient"), 4) if food != "sardines"]
    if not affirms(label):
        foods.insert(rng.randrange(3), rng.choice(MEAT))
    return "Ingredients: " + ", ".join(foods)


def offers(rng: Random, slots: Slots, label: str) -> str:
    """Two prices, the named one the lower."""
    cheap = rng.randint(5, 60)
    dear = cheap + rng.randint(1, 40)
    first, second = (cheap, dear) if label.lower() in ("first", "a") else (dear, cheap)
    thing = slots.get("object", "ticket")
    return f"First offer: {thing} for {first} euros\nSecond offer: {thing} for {second} euros"


def sum_claim(rng: Random, _: Slots, label: str) -> str:
    """A sum that is right, or off by a little."""
    one, two = rng.randint(10, 400), rng.randint(10, 400)
    return f"Claim: {one} + {two} = {one + two + (0 if affirms(label) else rng.choice([-10, -1, 1, 2, 10]))}"


def degrees(rng: Random, _: Slots, label: str) -> str:
    """A temperature that feels like the label."""
    low, high = {"freezing": (-20, -1), "cool": (5, 12), "mild": (15, 21), "hot": (29, 40)}[label.lower()]
    return f"Temperature: {rng.randint(low, high)} degrees Celsius"


def spelling(rng: Random, _: Slots, label: str) -> str:
    """A word that reads the same from both ends, or does not."""
    return "Word: " + (rng.choice(PALINDROMES) if affirms(label) else rng.choice(words("animal")))


def in_order(rng: Random, _: Slots, label: str) -> str:
    """Names in alphabetical order, or not."""
    names = sorted(rng.sample(words("first_name"), 4))
    return "Names: " + ", ".join(names if affirms(label) else names[::-1])


def attended(rng: Random, slots: Slots, label: str) -> str:
    """A list of names with the one looked for, or without."""
    wanted = slots["first_name"].capitalize()
    names = [name for name in rng.sample(words("first_name"), 5) if name != wanted]
    if affirms(label):
        names.insert(rng.randrange(4), wanted)
    return f"Present: {enumeration(names)}"


FRAMES: list[Frame] = [
    Closed(
        [
            f"What is the word on a {{quality}} {{object}}? {ASK}",
            f"{{first_name}} sorts words for {{audience}}. {ASK}",
            "Tell {audience} whether the word means {labels}.",
            "A {mood} {role} at {place} asks: is it {labels}?",
            "Put the thing seen at {event} into the right box: {labels}.",
            "To which group belongs the item that {first_name} found in {city}: {labels}?",
            "Categorise an entry in the inventory of {place} as {labels}.",
        ],
        kinds,
        member,
        weight=2.0,
    ),
    Closed(
        [
            f"Do all items in {{collection}} belong together? {ASK}",
            f"No stranger may be in the row from {{place}}: is that so? {ASK}",
        ],
        binary,
        odd_one,
    ),
    Closed(
        [
            f"Is the number of {{object:plural}} at {{place}} even? {ASK}",
            f"Can {{mood}} {{role:plural}} form pairs with nobody left over? {ASK}",
        ],
        binary,
        where(lambda n, _: n % 2 == 0),
    ),
    Closed(
        [f"Is the number that a {{role}} wrote on a {{quality}} {{object}} prime? {ASK}"],
        binary,
        where(lambda n, _: is_prime(n)),
    ),
    Closed(
        [
            f"Does the count of {{animal:plural}} near {{city}} exceed {{int}}? {ASK}",
            f"A lift at {{place}} carries at most {{int}} kilograms. Is the load too heavy? {ASK}",
        ],
        binary,
        where(lambda n, slots: n > int(slots["int"])),
    ),
    Closed(
        [f"Can {{role:plural}} at {{event}} be seated in rows of {{count}} without a gap? {ASK}"],
        binary,
        where(lambda n, slots: n % number(slots["count"]) == 0),
    ),
    Closed(
        [
            f"Does the date of {{text_kind}} fall on a weekend? {ASK}",
            f"Was {{event}} in {{city}} held on a Saturday or Sunday? {ASK}",
        ],
        binary,
        day_of(lambda day, label: (day.weekday() >= 5) is affirms(label)),
    ),
    Closed(
        [
            f"In which season did {{first_name}} visit {{place}}? {ASK}",
            "Name the northern season of the date on a {role}'s {object}: {labels}.",
        ],
        lambda rng: rng.sample(list(SEASONS), 4),
        day_of(lambda day, label: day.month in SEASONS[label]),
    ),
    Closed(
        [f"Is the year on a {{quality}} {{object}} later than {{year}}? {ASK}"],
        binary,
        where(lambda n, slots: n > int(slots["year"]), 1880, 2030),
    ),
    Closed(
        [
            f"May a vegetarian {{role}} eat what is served at {{event}}? {ASK}",
            f"Check the plate of {{audience}} for meat; is it free of it? {ASK}",
        ],
        binary,
        plate,
    ),
    Closed(
        [
            f"Which of the two offers for a {{quality}} {{object}} is cheaper in {{city}}? {ASK}",
            f"Advise a {{mood}} {{role}} where to buy a {{object}}. {ASK}",
        ],
        lambda _: ["first", "second"],
        offers,
    ),
    Closed(
        [
            f"Mark the sum that {{first_name}} did for {{audience}}. {ASK}",
            f"A {{role}} at {{place}} claims a result. Verify it. {ASK}",
        ],
        verdict,
        sum_claim,
    ),
    Closed(
        [f"How would {{audience}} describe the temperature at {{place}}? {ASK}"],
        lambda rng: rng.sample(["freezing", "cool", "mild", "hot"], rng.randint(2, 4)),
        degrees,
    ),
    Closed([f"Does the word carved on {{first_name}}'s {{object}} read the same backwards? {ASK}"], binary, spelling),
    Closed(
        [
            f"Are the guests of {{event}} listed in alphabetical order? {ASK}",
            f"Inspect the roster of {{place}}: is it sorted? {ASK}",
        ],
        verdict,
        in_order,
    ),
    Closed(
        [
            f"Did {{first_name}} come to {{event}} at {{place}}? {ASK}",
            f"Look for {{first_name}} in the register of {{audience}}. {ASK}",
        ],
        binary,
        attended,
    ),
]
