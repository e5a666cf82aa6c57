"""The comparison as tables for a reader: text, Markdown and LaTeX with the main figures."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace

from selfinstruct.actions.comparison.comparing import Comparison
from selfinstruct.actions.comparison.figures import EXPLAINED, FILE
from selfinstruct.actions.comparison.grouping import CONFIDENCE, SEED, Estimate
from selfinstruct.actions.comparison.scores import Difference, differences
from selfinstruct.actions.score_table import shown_as
from selfinstruct.pages.figures.labels import columns, short
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
LEARNED = ("steps", "loss", "validation_loss", "reward_accuracy", "seconds")
"""The figures of the short tables: of runs, and of trainings alone."""
MOST_KEYS = 8
"""The most keys that the short tables show."""
LONG = 30
"""Columns of a value that is a text; keys with such values, as prompts in several languages, come last in a table."""


@dataclass(frozen=True)
class Table:
    """Rows of text under headers."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def digits(value: object) -> str:
    """Return a value for a reader: a number with four digits, a dash for an unknown one."""
    if value is None:
        return UNKNOWN
    if isinstance(value, Estimate):
        return f"{digits(value.mean)} [{digits(value.low)}, {digits(value.high)}]"
    if isinstance(value, float) and value != int(value):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return f"{int(value):,}" if isinstance(value, int | float) else str(value)


def measured(comparison: Comparison) -> list[str]:
    """Return the explained figures that any of the runs may have: a training alone has others than a run."""
    figures = [run.figures for run in comparison.runs]
    known = [name for name in EXPLAINED if any(name in one for one in figures)]
    rows = [own for one in figures if (own := {name: one[name] for name in one if name.startswith(FILE)})]
    files = dict.fromkeys(name for own in rows for name in own)
    if all(own.keys() == files.keys() and len({*own.values()}) == 1 for own in rows):
        return known  # a column for each of the same numbers would say nothing
    place = known.index("in_dataset") + 1
    return [*known[:place], *files, *known[place:]]


def first(comparison: Comparison) -> list[str]:
    """Return the figures of the short tables."""
    runs, trainings = (any(name in run.figures for run in comparison.runs) for name in ("made", "steps"))
    return list(dict.fromkeys([*(FIRST if runs or not trainings else ()), *(LEARNED if trainings else ())]))


def of_runs(comparison: Comparison, names: Sequence[str]) -> Table:
    """Return a row for each run: its status, its values of the keys that differ, and some figures."""
    keys = list(comparison.short)[:MOST_KEYS]
    rows = [
        [run.label, run.public_status, *map(run.value, keys), *(digits(run.figures.get(name)) for name in names)]
        for run in comparison.runs
    ]
    return texts_last(Table("Runs", ["run", "status", *headers(comparison, keys, names)], rows), 2)


def of_groups(comparison: Comparison, names: Sequence[str]) -> Table:
    """Return a row for each group: mean and confidence interval of each figure."""
    keys = [key for key in comparison.short if key != SEED][:MOST_KEYS]
    rows = [
        [group.label, *map(group.runs[0].value, keys), *(digits(group.figures.get(name)) for name in names)]
        for group in comparison.groups
    ]
    title = f"Means over random seeds, with bootstrap {CONFIDENCE:.0%} confidence intervals"
    return texts_last(Table(title, ["runs", *headers(comparison, keys, names)], rows), 1)


def texts_last(table: Table, fixed: int) -> Table:
    """Return a table in which columns of long texts stand behind all others but the first ones, which are `fixed`."""
    is_text = [any(columns(cell) > LONG for cell in column) for column in zip(*table.rows, strict=True)]
    order = sorted(range(len(is_text)), key=lambda place: place >= fixed and is_text[place])
    headers, *rows = ([row[place] for place in order] for row in (table.headers, *table.rows))
    return replace(table, headers=headers, rows=rows)


