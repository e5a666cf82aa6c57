"""Tasks about a list of words: sorting, counting, choosing, and other forms of the same list."""

import json
from collections.abc import Callable
from random import Random

from selfinstruct.model.grammar.frame import Frame, Open, Slots
from selfinstruct.model.grammar.words import enumeration, number, sentence, words

KINDS = {"ingredients": "ingredient", "cities": "city", "animals": "animal", "names": "first_name"}


def about(solve: Callable[[list[str], Slots], str]) -> Callable[[Random, Slots], tuple[str, str]]:
    """The answer of a task that is solved from the items alone."""

    def answer(rng: Random, slots: Slots) -> tuple[str, str]:
        wanted = slots.get("collection", "")
        kind = next((name for cue, name in KINDS.items() if cue in wanted), "object")
        items = rng.sample(words(kind), rng.randint(5, 7))
        items.insert(rng.randint(2, 4), items[0])  # something to find for those who look for duplicates
        mark = rng.choice([", ", "; ", "\n"])
        name = "" if mark == "\n" else rng.choice(["List: ", "Items: ", ""])
        return name + mark.join(items), solve(items, slots)

    return answer


def row(items: list[str]) -> str:
    """The items as a line of text."""
    return ", ".join(items) or "none"


def distinct(items: list[str]) -> list[str]:
    """The items without repeats, in order."""
    return list(dict.fromkeys(items))


def starting(items: list[str], slots: Slots) -> str:
    """The items that begin with a letter."""
    return row([item for item in items if item.lower().startswith(slots["letter"].lower())])


def lacking(items: list[str], slots: Slots) -> str:
    """The items without a letter."""
    return row([item for item in items if slots["letter"].lower() not in item.lower()])


def repeated(items: list[str], _: Slots) -> str:
    """The items that occur more than once."""
    return row([item for item in distinct(items) if items.count(item) > 1])


def in_pairs(items: list[str], _: Slots) -> str:
    """Two items to a line."""
    return "\n".join(row(items[start : start + 2]) for start in range(0, len(items), 2))


FRAMES: list[Frame] = [
    Open(
        ["Sort {collection} alphabetically.", "Bring {collection} into the order of a dictionary."],
        about(lambda items, _: row(sorted(items, key=str.lower))),
    ),
    Open(
        ["Order {collection} from Z to A.", "List {collection} in reverse alphabetical order."],
        about(lambda items, _: row(sorted(items, key=str.lower, reverse=True))),
    ),
    Open(
        [
            "Arrange {collection} by length, shortest first.",
            "Which of {collection} are short and which are long? Sort them so.",
        ],
        about(lambda items, _: row(sorted(items, key=len))),
    ),
    Open(["How many entries are there in {collection}?"], about(lambda items, _: str(len(items)))),
    Open(
        [
            "Find the longest word or phrase in {collection}.",
            "Among {collection}, which entry has the most characters?",
        ],
        about(lambda items, _: max(items, key=len)),
    ),
    Open(
        ["Name the shortest entry in {collection}."],
        about(lambda items, _: min(items, key=len)),
    ),
    Open(
        ["Clean up {collection} by deleting repeated entries.", "Deduplicate {collection} and keep the order."],
        about(lambda items, _: row(distinct(items))),
    ),
    Open(
        ["Tell which of {collection} occur more than once.", "Spot the repeated entries in {collection}."],
        about(repeated),
    ),
    Open(
        ["Join {collection} with <semicolons|slashes|plus signs>."],
        about(lambda items, slots: _joined(items, slots)),
    ),
    Open(
        ["Number {collection}, one per line.", "Turn {collection} into a numbered list."],
        about(lambda items, _: "\n".join(f"{place}. {item}" for place, item in enumerate(items, 1))),
    ),
    Open(
        ["Write {collection} in capital letters.", "Shout {collection}: use upper case throughout."],
        about(lambda items, _: row(items).upper()),
    ),
    Open(
        ["Take the first letter of each of {collection} and join them into one string."],
        about(lambda items, _: "".join(item[0].upper() for item in items)),
    ),
    Open(
        [
            "Select from {collection} whatever begins with the letter {letter}.",
            "Which of {collection} start with {letter}?",
        ],
        about(starting),
    ),
    Open(["Strike out of {collection} everything that contains the letter {letter}."], about(lacking)),
    Open(
        ["Recite {collection} from the last to the first.", "Flip {collection} around so that the end comes first."],
        about(lambda items, _: row(items[::-1])),
    ),
    Open(
        ["Fold {collection} into one fluent sentence.", "Say in a full sentence what belongs to {collection}."],
        about(lambda items, _: sentence(f"here are {enumeration(distinct(items))}.")),
    ),
    Open(
        ["Format {collection} as a JSON array.", "Serialise {collection} to JSON."],
        about(lambda items, _: json.dumps(items)),
    ),
    Open(
        ["Produce an HTML bullet list out of {collection}.", "Mark up {collection} as an unordered list in HTML."],
        about(lambda items, _: "<ul>\n" + "\n".join(f"  <li>{item}</li>" for item in items) + "\n</ul>"),
    ),
    Open(["Group {collection} in pairs, two to a line."], about(in_pairs)),
    Open(
        [
            "Return every second entry of {collection}.",
            "Skip through {collection}, taking one entry and leaving the next.",
        ],
        about(lambda items, _: row(items[::2])),
    ),
    Open(
        ["For each of {collection}, state how many characters it has."],
        about(lambda items, _: "\n".join(f"{item}: {len(item)}" for item in distinct(items))),
    ),
    Open(
        ["Reply with the first {count} of {collection} only.", "Shorten {collection} to {count} entries."],
        about(lambda items, slots: row(items[: number(slots["count"])])),
    ),
    Open(
        ["Put brackets around each of {collection}."],
        about(lambda items, _: row([f"[{item}]" for item in items])),
    ),
    Open(
        ["Move the first of {collection} to the end."],
        about(lambda items, _: row([*items[1:], items[0]])),
    ),
]


def _joined(items: list[str], slots: Slots) -> str:
    marks = {"semicolons": "; ", "slashes": " / ", "plus signs": " + "}
    return next(mark for name, mark in marks.items() if name in slots["instruction"].lower()).join(items)
