"""What a tuned model gained over its base: both answered the same items, and their differences are paired."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from selfinstruct.actions.comparison.scores import Difference, Evaluation, between, read
from selfinstruct.actions.comparison.tables import Table as Shown
from selfinstruct.actions.comparison.tables import text
from selfinstruct.benchmarks import FOLDER
from selfinstruct.storage.folder import replace_text
from selfinstruct.text.escaping import csv_text, latex, latex_table, markdown, markdown_table

if TYPE_CHECKING:
    from selfinstruct.run import Run

HEAD = ["benchmark", "figure", "items", "base", "tuned", "gain", "low", "high", "items that decide"]


def pairs(run: "Run", name: str) -> list[tuple[Evaluation, Evaluation]]:
    """Return the tuned model's and the base's answers to a benchmark, by each table of scores; none if one lacks."""
    folders = [run.start.folder / FOLDER / f"{name}_{role}" for role in ("tuned", "base")]
    tuned, base = ({one.benchmark: one for one in read(folder, folder.name)} for folder in folders)
    return [(tuned[key], base[key]) for key in tuned if key in base]


def gain(run: "Run", name: str) -> dict[str, dict[str, float | None]]:
    """Return how much better the tuned model does, for each figure that has an interval."""
    return {
        tuned.benchmark: {one.figure: round(one.mean, 6) for one in between(tuned, base)}
        for tuned, base in pairs(run, name)
    }


def write_gains(run: "Run") -> None:
    """Write `scores.{md,csv,tex}` of the run: base and tuned model side by side, with their differences."""
    rows = [
        row(tuned, base, one)
        for name in run.benchmarks
        for tuned, base in pairs(run, name)
        for one in between(tuned, base)
    ]
    if not rows:
        return
    cautions = {
        caution: None
        for name in run.benchmarks
        for pair in pairs(run, name)
        for one in pair
        for caution in one.cautions
    }
    shown = [[HEAD[0], HEAD[1], HEAD[2], "base", "tuned", "gain (interval of 95 %)", HEAD[8]], *map(percent, rows)]
    folder = run.start.folder
    said = "".join(f"**{markdown(one)}**\n\n" for one in cautions)
    cells = [[markdown(cell) for cell in each] for each in shown]
    explained = "In percent. Differences are item by item; their intervals are drawn over tasks.\n"
    replace_text(folder / "scores.md", f"# The tuned model and its base\n\n{said}{markdown_table(cells)}\n{explained}")
    replace_text(folder / "scores.csv", csv_text([HEAD, *([str(cell) for cell in each.values()] for each in rows)]))
    replace_text(folder / "scores.tex", latex_table([[latex(cell) for cell in each] for each in shown]))
    run.remarks.append(text(Shown("The tuned model and its base, in percent", tuple(shown[0]), shown[1:])))


def row(tuned: Evaluation, base: Evaluation, one: Difference) -> dict[str, str | float | int]:
    """Return a line of the table."""
    low, high = one.interval or ("", "")
    values = [base.figures[one.figure].value or 0.0, tuned.figures[one.figure].value or 0.0, round(one.mean, 6)]
    found = [one.benchmark, one.figure, one.items, *values, low, high, one.decisive]
    return dict(zip(HEAD, found, strict=True))


def percent(found: Mapping[str, str | float | int]) -> list[str]:
    """Return a line of the table for people."""
    base, tuned, gained, low, high = (
        found[name] if isinstance(found[name], str) else f"{100 * float(found[name]):.2f}"
        for name in ("base", "tuned", "gain", "low", "high")
    )
    interval = f"{gained} ({low} to {high})" if low else str(gained)
    return [
        str(found["benchmark"]),
        str(found["figure"]),
        str(found["items"]),
        str(base),
        str(tuned),
        interval,
        str(found["items that decide"]),
    ]
