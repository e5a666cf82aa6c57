"""What a tuned model gained over its base: both answered the same items, and their differences are paired."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from selfinstruct.actions.comparison.scores import Difference, Evaluation, between, read
from selfinstruct.actions.comparison.tables import Table as Shown
from selfinstruct.actions.comparison.tables import text
from selfinstruct.benchmarks import BASE, FOLDER, TUNED
from selfinstruct.storage.folder import replace_text
from selfinstruct.text.escaping import csv_text, latex, latex_table, markdown, markdown_table

if TYPE_CHECKING:
    from selfinstruct.run import Run

HEAD = ("benchmark", "figure", "items", "base", "tuned", "gain", "low", "high", "items that decide")
SHOWN = ("benchmark", "figure", "items", "base", "tuned", "gain (interval of 95 %)", "items that decide")
TITLE = "The tuned model and its base"
MEANT = "In percent. Differences are item by item; their intervals are drawn over tasks.\n"
Row: TypeAlias = dict[str, str | float | int | None]


@dataclass(frozen=True)
class Gains:
    """What a tuned model gained."""

    figures: dict[str, dict[str, float | None]]
    """By benchmark, each figure that has an interval."""
    rows: list[Row]
    """The same as rows of a table."""
    cautions: list[str]
    """What limits the figures."""


def gains(run: "Run") -> Gains:
    """Return how much better the tuned model does than its base, on every benchmark that both have answered."""
    found = [pair for name in run.benchmarks for pair in pairs(run.start.folder, name)]
    said: dict[tuple[str, str], list[str]] = {}
    for pair in found:
        for one, role in zip(pair, (TUNED, BASE), strict=True):
            for caution in one.cautions:
                said.setdefault((one.benchmark, caution), []).append(role)
    differences = {tuned.benchmark: (tuned, base, list(between(tuned, base))) for tuned, base in found}
    return Gains(
        figures={name: {one.figure: round(one.mean, 6) for one in each} for name, (_, _, each) in differences.items()},
        rows=[row(tuned, base, one) for tuned, base, each in differences.values() for one in each],
        cautions=[f"{name}, {' and '.join(roles)}: {caution}" for (name, caution), roles in said.items()],
    )


def pairs(folder: Path, name: str) -> list[tuple[Evaluation, Evaluation]]:
    """Return the tuned model's and the base's answers to a benchmark, by each table of scores; none if one lacks."""
    places = [folder / FOLDER / f"{name}_{role}" for role in (TUNED, BASE)]
    tuned, base = ({one.benchmark: one for one in read(place, place.name)} for place in places)
    return [(tuned[key], base[key]) for key in tuned if key in base]


def write_gains(run: "Run", found: Gains) -> None:
    """Write `scores.{md,csv,tex,json}`, base and tuned model side by side with their differences, and print them.

    They stand in the run folder, or in `benchmarks/` where the run has scores of its own.
    """
    if not found.rows:
        return
    folder = run.start.folder
    if next(read(folder, ""), None) is not None:
        folder = folder / FOLDER
    shown = [percent(each) for each in found.rows]
    said = "".join(f"**{markdown(one)}**\n\n" for one in found.cautions)
    table = markdown_table([[markdown(cell) for cell in each] for each in (SHOWN, *shown)])
    replace_text(folder / "scores.md", f"# {TITLE}\n\n{said}{table}\n{MEANT}")
    replace_text(folder / "scores.csv", csv_text([HEAD, *(each.values() for each in found.rows)]))
    replace_text(folder / "scores.tex", latex_table([[latex(cell) for cell in each] for each in (SHOWN, *shown)]))
    values = {"cautions": found.cautions, "gains": found.rows}
    replace_text(folder / "scores.json", json.dumps(values, indent=2, ensure_ascii=False) + "\n")
    run.remarks.append(text(Shown(f"{TITLE}, in percent", SHOWN, shown)))


def row(tuned: Evaluation, base: Evaluation, one: Difference) -> Row:
    """Return a line of the table."""
    low, high = one.interval or (None, None)
    values = [base.figures[one.figure].value, tuned.figures[one.figure].value, round(one.mean, 6)]
    found = [one.benchmark, one.figure, one.items, *values, low, high, one.decisive]
    return dict(zip(HEAD, found, strict=True))


def percent(found: Row) -> list[str]:
    """Return a line of the table for people."""
    base, tuned, gained, low, high = (hundredfold(found[name]) for name in ("base", "tuned", "gain", "low", "high"))
    interval = f"{gained} ({low} to {high})" if low else gained
    return [*(str(found[name]) for name in HEAD[:3]), base, tuned, interval, str(found[HEAD[-1]])]


def hundredfold(value: str | float | None) -> str:
    """Return a share in percent; nothing for one that is not known."""
    return "" if value is None else f"{100 * float(value):.2f}"
