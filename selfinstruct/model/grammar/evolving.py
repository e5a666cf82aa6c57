"""What the offline grammar writes for Evol-Instruct: evolved prompts, verdicts, ratings and answers.

The prompt at hand and the operation are read from the request, as a real model would; by the frame's own words the
operation is guessed, so that a prompt of somebody else is answered, too, as if it asked for one more condition.
"""

import json
import re
from random import Random

from selfinstruct.model.grammar import instruction, known
from selfinstruct.model.grammar.around import PLAIN, condition
from selfinstruct.model.grammar.words import fill, sentence, with_articles
from selfinstruct.request import Request

GIVEN = re.compile(r"^.*\b(?:given|original) prompt\W*:\s*\n", re.IGNORECASE | re.MULTILINE)
WANTED = re.compile(r"\n\s*[^\n]*\b(?:rewritten|created|new) prompt[^\n]*:\s*$", re.IGNORECASE)
PAIR = re.compile(r"First prompt:\n(.*)\n\nSecond prompt:\n(.*)\n\n[^\n]*:\s*$", re.DOTALL)
RATED = re.compile(r"Prompt:\n(.*)\n\n[^\n]*:\s*$", re.DOTALL)
OPERATIONS = (
    ("breadth", re.compile(r"\banother one\b|\bbrand[- ]new\b|\bfar less often\b|\brarer?\b", re.IGNORECASE)),
    ("complicate", re.compile(r"\bbring data\b|\bdata that\b", re.IGNORECASE)),
    ("reason", re.compile(r"\bsteps?\b|\breasoning\b", re.IGNORECASE)),
    ("deepen", re.compile(r"\bdepth\b|\bdeeper\b|\bfurther into\b", re.IGNORECASE)),
    ("concretise", re.compile(r"\bparticular\b|\bconcrete\b|\bspecific\b", re.IGNORECASE)),
)
FURTHER = {
    "deepen": (
        "Go into what follows from it for {audience}, and what speaks against it.",
        "Say as well how {trait} comes into it, and what a {role} would add.",
        "Explain what lies behind it, and where it does not hold.",
    ),
    "concretise": (
        "Take {place} in {city} as the case.",
        "Think of {first_name}, a {mood} {role}, who has {int} days for it.",
        "Let it be about {event} in {city}, with a budget of {budget} euros.",
    ),
    "reason": (
        "Work it out step by step, and say at each step what it rests on.",
        "First find what is missing, then weigh two ways to go on, and only then decide.",
        "Give your reasoning in at least three steps before the result.",
    ),
}
EMPTY_WORDS = (".", "...", "And so on, and so on.", "It is this.", "-")
REFUSALS = ("I'm sorry, but I cannot help with that.", "Sorry, this is more than I can do.")


def evolved(request: Request, rng: Random, repeats: float, spoiled: bool) -> str:
    """The prompt at hand, evolved; at the rate of repeats hardly changed."""
    text, operation = at_hand(request.text)
    if rng.random() < repeats:
        made = rng.choice([text, f"Please {text[:1].lower()}{text[1:]}", text.replace(" the ", " this ", 1)])
    else:
        made = by_operation(text, operation, rng)
    if spoiled:
        return rng.choice(
            [
                f"{made} Keep to what the given prompt asks.",
                f"#Given Prompt#: {text}\n#Rewritten Prompt#: {made} As in the #Rewritten Prompt# above.",
                "",
            ]
        )
    dressed = rng.choice([made] * 5 + [f"#Rewritten Prompt#: {made}", f'"{made}"'])
    return dressed if request.chat else f" {dressed}"


def at_hand(request: str) -> tuple[str, str]:
    """The prompt that is to be evolved, and the operation by which."""
    head, *_ = GIVEN.split(request, maxsplit=1)
    last = GIVEN.split(request)[-1]
    operation = next((name for name, pattern in OPERATIONS if pattern.search(head)), "constrain")
    return WANTED.sub("", last).strip(), operation


def by_operation(text: str, operation: str, rng: Random) -> str:
    """The text after one operation."""
    if operation == "breadth":
        return instruction(rng)
    if operation == "complicate":
        return f"{text}\n\n{data(rng)}"
    added = fill(rng.choice(FURTHER[operation]), rng) if operation in FURTHER else condition(rng, PLAIN)
    return f"{text} {with_articles(sentence(added))}"


def data(rng: Random) -> str:
    """Some data in one of several forms."""
    rows = [(fill("{first_name}", rng), fill("{city}", rng), rng.randrange(2, 40)) for _ in range(3)]
    table = "\n".join(f"{name},{city},{days}" for name, city, days in rows)
    items = "".join(f'<stay days="{days}">{name}, {city}</stay>' for name, city, days in rows)
    listed = json.dumps([{"name": name, "city": city, "days": days} for name, city, days in rows])
    return rng.choice([listed, f"name,city,days\n{table}", f"<stays>{items}</stays>"])


def equality(request: Request, rng: Random, spoiled: bool) -> str:
    """Whether the two prompts at hand come to the same."""
    if spoiled:
        return rng.choice(["It depends.", "Equal and not equal", "Hard to say", "?"])
    found = PAIR.search(request.text)
    first, second = (set(re.findall(r"\w+", text.lower())) for text in found.groups()) if found else (set(), {""})
    is_equal = len(first ^ second) <= 2
    said = rng.choice(["Equal", "Equal."]) if is_equal else rng.choice(["Not Equal", "Not Equal.", "**Not Equal**"])
    return said if request.chat else f" {said}"


def rating(request: Request, rng: Random, spoiled: bool) -> str:
    """How hard the prompt at hand is: the longer, the harder."""
    if spoiled:
        return rng.choice(["Quite hard", "Between 3 and 8", "11"])
    found = RATED.search(request.text)
    words = len((found[1] if found else request.text).split())
    rated = min(10, max(1, words // 12 + rng.choice([1, 2, 2, 3])))
    said = rng.choice([str(rated)] * 3 + [f"**{rated}**", f"{rated}/10"])
    return said if request.chat else f" {said}"


def whole_reply(request: Request, rng: Random, spoiled: bool) -> str:
    """An answer to the prompt, which is an instruction as it stands."""
    if spoiled:
        return rng.choice([*REFUSALS, *EMPTY_WORDS])
    task = next((found for line in request.text.splitlines() if (found := known(line.strip()))), None)
    if task is None:
        return sentence(
            fill("This is a placeholder of the offline grammar, which knows no answer here; it speaks of {topic}.", rng)
        )
    if task.labels:
        return rng.choice(task.labels)
    given, output = task.answer(rng)
    return f"{given}\n\n{output}" if given else output
