"""The comparison as plain text, CSV, Markdown and LaTeX tables.

CSV has every figure with all its digits, and an empty cell for an unknown one.  The others show the main figures with
four digits, and a dash for an unknown one.
"""

import json
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from selfinstruct.actions.comparison.comparing import Comparison
from selfinstruct.actions.comparison.figures import EXPLAINED
from selfinstruct.actions.comparison.grouping import CONFIDENCE, SEED, Estimate, Group, written
from selfinstruct.storage.differences import ABSENT
from selfinstruct.text import escaping
from selfinstruct.text.escaping import in_a_line

UNKNOWN = "–"
FIRST = (
    "made",
    "kept_per_request",
    "tokens_per_task",
    "usd_per_task",
    "seconds",
    "parse_share",
    "diversity.distinct_2",
    "diversity.nearest",
    "diversity.self_similarity",
)
"""The figures of the short tables."""
FEWEST, NARROWEST = 3, 3
"""The fewest columns that are shown, and the characters of the narrowest."""
MOST_KEYS = 8
"""The most keys that the short tables show."""


@dataclass(frozen=True)
class Table:
    """Rows of text under headers."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]


def digits(value: object) -> str:
    """Return a value for a reader: a number with four digits, a dash for an unknown one."""
    if value is None:
        return UNKNOWN
    if isinstance(value, Estimate):
        return f"{digits(value.mean)} [{digits(value.low)}, {digits(value.high)}]"
    if isinstance(value, float) and value != int(value):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{int(value):,}" if isinstance(value, int | float) else str(value)


def of_runs(comparison: Comparison, names: Iterable[str] = FIRST) -> Table:
    """Return a row for each run: its status, its values of the keys that differ, and some figures."""
    names, keys = list(names), list(comparison.short.items())[:MOST_KEYS]
    rows = [
        [
            label,
            comparison.runs[place].status,
            *(comparison.value(key, place) for key, _ in keys),
            *(digits(comparison.figures[place].get(name)) for name in names),
        ]
        for place, label in enumerate(comparison.labels)
    ]
    shortened = [name.removeprefix("diversity.") for name in names]
    return Table("Runs", ["run", "status", *(name for _, name in keys), *shortened], rows)


def of_groups(comparison: Comparison, names: Iterable[str] = FIRST) -> Table:
    """Return a row for each group: mean and confidence interval of each figure."""
    names = list(names)
    keys = [(key, name) for key, name in comparison.short.items() if key != SEED][:MOST_KEYS]

    def row(group: Group) -> list[str]:
        values = [comparison.value(key, group.places[0]) for key, _ in keys]
        return [comparison.group_label(group), *values, *(digits(group.figures.get(name)) for name in names)]

    title = f"Means over random seeds, with bootstrap {CONFIDENCE:.0%} confidence intervals"
    shortened = [name.removeprefix("diversity.") for name in names]
    return Table(title, ["runs", *(name for _, name in keys), *shortened], [row(group) for group in comparison.groups])


def short_tables(comparison: Comparison) -> list[Table]:
    """Return the tables of runs and, where there are any, of groups."""
    return [of_runs(comparison), *([of_groups(comparison)] if comparison.groups else [])]


def text(table: Table, width: int | None = None) -> str:
    """Return a table for the terminal; if it is too wide, the last columns are dropped and long cells are cut."""
    headers, *rows = [list(map(in_a_line, row)) for row in (table.headers, *table.rows)]
    left_out = 0
    while True:
        widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
        if width is None or sum(widths) + 2 * (len(widths) - 1) <= width:
            break
        if len(headers) <= FEWEST:
            widths = fitted(widths, width)
            break
        left_out += 1
        for row in (headers, *rows):
            del row[-1]
    lines = ["  ".join(cut(cell, size).ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip()
             for row in (headers, ["-" * size for size in widths], *rows)]  # fmt: skip
    more = "1 more column does" if left_out == 1 else f"{left_out} more columns do"
    note = [f"({more} not fit)"] if left_out else []
    title = textwrap.wrap(table.title, width) if width else [table.title]
    return "\n".join([*title, "", *lines, *note]) + "\n"


def fitted(widths: Sequence[int], width: int) -> list[int]:
    """Return the widths of columns that fit, the widest made narrower first."""
    found = list(widths)
    while sum(found) + 2 * (len(found) - 1) > width and max(found) > NARROWEST:
        found[found.index(max(found))] -= 1
    return found


def cut(cell: str, size: int) -> str:
    """Return a cell that is not longer than its column."""
    return cell if len(cell) <= size else cell[: size - 1] + "…"


def markdown(table: Table) -> str:
    """Return a table in Markdown."""
    rows = (map(escaping.markdown, row) for row in (table.headers, *table.rows))
    return f"**{table.title}**\n\n{escaping.markdown_table(rows)}"


def latex(table: Table) -> str:
    """Return a table in LaTeX, without any package."""
    rows = (map(escaping.latex, row) for row in (table.headers, *table.rows))
    return f"% {in_a_line(table.title).replace('%', ' %')}\n{escaping.latex_table(rows)}"


def every_run(comparison: Comparison) -> list[list[object]]:
    """Return a row for each run with every figure, after a row of headers."""
    names = ordered(name for row in comparison.figures for name in row)
    rows: list[list[object]] = [
        ["run", "folder", "status", "offline", "models", *comparison.keys, *(f"figures.{name}" for name in names)]
    ]
    for place, run in enumerate(comparison.runs):
        values = [raw(values[place]) for values in comparison.keys.values()]
        about = [comparison.labels[place], run.folder.as_posix(), run.status, written(run.is_offline)]
        found = comparison.figures[place]
        rows.append([*about, " ".join(run.models), *values, *(found.get(name) for name in names)])
    return rows


def every_group(comparison: Comparison) -> list[list[object]]:
    """Return a row for each group with every figure and its interval, after a row of headers."""
    names = ordered(name for group in comparison.groups for name in group.figures)
    shared = [key for key in comparison.keys if key != SEED]
    measures: tuple[tuple[str, Callable[[Estimate], float]], ...] = (
        ("mean", lambda estimate: estimate.mean),
        ("low", lambda estimate: estimate.low),
        ("high", lambda estimate: estimate.high),
    )
    rows: list[list[object]] = [
        ["runs", *shared, *(f"figures.{name}.{kind}" for name in names for kind, _ in measures)]
    ]
    for group in comparison.groups:
        found = [group.figures.get(name) for name in names]
        cells = [None if one is None else measure(one) for one in found for _, measure in measures]
        values = [raw(comparison.keys[key][group.places[0]]) for key in shared]
        rows.append([comparison.group_label(group), *values, *cells])
    return rows


def every_overlap(comparison: Comparison) -> list[list[object]]:
    """Return a row for each pair of runs, after a row of headers."""
    rows: list[list[object]] = [["run", "other", "near", "identical"]]
    for (first, second), found in comparison.overlaps.items():
        rows.append([comparison.labels[first], comparison.labels[second], found.near, found.identical])
    return rows


def ordered(names: Iterable[str]) -> list[str]:
    """Return names without duplicates, the explained ones first."""
    return list(dict.fromkeys([*EXPLAINED, *names]))


def raw(value: object) -> object:
    """Return a config's value for a cell of CSV."""
    if value is ABSENT:
        return None
    return value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
