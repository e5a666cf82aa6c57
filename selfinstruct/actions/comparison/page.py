"""The comparison as one HTML file, which opens from disk without a network and without a script.

A run is named by what differs from the others.  A column whose cells are all the same is no column but a part of the
sentence above its table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from selfinstruct.actions.card.methods import counted
from selfinstruct.actions.comparison.comparing import Comparison
from selfinstruct.actions.comparison.figures import EXPLAINED, FILE_ROWS, MOST, THRESHOLD
from selfinstruct.actions.comparison.grouping import CONFIDENCE, RESAMPLES
from selfinstruct.actions.comparison.sent_parameters import sent_parameters
from selfinstruct.actions.comparison.settings import settings
from selfinstruct.actions.comparison.tables import (
    UNKNOWN,
    Table,
    digits,
    measured,
    of_groups,
    of_runs,
    of_scores,
    title,
)
from selfinstruct.pages import html
from selfinstruct.pages.listing import cut
from selfinstruct.storage.diversity import even

SHOWN, BESIDE = 5, 8
"""The places of the pool whose tasks are shown, and the most settings side by side."""
KEYS = 12
"""The most keys that the page shows."""


def page(comparison: Comparison, figures: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return the page with these figures, as the templates take them."""
    count = len(comparison.runs)
    values = {
        "title": f"Comparison of {counted(count, 'run')}",
        "warnings": comparison.warnings,
        "figures": figures,
        "scores": of_scores(comparison),
        "tables": [collapsed(table) for table in tables(comparison) if table.rows],
    }
    return html.file("comparison.html", values)


def collapsed(table: Table) -> Table:
    """Return a table of several runs with a sentence in place of the columns, but the first, that never change.

    Where all of them are the same, no row is left.
    """
    if len(table.rows) < 2 or not table.headers[0].startswith("run"):
        return table
    columns = list(zip(*table.rows, strict=True))
    same = [place for place, cells in enumerate(columns) if place and len({*cells}) == 1]
    kept = [place for place in range(len(columns)) if place not in same]
    cells = {table.headers[place]: table.rows[0][place] for place in same}
    parts = [f"{name} {cell}" for name, cell in cells.items() if cell not in ("", UNKNOWN)]
    unknown = [name for name, cell in cells.items() if cell == UNKNOWN]
    sentences = [f"The same in all rows: {', '.join(parts)}."] if parts else []
    sentences += [f"Unknown in all rows: {', '.join(unknown)}."] if unknown else []
    if kept == [0]:
        kept, table = [], replace(table, rows=[])
    return replace(
        table,
        headers=[table.headers[place] for place in kept],
        rows=[[row[place] for place in kept] for row in table.rows],
        note=" ".join(filter(None, [table.note, *sentences])),
    )


def tables(comparison: Comparison) -> Iterator[Table]:
    """Yield the tables of the page."""
    names = measured(comparison)
    yield of_runs(comparison, names)
    yield folders(comparison)
    groups = of_groups(comparison, names)
    note = (
        f"Percentile bootstrap of the mean, {RESAMPLES:,} resamples, always the same ones. With two or three seeds such"
        f" an interval is narrower than its {CONFIDENCE:.0%} promises; read it as a range, not as a test."
    )
    yield Table(groups.title, groups.headers, groups.rows, note)
    yield rejections(comparison)
    yield from sent(comparison)
    yield overlap(comparison)
    yield samples(comparison)
    yield Table(
        "What the figures mean",
        ["figure", "meaning"],
        [(name, EXPLAINED[name]) if name in EXPLAINED else (title(name), FILE_ROWS) for name in names],
    )


def folders(comparison: Comparison) -> Table:
    """Return where each run lies, with the keys that differ; of an option that a sweep chose, not what it sets."""
    keys = list(comparison.short)[:KEYS]
    rows = [[run.label, run.folder.name, ", ".join(run.models), *map(run.value, keys)] for run in comparison.runs]
    count = len(comparison.keys)
    note = f"runs.csv has all {count:,} keys that differ." if len(keys) < count else ""
    return Table("Folders, models and keys that differ", ["run", "folder", "models", *keys], rows, note)


