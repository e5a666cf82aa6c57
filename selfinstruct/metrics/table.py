"""The scores of a run as one table, whatever its benchmark.

A benchmark is a list of items, each with some figures between 0 and 1 (or a count, as words are).  The table has a line
for all of them, one for each group (a category, an application) and one for each task; a figure of a line is the mean
over its items.  What is no mean over items (the rate of wins at equal length, say) is added to the first line.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from selfinstruct.metrics.intervals import bootstrap, wilson

Interval: TypeAlias = Literal["bootstrap", "wilson"]
COUNTED = ("words", "rating")
"""How the name of a figure begins that is a count or a mean rating, and not a share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One answer, and how good it is."""

    id: str
    """The same for each model that answers the benchmark."""
    task: str
    group: str
    figures: Mapping[str, float]
    answer: str | None = None
    """What was scored; None where there is no answer."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean, and the interval of 95 % around it where there is one."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """The figures of some items."""

    level: str
    """`all`, the name of a group's kind (`category`), or `task`."""
    name: str
    items: int
    figures: Mapping[str, Figure]
    notes: Mapping[str, str | int | float | None] = field(default_factory=dict)
    """What is said of it beside, by column: the metric in which a category is reported, counts."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """The scores of a benchmark."""

    benchmark: str
    lines: Sequence[Line]
    items: Sequence[Item]
    meanings: Mapping[str, str]
    """What each figure is, in a sentence."""

    @property
    def overall(self) -> dict[str, float | None]:
        """Return the figures of all items."""
        found = next((line for line in self.lines if line.level == "all"), None)
        return {} if found is None else {name: figure.value for name, figure in found.figures.items()}


def lines_of(items: Sequence[Item], kind: str, intervals: Mapping[str, Interval]) -> list[Line]:
    """Return the line of all items, of each group and of each task; `intervals` names the figures that have one.

    `kind` is what a group is called.  Where each task has one item, tasks have no lines of their own.
    """
    lines = [line("all", "all", items, intervals)] if items else []
    lines += [line(kind, name, found, intervals) for name, found in divided(items, lambda item: item.group).items()]
    by_task = divided(items, lambda item: item.task)
    if len(by_task) < len(items):
        lines += [line("task", name, found, intervals) for name, found in by_task.items()]
    return lines


def divided(items: Iterable[Item], key: Callable[[Item], str]) -> dict[str, list[Item]]:
    """Return the items by a key, in the order in which the keys come."""
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def line(level: str, name: str, items: Sequence[Item], intervals: Mapping[str, Interval]) -> Line:
    """Return the line of some items."""
    figures = {
        key: figure([(item.task, item.figures[key]) for item in items if key in item.figures], intervals.get(key))
        for key in dict.fromkeys(key for item in items for key in item.figures)
    }
    return Line(level=level, name=name, items=len(items), figures=figures)


def figure(values: Sequence[tuple[str, float]], interval: Interval | None) -> Figure:
    """Return the mean of values, each with its task."""
    total = sum(value for _, value in values)
    mean = round(total / len(values), 6)
    if interval is None:
        return Figure(mean)
    if interval == "wilson":
        found = wilson(total, len(values))
    else:
        by_task: dict[str, list[float]] = {}
        for task, value in values:
            by_task.setdefault(task, []).append(value)
        found = bootstrap([sum(each) for each in by_task.values()], [len(each) for each in by_task.values()])
    return Figure(mean) if found is None else Figure(mean, round(found[0], 6), round(found[1], 6))
