"""The scores of runs that answered the same benchmark, side by side, and how sure their differences are.

Two models answer the same items, so that what matters is the difference item by item: tasks are drawn again and again,
with all their items (a paired bootstrap).  An item for which both have the same score decides nothing; how many do is
shown beside each difference.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.actions.score import ANSWERS
from selfinstruct.benchmarks import BASE, FOLDER, TUNED
from selfinstruct.metrics.intervals import paired
from selfinstruct.metrics.table import Figure, Item
from selfinstruct.storage.summary import summary_in
from selfinstruct.storage.totals import known

MOST = 10
"""Runs whose differences are shown; of more, the pairs of the first ones."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """How a run did on a benchmark."""

    label: str
    """That of the run."""
    benchmark: str
    models: Sequence[str]
    figures: Mapping[str, Figure]
    items: Mapping[str, Item]
    """By their ids; empty where there is no list of answers."""
    count: int
    """How many items were scored, also where no answers are listed."""
    cautions: Sequence[str]
    tokens: float | None
    """Of prompts and replies, per item; None for unknown, as the next."""
    usd: float | None

    @property
    def median_words(self) -> float | None:
        """Return the median number of words of an answer."""
        return median(item.figures["words"] for item in self.items.values()) if self.items else None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How much better one run does than another."""

    benchmark: str
    first: str
    second: str
    figure: str
    mean: float
    interval: tuple[float, float] | None
    decisive: int
    """Items for which the two differ."""
    items: int


def evaluations(runs: Sequence[Reading]) -> list[Evaluation]:
    """Return every benchmark that the runs answered, those of one benchmark together."""
    found = [
        evaluation
        for run in runs
        for folder in (run.folder, *sorted(run.folder.glob(f"{FOLDER}/*")))
        for evaluation in read(folder, label_of(run, folder))
    ]
    order = list(dict.fromkeys(one.benchmark for one in found))
    return sorted(found, key=lambda one: order.index(one.benchmark))


def label_of(run: Reading, folder: Path) -> str:
    """Return the label of a run, with which of its models answered the benchmark in a folder."""
    role = next((role for role in (TUNED, BASE) if folder.name.endswith(f"_{role}") and folder != run.folder), None)
    return run.label if role is None else f"{run.label} {role}"


def read(folder: Path, label: str) -> Iterator[Evaluation]:
    """Yield the scores that stand in a folder; nothing where there are none that can be read."""
    try:
        scores: dict[str, Any] = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
        items = list(items_in(folder / ANSWERS))
        summary = summary_in(folder) or {}
        tokens = known(summary.get(key) for key in ("prompt_tokens", "completion_tokens"))
        for name, table in scores["benchmarks"].items():
            overall = next(line for line in table["lines"] if line["level"] == "all")
            count = overall["items"]
            yield Evaluation(
                label=label,
                benchmark=name,
                models=scores["models"],
                figures={key: Figure(**figure) for key, figure in overall["figures"].items()},
                items={item.id: item for benchmark, item in items if benchmark == name},
                count=count,
                cautions=scores["cautions"],
                tokens=None if tokens is None else tokens / count,
                usd=None if summary.get("cost_usd") is None else summary["cost_usd"] / count,
            )
    except (OSError, ValueError, KeyError, TypeError, StopIteration, ZeroDivisionError):
        return


def items_in(path: Path) -> Iterator[tuple[str, Item]]:
    """Yield each scored answer of a file, with its benchmark; nothing where there is no such file."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield row["benchmark"], Item(id=row["id"], task=row["task"], group=row["group"], figures=row["figures"])


def differences(found: Sequence[Evaluation]) -> list[Difference]:
    """Return the difference of each two runs of a benchmark, in every figure that has an interval."""
    by_benchmark: dict[str, list[Evaluation]] = {}
    for one in found:
        by_benchmark.setdefault(one.benchmark, []).append(one)
    return [
        difference
        for each in by_benchmark.values()
        for first, second in combinations(each[:MOST], 2)
        for difference in between(first, second)
    ]


def between(first: Evaluation, second: Evaluation) -> Iterator[Difference]:
    """Yield how much better the first does than the second, on the items that both have."""
    shared = [name for name in first.items if name in second.items]
    if not shared:
        return
    tasks = [first.items[name].task for name in shared]
    for figure, value in first.figures.items():
        pairs = [(first.items[name].figures.get(figure), second.items[name].figures.get(figure)) for name in shared]
        values = [one - other for one, other in pairs if one is not None and other is not None]
        if value.low is None or len(values) < len(shared):
            continue
        yield Difference(
            benchmark=first.benchmark,
            first=first.label,
            second=second.label,
            figure=figure,
            mean=sum(values) / len(values),
            interval=paired(values, tasks),
            decisive=sum(value != 0 for value in values),
            items=len(shared),
        )


def warnings(found: Sequence[Evaluation]) -> Iterator[str]:
    """Yield what a reader should know of the scores."""
    said: dict[tuple[str, str], list[str]] = {}
    for one in found:
        for text in one.cautions:
            said.setdefault((one.benchmark, text), []).append(one.label)
    yield from (f"Run {', '.join(labels)}, {name}: {text}" for (name, text), labels in said.items())
    sizes: dict[str, set[frozenset[str]]] = {}
    for one in found:
        if one.items:
            sizes.setdefault(one.benchmark, set()).add(frozenset(one.items))
    for name, sets in sizes.items():
        if len(sets) > 1:
            yield f"The runs answered different items of {name}; differences are those of the items that both have."
