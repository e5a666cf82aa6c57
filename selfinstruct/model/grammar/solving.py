"""What the offline model computes: sums, rows of numbers, lists of things, and tests that a number passes or not."""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from random import Random
from statistics import mean, median

from selfinstruct.model.grammar.words import fact, number, words

LISTED = {"ingredient": "ingredient", "cities": "city", "animals": "animal", "names": "first_name"}
"""A word in the name of a list, and the slot whose words the list contains; other lists contain objects."""
SUMS: dict[str, Callable[[int, int], float]] = {
    "product": lambda one, two: one * two,
    "difference": lambda one, two: one - two,
    "sum": lambda one, two: one + two,
    "rows": lambda guests, chairs: -(-guests // chairs),
    "percent": lambda share, whole: share * whole / 100,
    "discounted": lambda price, share: price * (100 - share) / 100,
    "share": lambda people, euros: euros / people,
    "hours": lambda speed, way: way / speed,
}
FIGURES: dict[str, Callable[[list[int], int], float | str | list[int]]] = {
    "sum": lambda values, _: sum(values),
    "mean": lambda values, _: f"{mean(values):.1f}",
    "median": lambda values, _: median(values),
    "largest": lambda values, _: max(values),
    "smallest": lambda values, _: min(values),
    "spread": lambda values, _: max(values) - min(values),
    "ascending": lambda values, _: sorted(values),
    "descending": lambda values, _: sorted(values, reverse=True),
    "above": lambda values, limit: sum(value > limit for value in values),
    "below": lambda values, limit: [value for value in values if value < limit],
    "even": lambda values, _: [value for value in values if value % 2 == 0],
    "odd": lambda values, _: sum(value % 2 for value in values),
    "running": lambda values, _: list(accumulate(values)),
    "doubled": lambda values, _: [2 * value for value in values],
    "rounded": lambda values, _: [(value + 5) // 10 * 10 for value in values],
    "reversed": lambda values, _: values[::-1],
    "distinct": lambda values, _: list(dict.fromkeys(values)),
    "top": lambda values, count: sorted(values, reverse=True)[:count],
}
LISTS: dict[str, Callable[[list[str], str], str | list[str]]] = {
    "alphabetical": lambda items, _: sorted(items, key=str.lower),
    "backwards": lambda items, _: sorted(items, key=str.lower, reverse=True),
    "by_length": lambda items, _: sorted(items, key=len),
    "count": lambda items, _: str(len(items)),
    "longest": lambda items, _: max(items, key=len),
    "distinct": lambda items, _: list(dict.fromkeys(items)),
    "repeated": lambda items, _: [item for item in dict.fromkeys(items) if items.count(item) > 1],
    "numbered": lambda items, _: "\n".join(f"{place}. {item}" for place, item in enumerate(items, 1)),
    "capitals": lambda items, _: [item.upper() for item in items],
    "initials": lambda items, _: "".join(item[0].upper() for item in items),
    "starting": lambda items, letter: [item for item in items if item.lower().startswith(letter.lower())],
    "reversed": lambda items, _: items[::-1],
    "json": lambda items, _: json.dumps(items),
    "every_second": lambda items, _: items[::2],
    "lengths": lambda items, _: "\n".join(f"{item}: {len(item)}" for item in dict.fromkeys(items)),
    "first": lambda items, count: items[: number(count)],
}
TESTS: dict[str, Callable[[int, int], bool]] = {
    "even": lambda value, _: value % 2 == 0,
    "prime": lambda value, _: all(value % divisor for divisor in range(2, int(value**0.5) + 1)),
    "more": lambda value, limit: value > limit,
    "divisible": lambda value, size: value % size == 0,
}


def plain(value: float) -> str:
    """Return a number with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def in_order(slots: Mapping[str, str]) -> list[int]:
    """Return the numbers of an instruction, in the order in which they stand there."""
    names = ("int", "int_2", "large", "year", "count", "limit")
    return [number(word) for name, word in slots.items() if name in names]


def summed(name: str, slots: Mapping[str, str]) -> str:
    """Return the result of a sum whose numbers stand in the instruction."""
    if name == "converted":
        return plain(in_order(slots)[0] * float(fact("factor", slots["unit"]))) + " " + slots["unit"].split(" to ")[1]
    one, two = in_order(slots)
    return plain(SUMS[name](one, two))


def figures(name: str, slots: Mapping[str, str], rng: Random) -> tuple[str, str]:
    """Return a row of numbers, one of which occurs twice, and what is computed of it."""
    values = [rng.randint(3, 290) for _ in range(rng.randint(5, 8))]
    values.append(rng.choice(values))
    found = FIGURES[name](values, next(iter(in_order(slots)), 0))
    if isinstance(found, list):
        found = ", ".join(map(str, found)) or "none"
    shown = ", ".join(map(str, values))
    return f"{rng.choice(['Figures: ', 'Values: ', ''])}{shown}", found if isinstance(found, str) else plain(found)


def listed(name: str, slots: Mapping[str, str], rng: Random) -> tuple[str, str]:
    """Return a list of things, one of which occurs twice, and what is made of it."""
    kind = next((slot for cue, slot in LISTED.items() if cue in slots["items"].lower()), "object")
    items = rng.sample(words(kind), rng.randint(5, 7))
    items.insert(rng.randint(2, 4), items[0])
    mark = rng.choice([", ", "; ", "\n"])
    return mark.join(items), joined(LISTS[name](items, parameter(slots)), ", ")


def worded(name: str, slots: Mapping[str, str], text: str) -> tuple[str, str]:
    """Return a sentence, and what is made of its words."""
    return f"Sentence: {text}", joined(LISTS[name](text.rstrip(".").split(), parameter(slots)), " ")


def joined(found: str | Sequence[str], mark: str) -> str:
    """Return a result as one text."""
    return found if isinstance(found, str) else mark.join(found) or "none"


def parameter(slots: Mapping[str, str]) -> str:
    """Return the letter or the count that the instruction names."""
    return slots.get("letter") or slots.get("count", "")


def tested(name: str, slots: Mapping[str, str], rng: Random, *, passes: bool) -> str:
    """Return a number that passes a test, or one that fails it."""
    limit = next(iter(in_order(slots)), 0)
    least, most = (1890, 2030) if "year" in slots else (2, 600)
    while TESTS[name](value := rng.randrange(least, most), limit) is not passes:
        pass
    return f"Number: {value}"