def rejections(comparison: Comparison) -> Table:
    """Return how many candidates each filter rejected, by run, and what share of all candidates that is."""
    names = sorted({name for run in comparison.runs for name in run.figures if name.startswith("rejected.")})
    rows = []
    for run in comparison.runs:
        total = run.figures.get("candidates") or 0
        counts = [run.figures.get(name) or 0 for name in names]
        cells = [f"{digits(count)} ({count / total:.1%})" if total else UNKNOWN for count in counts]
        rows.append([comparison.legend(run), *cells, digits(run.figures.get("candidates"))])
    headers = ["run", *(name.removeprefix("rejected.") for name in names), "candidates"]
    return Table("Rejections by filter", headers, rows if names else [])


def sent(comparison: Comparison) -> Iterator[Table]:
    """Yield the parameters as they were sent: those that differ run by run, and those that are the same in all."""
    found = [sent_parameters(run.folder) if run.is_readable else {} for run in comparison.runs]
    stages = dict.fromkeys(stage for run in comparison.runs for stage in run.config.get("recipe", ()))
    order = {stage: place for place, stage in enumerate(stages)}
    known = sorted(dict.fromkeys(key for one in found for key in one), key=lambda key: order.get(key[0], -1))
    differing = [key for key in known if len({frozenset(one.get(key, {})) for one in found}) > 1]
    rows = [[f"{stage}: {name}", *(ranked(one.get((stage, name), {})) for one in found)] for stage, name in differing]
    note = "The values in the stored requests, with the number of replies, the most frequent first."
    yield Table("Parameters as sent", ["parameter", *map(comparison.legend, comparison.runs)], rows, note)
    alike: dict[str, list[str]] = {}
    for stage, name in known:
        if (stage, name) not in differing:
            alike.setdefault(stage, []).append(f"{name} {' or '.join(sorted(found[0][stage, name]))}")
    rows = [[stage, ", ".join(values)] for stage, values in alike.items()]
    yield Table("Parameters that were sent alike in all runs", ["stage", "parameters"], rows)


def ranked(values: Mapping[str, int]) -> str:
    """Return values with their counts, the most frequent first."""
    found = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    more = f" and {len(found) - 4} more" if len(found) > 4 else ""
    return ", ".join(f"{value} ×{count:,}" for value, count in found[:4]) + more or UNKNOWN


def overlap(comparison: Comparison) -> Table:
    """Return the overlap of each pair of runs."""
    runs = [run for run in comparison.runs if any(run.label in pair for pair in comparison.overlaps)]
    rows = []
    for first in runs:
        found = [comparison.overlaps.get((first.label, second.label)) for second in runs]
        cells = ("" if one is None else f"{one.near:.1%} ({one.identical:.1%})" for one in found)
        rows.append([comparison.legend(first), *cells])
    note = (
        f"What share of the row's instructions the column's run has too, with ROUGE-L above {THRESHOLD}, and in"
        f" brackets word for word. Of more than {MOST} runs the first are compared."
    )
    return Table("Overlap", ["run", *(run.label for run in runs)], rows, note)


def samples(comparison: Comparison) -> Table:
    """Return some instructions side by side, at the same places of the pools: of each setting, its first run's."""
    beside = [(one.name or one.runs[0].label, one.runs[0].made) for one in settings(comparison) if one.runs[0].made]
    shown = even(beside, BESIDE)
    places = even(range(min((len(made) for _, made in shown), default=0)), SHOWN)
    rows = [[f"{place + 1:,}", *(cut(made[place].instruction) for _, made in shown)] for place in places]
    more = f" Of {len(beside)} settings, {len(shown)} are shown." if len(shown) < len(beside) else ""
    note = f"The instructions at the same places of the pools, the first run of each setting.{more}"
    return Table("Some of the instructions made", ["place", *(name for name, _ in shown)], rows, note)
