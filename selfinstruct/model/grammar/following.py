"""What the offline grammar answers when it follows an instruction for one input.

Sums, letters and number words are computed, and always right.  A negation, a passive or a plural is made by a rule of
thumb that does not know every word.  For opposites, rhymes and translations there are a few dozen words, and beyond
them the grammar guesses.  So a run shows families with full, middling and low scores, as a run with a model does.
"""

import re
from collections.abc import Callable
from functools import cache
from hashlib import sha256

from selfinstruct.model.grammar.words import plural, words

Answer = Callable[[str], str]
"""From an input to an output."""

PAIRS = {
    "opposite": """hot/cold tall/short wide/narrow early/late open/closed full/empty rich/poor young/old loud/quiet
        wet/dry clean/dirty buy/sell push/pull win/lose begin/end above/below always/never love/hate truth/lie near/far
        strong/weak fast/slow inside/outside day/night maximum/minimum""",
    "synonym": """big/large small/little quick/fast begin/start happy/glad angry/mad clever/smart rich/wealthy ill/sick
        gift/present road/street shop/store rock/stone infant/baby reply/answer purchase/buy thin/slim simple/easy
        autumn/fall evil/wicked film/movie home/house scared/afraid""",
    "rhyme": """cat/hat day/say night/light ball/tall king/ring cake/lake moon/soon tree/three gold/cold rain/train
        house/mouse door/floor fire/wire blue/shoe time/rhyme pig/big heart/part""",
    "German": """house/Haus tree/Baum water/Wasser bread/Brot milk/Milch dog/Hund cat/Katze hand/Hand book/Buch
        school/Schule time/Zeit night/Nacht king/König city/Stadt friend/Freund garden/Garten place/Platz""",
    "Spanish": """house/casa tree/árbol water/agua bread/pan milk/leche dog/perro cat/gato hand/mano book/libro
        school/escuela time/tiempo night/noche king/rey city/ciudad friend/amigo garden/jardín place/lugar""",
    "French": """house/maison tree/arbre water/eau bread/pain milk/lait dog/chien cat/chat hand/main book/livre
        school/école time/temps night/nuit king/roi city/ville friend/ami garden/jardin place/place""",
}
BOTH_WAYS = ("opposite", "synonym", "rhyme")
NUMBERS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety"""
SMALL, TENS = NUMBERS.split()[:20], ["", "ten", *NUMBERS.split()[20:]]
AUXILIARY = re.compile(r"\b(is|are|was|were|am|can|could|will|would|should|must|has|have|had)\b")
THIRD_PERSON = re.compile(r"^((?:The |My |Our |Her |His )?\w+) (\w+?)(e?s)\b")
ACTIVE = re.compile(r"^(The \w+) (\w+) (the \w+)\.$")
PRAISE = re.compile(
    r"joy|fun|best|perfect|beautiful|clever|charm|delight|love|great|good|smile|triumph|fresh|masterpiece"
)
FORMAL = {
    "Hey": "Hello",
    "wanna": "would like to",
    "gotta": "have to",
    "Thanks": "Thank you",
    "can't": "am unable to",
    "don't": "do not",
    "I'm": "I am",
    "It's": "It is",
    "We're": "We are",
    "awesome": "excellent",
    "kids": "children",
    "guy": "person",
    "boss": "manager",
}
ZOO = "bear camel cow crow deer dog eel giraffe hen horse lion monkey moth rabbit snake spider tiger zebra"
SENTENCES = re.compile(r"Sentence 1: (.*) Sentence 2: (.*?)(?: Word: .*)?$")


@cache
def pairs(kind: str) -> dict[str, str]:
    """What the grammar knows of a kind, from word to word."""
    there = dict(pair.split("/") for pair in PAIRS[kind].split())
    return {other: word for word, other in there.items()} | there if kind in BOTH_WAYS else there


def looked_up(kind: str) -> Answer:
    """Looks a word up; one that is not there comes back as it is, or with another prefix."""
    return lambda word: pairs(kind).get(word, f"un{word}" if kind == "opposite" else word)


def verbal(text: str) -> str:
    """A number in words; digit by digit from ten thousand on."""
    if not text.isdecimal():
        return text
    number = int(text)
    if number < 20:
        return SMALL[number]
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if size <= number < size * 10:
            head, rest = divmod(number, size)
            return f"{SMALL[head]} {name}" + (f" {verbal(str(rest))}" if rest else "")
    if number < 100:
        return TENS[number // 10] + (f"-{SMALL[number % 10]}" if number % 10 else "")
    return " ".join(SMALL[int(digit)] for digit in text)


def numbers(text: str) -> list[int]:
    """The numbers in a text."""
    return [int(number) for number in re.findall(r"-?\d+", text)]


def difference(text: str) -> str:
    """The first number less the others."""
    found = numbers(text)
    return str(2 * found[0] - sum(found)) if found else text


def starting(text: str) -> str:
    """The words that start with the letter in brackets."""
    sentence, _, letter = text.rpartition(" [")
    wanted = letter[:1].lower()
    return " ".join(word for word in re.findall(r"[\w'-]+", sentence) if word[0].lower() == wanted)


def negated(text: str) -> str:
    """A sentence with a "not" in it."""
    if AUXILIARY.search(text):
        return AUXILIARY.sub(r"\1 not", text, count=1)
    return THIRD_PERSON.sub(r"\1 does not \2", text) if THIRD_PERSON.match(text) else f"It is not true that {text}"


def passive(text: str) -> str:
    """A sentence of a doer, a verb and the one it is done to, turned round."""
    found = ACTIVE.match(text)
    if found is None:
        return text
    doer, verb, done_to = found.groups()
    return f"{done_to[:1].upper()}{done_to[1:]} was {verb} by {doer[:1].lower()}{doer[1:]}."


def animals(text: str) -> str:
    """Those things of a list that are among the grammar's animals, or in a line of the zoo that it remembers."""
    return ", ".join(thing for thing in text.split(", ") if thing in words("animal") or thing in ZOO.split())


