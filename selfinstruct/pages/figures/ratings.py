"""What people said of the tasks or answers of a run, by the results of its rating sheets."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from selfinstruct.pages.figures.figure import COLORS, Cell, Figure
from selfinstruct.pages.figures.labels import short
from selfinstruct.storage.reader import RunReader
from selfinstruct.text.plain_files import odd_kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

HEAD = ["sheet", "system", "rater", "what", "answers", "share, %", "low, %", "high, %"]
ROW_HEIGHT = 0.28
"""Inches of a bar."""
MOST = 24
"""Bars that are drawn; the table has all of them."""


def figure(run: RunReader) -> Figure | None:
    """Return the shares of every sheet that has a result; a mean over people takes the place of each of them."""
    rows = [row for name, result in results(run) for row in rows_of(name, result)]
    if not rows:
        return None
    shown = [(label(row), row) for row in rows][:MOST]

    def draw(canvas: "Canvas") -> None:
        axes = canvas.subplots()
        for place, (_, row) in enumerate(shown):
            value, low, high = (float(cell or 0) for cell in row[5:])
            axes.barh(place, value, color=COLORS[0], height=0.6)
            if row[6] is not None:
                axes.plot([low, high], [place, place], color=COLORS[1], linewidth=1.5, solid_capstyle="round")
        axes.set_yticks(range(len(shown)), [text for text, _ in shown])
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel("share, %")
        axes.grid(visible=False, axis="y")

    return Figure(
        name="ratings",
        title="What people said",
        caption="Shares of blind ratings, with intervals of 95 %. Tasks of people that were mixed in unseen (controls)"
        " show the ceiling; intervals that overlap say little of a difference.",
        head=HEAD,
        rows=rows,
        draw=draw,
        height=max(1.6, 0.9 + ROW_HEIGHT * len(shown)),
    )


def results(run: RunReader) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the name and the result of each sheet; what cannot be read is passed over."""
    folder = run.folder / "ratings"
    if odd_kind(folder) is not None:
        return
    for path in sorted(folder.glob("*/result.json")):
        if odd_kind(path.parent) is None and odd_kind(path) is None:
            try:
                yield path.parent.name, json.loads(path.read_bytes())
            except (OSError, ValueError, RecursionError):
                continue


def rows_of(name: str, result: Mapping[str, Any]) -> Iterator[list[Cell]]:
    """Yield the rows of one result; a result of another shape has none."""
    try:
        shares, preferences = result["shares"], result["preferences"]
        means = {row["system"] for row in shares if row["rater"] == "all people"}
        people = {row["rater"] for row in result["raters"] if not row["is_judge"]}
        found = [
            [name, row["system"], row["rater"], what(row), row["n"], *ends(row)]
            for row in shares
            if row["rater"] not in people or row["system"] not in means
        ]
        found += [
            [name, " / ".join(row["systems"]), row["rater"], "win rate of the first", row["n"], *ends(row["win_rate"])]
            for row in preferences
        ]
    except (KeyError, TypeError):
        return
    yield from found


def what(row: Mapping[str, Any]) -> str:
    """Return what a share counts."""
    share = str(row["share"]).replace("_", " ")
    return share if row["question"] == "grade" else f"{row['question']}: {share}".replace("all questions: all", "all")


def ends(row: Mapping[str, Any]) -> list[Cell]:
    """Return a share and its interval in percent."""
    return [None if row[key] is None else round(100 * row[key], 2) for key in ("value", "low", "high")]


def label(row: list[Cell]) -> str:
    """Return what stands beside a bar, short enough for a figure."""
    return short(f"{row[1]}, {row[3]}" + ("" if row[2] == "all people" else f" ({row[2]})"), 34)
