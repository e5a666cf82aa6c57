"""What is counted of a round besides its figures.

A metric is a pure function of a round, of the tasks that it made or changed and of those that were in the pool before
its stage began, since which others are completed by then may differ when a run is resumed.  Its numbers stand in
`rounds.jsonl` and W&B beside the round's figures, and on the console where the name has no slash.

To add one, write `conf/metrics/<name>.yaml`, which nests under its own name, and `selfinstruct/metrics/<name>.py` with
a `@part` class that has `figures`.  Then `python run.py +metrics@recipe.instructions.metrics=<name>`.

A metric that scores a whole benchmark has `items` and `lines` as well: these make the table of scores and the `scores`
of `summary.json`.  Several metrics may score one benchmark; their figures stand in one table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from selfinstruct.metrics.table import Item, Line, Table
from selfinstruct.pool import Pool
from selfinstruct.round import Round


@runtime_checkable
class Metric(Protocol):
    """Counts something of each round."""

    def figures(self, round_: Round, pool: Pool) -> Mapping[str, float | int]:
        """Return what is counted, by name; a name must be none of a round's own figures."""
        ...


@runtime_checkable
class Scoring(Metric, Protocol):
    """Scores a benchmark."""

    @property
    def benchmark(self) -> str:
        """The name under which the scores stand in `summary.json`."""
        ...

    @property
    def meanings(self) -> Mapping[str, str]:
        """What each figure is, in a sentence."""
        ...

    def items(self, pool: Pool) -> Sequence[Item]:
        """Return every item of the benchmark with its figures."""
        ...

    def lines(self, pool: Pool) -> Sequence[Line]:
        """Return the lines of the table; none where the pool holds nothing to score."""
        ...


def tables(metrics: Iterable[Metric], pool: Pool) -> list[Table]:
    """Return the scores of each benchmark."""
    found: dict[str, Table] = {}
    for metric in metrics:
        if isinstance(metric, Scoring) and (lines := metric.lines(pool)):
            name = metric.benchmark
            table = Table(benchmark=name, lines=lines, items=metric.items(pool), meanings=metric.meanings)
            found[name] = joined(found[name], table) if name in found else table
    return list(found.values())


def joined(table: Table, other: Table) -> Table:
    """Return the figures of two tables of one benchmark in one."""
    lines = {(line.level, line.name): line for line in table.lines}
    for line in other.lines:
        known = lines.get((line.level, line.name), line)
        figures, notes = {**known.figures, **line.figures}, {**known.notes, **line.notes}
        lines[line.level, line.name] = replace(known, figures=figures, notes=notes)
    items = {item.id: item for item in table.items}
    for item in other.items:
        known_item = items.get(item.id, item)
        items[item.id] = replace(known_item, figures={**known_item.figures, **item.figures})
    return Table(
        benchmark=table.benchmark,
        lines=list(lines.values()),
        items=list(items.values()),
        meanings={**table.meanings, **other.meanings},
    )