def longer(text: str) -> str:
    """The longest of the names in a list: a poor guess at what is larger."""
    return max(text.split(", "), key=len)


def formal(text: str) -> str:
    """A sentence without some of its loose words."""
    return " ".join(FORMAL.get(word, word) for word in text.split())


def sentiment(text: str) -> str:
    """Positive where a word of praise stands in it."""
    return "positive" if PRAISE.search(text.lower()) else "negative"


def first_sentence(text: str) -> str:
    """The first of two sentences, whichever is the cause."""
    found = SENTENCES.match(text)
    return found[1] if found else text


def alike(text: str) -> str:
    """A grade from 0 to 5, by the words that two sentences share."""
    found = SENTENCES.match(text)
    one, other = (set(part.lower().strip(".").split()) for part in (found.groups() if found else (text, text)))
    return str(round(5 * len(one & other) / len(one | other)))


def meaning(text: str) -> str:
    """Whether a word means the same in both sentences, by the toss of a coin that always falls the same way."""
    return "the same" if sha256(text.encode()).digest()[0] % 2 else "not the same"


def shared(text: str) -> str:
    """What is true of most lists of things."""
    return "are things." if len(text) % 3 else "are animals."


ANSWERS: dict[str, Answer] = {
    "first letter": lambda text: text[:1],
    "second letter": lambda text: text[1:2],
    "letters": lambda text: " ".join(text.replace(" ", "")),
    "starting": starting,
    "sum": lambda text: str(sum(numbers(text))),
    "difference": difference,
    "in words": verbal,
    "plural": plural,
    "passive": passive,
    "negation": negated,
    "animals": animals,
    "larger": longer,
    "cause": first_sentence,
    "in context": meaning,
    "similarity": alike,
    "sentiment": sentiment,
    "formal": formal,
    "shared": shared,
    **{kind: looked_up(kind) for kind in PAIRS},
}
"""What can be done with an input, by a name of the grammar's own."""