def headers(comparison: Comparison, keys: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return the headers of keys that differ, and of figures."""
    named = comparison.short
    return [*(named[key] for key in keys), *map(title, names)]


def title(name: str) -> str:
    """Return the header of a figure."""
    return f"rows of {name.removeprefix(FILE)}" if name.startswith(FILE) else name.removeprefix("diversity.")


def of_scores(comparison: Comparison) -> list[Table]:
    """Return for each benchmark the models with their scores, and the differences between them."""
    found = []
    for name in dict.fromkeys(one.benchmark for one in comparison.evaluations):
        scored = [one for one in comparison.evaluations if one.benchmark == name]
        figures = list(dict.fromkeys(key for one in scored for key in one.figures))
        scored.sort(key=lambda one: -(one.figures[figures[0]].value or 0.0) if figures[0] in one.figures else 0.0)
        rows = [
            [
                one.label,
                ", ".join(one.models),
                *(shown_as(key, one.figures.get(key)) or UNKNOWN for key in figures),
                digits(one.median_words),
                digits(one.tokens),
                digits(one.usd),
            ]
            for one in scored
        ]
        beside = ["median words", "tokens per item", "usd per item"]
        note = "Shares are in percent, with intervals of 95 % in brackets; scores.md of each run says what they mean."
        found.append(Table(f"Scores: {name}", ["run", "model", *figures, *beside], rows, note))
        between = [one for one in differences(comparison.evaluations) if one.benchmark == name]
        if between:
            found.append(of_differences(name, between))
    return found


def of_differences(name: str, found: Sequence[Difference]) -> Table:
    """Return how much better one run does than another on a benchmark."""
    rows = [
        [
            f"{one.first} - {one.second}",
            one.figure,
            f"{100 * one.mean:+.2f}",
            UNKNOWN if one.interval is None else f"{100 * one.interval[0]:+.2f} to {100 * one.interval[1]:+.2f}",
            f"{one.decisive} of {one.items}",
        ]
        for one in found
    ]
    note = "Paired bootstrap over tasks. An interval that holds 0 does not show which model is better."
    headers = ["runs", "figure", "difference", "95 % interval", "items that decide"]
    return Table(f"Differences: {name}, in percentage points", headers, rows, note)


def short_tables(comparison: Comparison) -> list[Table]:
    """Return the tables of scores, of runs and, where there are any, of groups."""
    names, scored = first(comparison), of_scores(comparison)
    groups = [of_groups(comparison, names)] if comparison.groups else []
    is_made = any(run.made or "steps" in run.figures for run in comparison.runs)
    return [*scored, *([of_runs(comparison, names), *groups] if is_made or not scored else [])]


def text(table: Table, width: int | None = None) -> str:
    """Return a table in plain characters; if it is wider than `width`, cells are cut and the last columns dropped."""
    rows = [list(map(in_a_line, row)) for row in (table.headers, *table.rows)]
    longest = max(3, (width or 1_000_000) // 3)
    widths = [min(longest, max(map(columns, column))) for column in zip(*rows, strict=True)]
    count = len(widths)
    while width is not None and count > 1 and sum(widths[:count]) + 2 * (count - 1) > width:
        count -= 1
    rows.insert(1, ["-" * size for size in widths])
    lines = ["  ".join(map(cut, row, widths[:count])).rstrip() for row in rows]
    lacking = len(widths) - count
    note = [f"({lacking} more column{' does' if lacking == 1 else 's do'} not fit)"] if lacking else []
    return "\n".join([*textwrap.wrap(table.title, width or 1_000_000), "", *lines, *note]) + "\n"


def cut(cell: str, size: int) -> str:
    """Return a cell that is as long as its column is wide."""
    shown = short(cell, size)
    return shown + " " * (size - columns(shown))


def markdown(table: Table) -> str:
    """Return a table in Markdown."""
    rows = (map(escaping.markdown, row) for row in (table.headers, *table.rows))
    return f"**{table.title}**\n\n{escaping.markdown_table(rows)}"


def latex(table: Table) -> str:
    """Return a table in LaTeX, without any package."""
    rows = (map(escaping.latex, row) for row in (table.headers, *table.rows))
    return f"% {in_a_line(table.title).replace('%', ' %')}\n{escaping.latex_table(rows)}"
