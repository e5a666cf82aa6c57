"""Tasks about a row of figures, each answered by real arithmetic."""

from collections.abc import Callable
from itertools import pairwise
from random import Random
from statistics import mean, median

from selfinstruct.model.grammar.frame import Frame, Open, Slots
from selfinstruct.model.grammar.words import number


def row(values: list[int]) -> str:
    """The figures as a line of text."""
    return ", ".join(str(value) for value in values)


def decimal(value: float) -> str:
    """The number with at most one decimal."""
    return f"{value:.1f}".removesuffix(".0")


def about(solve: Callable[[list[int], Slots], str]) -> Callable[[Random, Slots], tuple[str, str]]:
    """The answer of a task that is solved from the figures alone."""

    def answer(rng: Random, slots: Slots) -> tuple[str, str]:
        values = [rng.randint(3, 290) for _ in range(rng.randint(5, 8))]
        values.append(rng.choice(values))
        name = rng.choice(["Figures: ", "Values: ", "Numbers: ", ""])
        return name + row(values), solve(values, slots)

    return answer


def steps(values: list[int]) -> list[int]:
    """What lies between each figure and the next."""
    return [after - before for before, after in pairwise(values)]


def running(values: list[int], _: Slots) -> str:
    """The sum so far, after each figure."""
    return row([sum(values[: end + 1]) for end in range(len(values))])


def share_above(values: list[int], slots: Slots) -> str:
    """The part of the figures above a limit, in percent."""
    return decimal(100 * sum(value > int(slots["limit"]) for value in values) / len(values)) + "%"


def leading(values: list[int], slots: Slots) -> str:
    """The largest few figures, largest first."""
    return row(sorted(values, reverse=True)[: min(number(slots["count"]), len(values))])


FRAMES: list[Frame] = [
    Open(
        ["Add up {figures}.", "What do {figures} come to in total?", "Given {figures}, <compute|return> the sum."],
        about(lambda values, _: str(sum(values))),
    ),
    Open(
        [
            "Work out the <average|mean> of {figures}, rounded to one decimal.",
            "On average, how large are the values in this record of {figures}?",
        ],
        about(lambda values, _: decimal(mean(values))),
    ),
    Open(
        [
            "Find the median of {figures}.",
            "The input lists {figures}. Which value stands in the middle once they are sorted?",
        ],
        about(lambda values, _: decimal(median(values))),
    ),
    Open(
        ["<Pick out|Report|Name> the largest value among {figures}.", "How high did {figures} get at most?"],
        about(lambda values, _: str(max(values))),
    ),
    Open(
        ["Which is the smallest of {figures}?", "Look through {figures} and return the minimum."],
        about(lambda values, _: str(min(values))),
    ),
    Open(
        ["How far apart are the highest and the lowest of {figures}?", "Calculate the spread of {figures}."],
        about(lambda values, _: str(max(values) - min(values))),
    ),
    Open(
        ["Put {figures} in ascending order.", "Sort {figures} from smallest to largest, separated by commas."],
        about(lambda values, _: row(sorted(values))),
    ),
    Open(
        ["Arrange {figures} from high to low.", "Rank {figures}, starting with the largest."],
        about(lambda values, _: row(sorted(values, reverse=True))),
    ),
    Open(
        ["Count how many of {figures} <lie above|exceed> {limit}.", "How often do {figures} go beyond {limit}?"],
        about(lambda values, slots: str(sum(value > int(slots["limit"]) for value in values))),
    ),
    Open(
        [
            "Keep only those of {figures} that stay below {limit}.",
            "Remove everything of {limit} or more from {figures}.",
        ],
        about(lambda values, slots: row([value for value in values if value < int(slots["limit"])]) or "none"),
    ),
    Open(["What percentage of {figures} is greater than {limit}?"], about(share_above)),
    Open(
        ["List the even numbers among {figures}.", "From {figures}, extract every value that can be halved evenly."],
        about(lambda values, _: row([value for value in values if value % 2 == 0]) or "none"),
    ),
    Open(
        ["How many odd numbers occur in {figures}?"],
        about(lambda values, _: str(sum(value % 2 for value in values))),
    ),
    Open(
        ["Name the second largest of {figures}.", "Which of {figures} would come second in a ranking?"],
        about(lambda values, _: str(sorted(set(values))[-2])),
    ),
    Open(["Write down the running total of {figures}.", "Turn {figures} into cumulative sums."], about(running)),
    Open(
        ["Compute the change from each of {figures} to the next."],
        about(lambda values, _: row(steps(values))),
    ),
    Open(
        ["Where is the <biggest|steepest> jump between neighbours in {figures}? Give its size."],
        about(lambda values, _: str(max(abs(step) for step in steps(values)))),
    ),
    Open(
        ["Double each of {figures}.", "Suppose {figures} were twice as high: write the new list."],
        about(lambda values, _: row([2 * value for value in values])),
    ),
    Open(
        ["Round each of {figures} to the nearest ten.", "Simplify {figures} by rounding to full tens."],
        about(lambda values, _: row([(value + 5) // 10 * 10 for value in values])),
    ),
    Open(
        ["Reverse the order of {figures}.", "Read {figures} backwards, last one first."],
        about(lambda values, _: row(values[::-1])),
    ),
    Open(
        [
            "Drop repeated values from {figures}, keeping the first of each.",
            "How would {figures} look without duplicates?",
        ],
        about(lambda values, _: row(list(dict.fromkeys(values)))),
    ),
    Open(
        ["Give the top {count} of {figures}.", "Show the {count} highest of {figures} in descending order."],
        about(leading),
    ),
    Open(
        [
            "Increase all of {figures} by {int} and write the result.",
            "Someone forgot to add {int} to each of {figures}. Fix it.",
        ],
        about(lambda values, slots: row([value + int(slots["int"]) for value in values])),
    ),
    Open(
        ["Decide at which position the maximum of {figures} stands, counting from one."],
        about(lambda values, _: str(values.index(max(values)) + 1)),
    ),
]
