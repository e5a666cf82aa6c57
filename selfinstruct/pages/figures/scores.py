"""How well a model answered benchmarks, with intervals of 95 %."""

import json
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct.benchmarks import BASE, FOLDER, TUNED
from selfinstruct.metrics.table import COUNTED
from selfinstruct.pages.figures.figure import COLORS, INK, Figure
from selfinstruct.pages.figures.labels import short
from selfinstruct.pages.figures.panels import legend, legend_height, stacked
from selfinstruct.storage.reader import RunReader
from selfinstruct.text.plain_files import odd_kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

FILE, OVERALL, GAIN = "scores.json", "all", "gain"
CHECKED = "share of the rows that overlap with a benchmark"
"""What the figure means that `actions=[check]` finds, which is in no file of scores."""
COLOR = {TUNED: COLORS[0], BASE: COLORS[7], GAIN: COLORS[2]}
NOT_NUMBERS = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class Score(NamedTuple):
    """A figure of a benchmark, for all items or for a group; None is unknown."""

    benchmark: str
    role: str
    """Who answered: `tuned`, `base`, or the model; `gain` for the difference of the first two."""
    level: str
    name: str
    items: int | None
    figure: str
    value: float | None
    low: float | None
    high: float | None


def figure(run: RunReader) -> Figure | None:
    """Return the scores in the run's folder, and in those of its benchmarks."""
    found = scores_of(run)
    drawn = [
        one for one in found if one.level == OVERALL and one.value is not None and not one.figure.startswith(COUNTED)
    ]
    if not drawn:
        return None
    levels = [one for one in drawn if one.role != GAIN]
    gains = [one for one in drawn if one.role == GAIN]
    groups = [each for each in (levels, gains) if each]
    roles = list(dict.fromkeys(one.role for one in drawn))
    colors = {role: COLOR.get(role, COLORS[place % len(COLORS)]) for place, role in enumerate(roles)}
    sizes = [len(names_of(each)) for each in groups]

    def draw(canvas: "Canvas") -> None:
        for axes, each in zip(
            stacked(canvas, len(groups), heights=[size + 0.6 for size in sizes]), groups, strict=True
        ):
            draw_scores(axes, each, colors)
            axes.set_xlabel("gain of the tuned model, points" if each is gains else "score, %")
        legend(canvas, colors)

    return Figure(
        name="scores",
        title="What was scored",
        caption="Scores over all items of a benchmark, or over all tasks that a judge saw, with intervals of 95% where"
        " they are known; a gain whose interval holds 0 may be chance. The table has groups of items, too.",
        head=Score._fields,
        rows=found,
        draw=draw,
        height=0.5 * len(groups) + 0.36 * sum(sizes) + legend_height(roles),
    )


def scores_of(run: RunReader) -> list[Score]:
    """Return all scores that can be read; those of the summary, without intervals, where there are no others."""
    inner = [run.folder / FOLDER, *sorted((run.folder / FOLDER).glob("*"))]
    folders = [run.folder, *(path for path in inner if odd_kind(path) is None and path.is_dir())]
    return [score for folder in folders for score in scores_in(folder)] or list(summarized(run.summary))


def meanings(run: RunReader) -> dict[str, str]:
    """Return what each figure means that the run was scored by, as far as its folder says so."""
    found = {"overlap": CHECKED}
    try:
        for table in read_in(run.folder).get("benchmarks", {}).values():
            found |= {str(name): str(text) for name, text in table["meanings"].items()}
    except NOT_NUMBERS:
        pass
    return found


def read_in(folder: Path) -> dict[str, Any]:
    """Return the file of scores in a folder; a link or a pipe, which no run makes, is passed over."""
    return {} if odd_kind(folder / FILE) is not None else json.loads((folder / FILE).read_text(encoding="utf-8"))


def scores_in(folder: Path) -> list[Score]:
    """Return the scores that a folder holds; nothing where they cannot be read."""
    try:
        read = read_in(folder)
        role = next((role for role in (TUNED, BASE) if folder.name.endswith(f"_{role}")), None)
        return [*levels_in(read, role), *gains_in(read)]
    except NOT_NUMBERS:
        return []


def levels_in(read: Mapping[str, Any], role: str | None) -> Iterator[Score]:
    """Yield the scores of a model over all items and over groups; those of single tasks would be thousands."""
    model = " and ".join(map(str, read.get("models", ())))
    for benchmark, table in read.get("benchmarks", {}).items():
        for line in table["lines"]:
            for name, one in line["figures"].items() if line["level"] != "task" else ():
                values = (number(one.get(key)) for key in ("value", "low", "high"))
                yield Score(benchmark, role or model, line["level"], line["name"], line["items"], name, *values)


def gains_in(read: Mapping[str, Any]) -> Iterator[Score]:
    """Yield how much better the tuned model did than its base."""
    for row in read.get("gains", ()):
        values = (number(row[key]) for key in ("gain", "low", "high"))
        yield Score(row["benchmark"], GAIN, OVERALL, OVERALL, row["items"], row["figure"], *values)


def summarized(summary: Mapping[str, Any]) -> Iterator[Score]:
    """Yield the scores of a summary."""
    scores = summary.get("scores")
    for name, figures in scores.items() if isinstance(scores, dict) else ():
        role = next((role for role in (TUNED, BASE, GAIN) if name.endswith(f"_{role}")), "")
        for figure_, value in figures.items() if isinstance(figures, dict) else ():
            benchmark = name.removesuffix(f"_{role}")
            yield Score(benchmark, role or "model", OVERALL, OVERALL, None, figure_, number(value), None, None)


def number(value: object) -> float | None:
    """Return a number; None for anything else."""
    is_number = isinstance(value, int | float) and isfinite(value)
    return float(value) if is_number and isinstance(value, int | float) else None


def names_of(scores: Sequence[Score]) -> list[tuple[str, str]]:
    """Return what the scores are of, in order."""
    return list(dict.fromkeys((one.benchmark, one.figure) for one in scores))


def draw_scores(axes: "Axes", scores: Sequence[Score], colors: Mapping[str, str]) -> None:
    """Draw each score with its interval, those of one figure below each other."""
    names, roles = names_of(scores), list(dict.fromkeys(one.role for one in scores))
    for one in scores:
        assert one.value is not None
        place = names.index((one.benchmark, one.figure)) + 0.25 * (roles.index(one.role) - (len(roles) - 1) / 2)
        if one.low is not None and one.high is not None:
            axes.hlines(place, 100 * one.low, 100 * one.high, color=colors[one.role], linewidth=2, alpha=0.6)
        axes.plot([100 * one.value], [place], "o", color=colors[one.role], markersize=5)
    if any(one.role == GAIN for one in scores):
        axes.axvline(0, linewidth=0.8, color=INK)
    axes.set_yticks(range(len(names)), [f"{short(benchmark, 18)}\n{short(name, 18)}" for benchmark, name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.08)
