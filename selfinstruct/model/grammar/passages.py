"""Tasks about a short passage or a message, which the grammar writes from facts that it can ask for again."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from selfinstruct.model.grammar.frame import Frame, Open, Slots
from selfinstruct.model.grammar.words import fill, sentence, words


@dataclass(frozen=True)
class Passage:
    """What happened at a place, in four facts."""

    who: str
    role: str
    place: str
    day: str
    trouble: str
    remedy: str

    @property
    def text(self) -> str:
        """The facts as a paragraph."""
        return (
            f"{self.who} works as a {self.role} at {self.place}. On {self.day} it turned out that {self.trouble}. "
            f"Some of the guests wanted to leave at once. {self.who} had the idea to {self.remedy}, and in the end "
            "everybody stayed until the evening."
        )

    @property
    def summary(self) -> str:
        """The facts in one sentence."""
        return f"When {self.trouble} at {self.place}, {self.who} saved the day with the idea to {self.remedy}."


TROUBLES = ("the lights had gone out", "half of the chairs were missing", "the roof leaked", "the oven would not start")
REMEDIES = ("light all the candles", "call a retired electrician", "serve cold soup", "move everything outdoors")


def told(rng: Random) -> Passage:
    """A passage of chance."""
    who, role, place, day = (rng.choice(words(kind)) for kind in ("first_name", "role", "place", "weekday"))
    return Passage(who, role, place, day, rng.choice(TROUBLES), rng.choice(REMEDIES))


def about(solve: Callable[[Passage], str]) -> Callable[[Random, Slots], tuple[str, str]]:
    """The answer of a task that is solved from a passage."""

    def answer(rng: Random, _: Slots) -> tuple[str, str]:
        passage = told(rng)
        return rng.choice(["Paragraph: ", "Text: ", ""]) + passage.text, solve(passage)

    return answer


def reply(rng: Random, slots: Slots) -> tuple[str, str]:
    """A request, and a polite answer that declines it."""
    name, day = rng.choice(words("first_name")), rng.choice(words("weekday"))
    event = slots.get("event") or rng.choice(words("event"))
    request = f"Message: Hello, could you help us with {event} on {day}? We still need two people. {name}"
    refusal = (
        f"Dear {name},\n\nthank you for asking me. Sadly I have no time on {day}, but I wish you every success with "
        f"{event}.\n\nKind regards"
    )
    return request, refusal


def thanks(rng: Random, slots: Slots) -> tuple[str, str]:
    """Facts, and a note of thanks made of them."""
    giver, gift, use = (rng.choice(words(kind)) for kind in ("first_name", "object", "activity"))
    event = slots.get("event") or rng.choice(words("event"))
    note = f"Dear {giver}, thank you so much for the {gift}. I need it for {use}, and it reminds me of {event}."
    return f"Giver: {giver}\nGift: {gift}\nUsed for: {use}", note


def features(rng: Random, slots: Slots) -> tuple[str, str]:
    """Features of a product, and its description."""
    thing = slots.get("object") or rng.choice(words("object"))
    first, second = rng.sample(words("quality"), 2)
    price = rng.randint(9, 120)
    text = f"Meet the {thing} that is both {first} and {second}. It costs {price} euros, guarantee included."
    return f"Features: {first}, {second}\nPrice: {price} euros", text


def polished(rng: Random, _: Slots) -> tuple[str, str]:
    """A curt line, and the same said kindly."""
    verb, thing = rng.choice(["send", "return", "repair", "pay for"]), rng.choice(words("object"))
    day = rng.choice(words("weekday"))
    kind = f"Could you please {verb} the {thing} by {day}? We would be very grateful."
    return f"Sentence: {verb} the {thing} till {day}, will you.", sentence(kind)


def leftovers(rng: Random, _: Slots) -> tuple[str, str]:
    """Ingredients, and a simple recipe that uses all of them."""
    first, second, third = rng.sample(words("ingredient"), 3)
    steps = (
        f"1. Chop the {first} and heat a little oil in a pan.\n2. Add the {second} and stir for five minutes.\n"
        f"3. Fold in the {third}, season with salt and serve warm."
    )
    return f"Ingredients: {first}, {second}, {third}", steps


def continued(rng: Random, slots: Slots) -> tuple[str, str]:
    """The beginning of a story, and how it goes on."""
    hero, thing, where = (rng.choice(words(kind)) for kind in ("first_name", "object", "city"))
    begin = f"Beginning: {hero} arrived in {where} with nothing but a {thing}."
    end = f"Before noon, three strangers had asked what the {thing} was worth. It was not for sale, said {hero}."
    return begin, end + (f" Then came {slots['topic']}." if "topic" in slots else "")


def invented(text: str) -> Callable[[Random, Slots], tuple[str, str]]:
    """An input that names a topic, and an output that holds it in a fixed setting."""

    def answer(rng: Random, _: Slots) -> tuple[str, str]:
        topic = fill("{topic}", rng)
        return f"Topic: {topic}", sentence(text.format(topic=topic))

    return answer


FRAMES: list[Frame] = [
    Open(
        [
            "Summarise the report from {place} in one sentence for {audience}.",
            "Boil the passage about {event} down to a single sentence.",
        ],
        about(lambda passage: passage.summary),
    ),
    Open(
        [
            "Suggest a title for the article that {audience} will read in {city}.",
            "Invent a headline for this story from {place}.",
        ],
        about(lambda passage: sentence(f"{passage.role} rescues the day at {passage.place}")),
    ),
    Open(
        ["Make bullet points out of the paragraph so that {audience} can skim it."],
        about(
            lambda p: f"- {p.who} is a {p.role} at {p.place}.\n- {p.trouble.capitalize()}.\n- The remedy: {p.remedy}."
        ),
    ),
    Open(
        [
            "According to the text that a {mood} {role} wrote in {city}, what went wrong?",
            "What trouble does the account of {event} tell of?",
        ],
        about(lambda passage: sentence(f"{passage.trouble}.")),
    ),
    Open(
        [
            "Who solves the problem in the passage, as told by {audience}?",
            "Name the helpful person in this anecdote from {city}.",
        ],
        about(lambda passage: passage.who),
    ),
    Open(
        ["Quiz {audience}: write a question about the passage and answer it."],
        about(lambda p: f"Question: Where does {p.who} work?\nAnswer: At {p.place}."),
    ),
    Open(
        ["Retell the incident from the point of view of the person who helped, for {text_kind}."],
        about(
            lambda p: (
                f"I work as a {p.role} at {p.place}. When {p.trouble}, I thought we might {p.remedy}, and it worked."
            )
        ),
    ),
    Open(
        [
            "Decline politely: a {mood} {role} is asked to help with {event}.",
            "Answer the message about {event} and say no in a friendly way.",
        ],
        reply,
    ),
    Open(
        [
            "Write a thank-you note after {event}, using the facts given by a {role}.",
            "Thank the giver of a present received at {event}.",
        ],
        thanks,
    ),
    Open(
        [
            "Describe a {quality} {object} to {audience}, using the features listed.",
            "Advertise the {object} from its features in the voice of a {mood} {role}.",
        ],
        features,
    ),
    Open(
        [
            "Make this line politer before the {mood} {role} sends it to {place}.",
            "Rephrase the sentence so that {audience} would not be offended.",
        ],
        polished,
    ),
    Open(
        [
            "Cook something for {audience} from the ingredients at hand.",
            "Devise a recipe with these leftovers from {event}, easy enough for a {mood} {role}.",
        ],
        leftovers,
    ),
    Open(
        [
            "Continue the story and let it lead to {topic}.",
            "Given its beginning, carry the tale on until it reaches {topic}.",
        ],
        continued,
    ),
    Open(
        [
            "Compose a {tone} slogan on the given topic for {place}.",
            "Think of a {tone} motto for {audience} that fits the topic.",
        ],
        invented("{topic}: once seen, never forgotten."),
    ),
    Open(
        ["Provide a {tone} opening line for a radio feature on the topic, aimed at {audience}."],
        invented("good evening; tonight we speak of {topic}, and you will want to stay for it."),
    ),
]
