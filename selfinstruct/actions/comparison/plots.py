"""The figures of a comparison: few, and each with one line for a setting, with a band over its random seeds.

A run for each line was rejected: with five seeds of six settings nobody finds anything in thirty lines.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct.actions.comparison.comparing import Comparison
from selfinstruct.actions.comparison.figures import EXPLAINED, kept_shares
from selfinstruct.actions.comparison.grouping import Estimate, written
from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.actions.comparison.settings import LONGEST, Setting, are_numbers, over_seeds, settings, swept
from selfinstruct.pages.figures.figure import COLORS, HEIGHT, Figure
from selfinstruct.pages.figures.labels import short
from selfinstruct.pages.figures.panels import plain, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

METRICS = (
    *("validation_loss", "reward_accuracy", "kept_per_request", "usd_per_task", "tokens_per_task"),
    *("diversity.nearest_seed", "diversity.distinct_2"),
)
"""The figures that are drawn, where they differ between the settings."""
MOST = 4
"""Of them, and of scores, the most that are drawn."""
TICKS = 8
"""The most values of a swept key that are all written below the axis."""
BAND = " A band is the 95 % bootstrap interval of the mean over random seeds."


class Point(NamedTuple):
    """A figure for a value of the swept key and other settings, over some runs."""

    value: Any
    name: str
    figure: Estimate
    runs: int


def plots(comparison: Comparison) -> list[Figure]:
    """Return the figures of a comparison."""
    key = swept(comparison)
    against = [] if key is None else islice(sweeps(comparison, key), MOST)
    return list({figure.name: figure for figure in (*against, *rounds(comparison))}.values())


def sweeps(comparison: Comparison, key: str) -> Iterator[Figure]:
    """Yield scores and figures against the swept key, each where it differs."""
    scores = scores_of(comparison)
    for metric in dict.fromkeys([*(name for one in scores.values() for name in one), *METRICS]):
        known = {run.label: scores[run.label].get(metric, run.figures.get(metric)) for run in comparison.runs}
        points = points_of(comparison, key, known)
        if len({point.figure.mean for point in points}) > 1:
            yield against(comparison.short[key], metric, points)


def scores_of(comparison: Comparison) -> dict[str, dict[str, float | None]]:
    """Return the main score of each benchmark, by the label of the run; of a training, the tuned model's."""
    found: dict[str, dict[str, float | None]] = {run.label: {} for run in comparison.runs}
    for one in comparison.evaluations:
        main = next((name for name, figure in one.figures.items() if figure.low is not None), None)
        for label in (one.label, one.label.removesuffix(" tuned")):
            if main is not None and label in found:
                found[label][f"{one.benchmark}: {main}"] = one.figures[main].value
    return found


def points_of(comparison: Comparison, key: str, known: Mapping[str, float | None]) -> list[Point]:
    """Return the points of a figure, known by run, for each value of a key and all other settings."""
    points: list[Point] = []
    for setting in settings(comparison, without=key):
        by_value: dict[str, list[Reading]] = {}
        for run in setting.runs:
            by_value.setdefault(written(run.values[key]), []).append(run)
        for runs in by_value.values():
            if (found := over_seeds([known[run.label] for run in runs])) is not None:
                value = runs[0].values[key]
                shown = value if are_numbers([value]) else short(runs[0].value(key), LONGEST)
                points.append(Point(shown, setting.name, found, len(runs)))
    return sorted(points, key=lambda one: one.value) if are_numbers([one.value for one in points]) else points


def against(key: str, metric: str, points: Sequence[Point]) -> Figure:
    """Return a figure against the values of a key: numbers on an axis, and anything else side by side."""
    lines = list(dict.fromkeys(point.name for point in points))
    values = list(dict.fromkeys(point.value for point in points))
    is_number = are_numbers(values)
    title = short(metric.removeprefix("diversity.").replace("_", " "), LONGEST)

    def draw(canvas: "Canvas") -> None:
        axes = canvas.subplots()
        for color, line in zip(COLORS, lines, strict=False):
            own = [
                (one.value if is_number else values.index(one.value), one.figure) for one in points if one.name == line
            ]
            banded(axes, own, color, joined=is_number)
        plain(axes)
        if not is_number:
            axes.set_xticks(range(len(values)), [str(value) for value in values], rotation=20, ha="right")
        elif len(values) <= TICKS:
            axes.set_xticks(values)
        axes.set_xlabel(short(key, LONGEST))
        axes.set_ylabel(title)
        named(canvas, lines)

    meaning = EXPLAINED.get(metric, "the main score; scores.md of each run says what it means")
    band = BAND if any(point.runs > 1 for point in points) else ""
    return Figure(
        name=f"by_{safe(metric)}",
        title=f"{title[:1].upper()}{title[1:]}",
        caption=f"{meaning[:1].upper()}{meaning[1:]}.{band}{left_out(lines)}",
        head=[key, "other settings", "mean", "low", "high", "runs"],
        rows=[[one.value, one.name, one.figure.mean, one.figure.low, one.figure.high, one.runs] for one in points],
        draw=draw,
        height=height(lines),
    )


def rounds(comparison: Comparison) -> Iterator[Figure]:
    """Yield the kept share by round, for each stage that makes tasks in more than one round."""
    growing = {task.origin for run in comparison.runs for task in run.made}
    for stage in dict.fromkeys(row["stage"] for run in comparison.runs for row in run.rounds):
        if stage in growing:
            found = settings(comparison)
            series = {one.name: curve(one, stage) for one in found}
            if max(map(len, series.values()), default=0) > 1:
                yield by_round(stage, series, BAND if any(len(one.runs) > 1 for one in found) else "")


def curve(setting: Setting, stage: str) -> list[tuple[int, Estimate]]:
    """Return the kept share of a stage by round, over those runs of a setting that had that round."""
    runs = [kept_shares(run, stage) for run in setting.runs]
    found = []
    for place in range(max(map(len, runs))):
        shares = [share for run in runs if place < len(run) and (share := run[place]) is not None]
        if (one := over_seeds(shares)) is not None:
            found.append((place + 1, one))
    return found


def by_round(stage: str, series: Mapping[str, list[tuple[int, Estimate]]], band: str) -> Figure:
    """Return the figure of a stage's kept share by round."""
    lines = [name for name, points in series.items() if points]

    def draw(canvas: "Canvas") -> None:
        axes = canvas.subplots()
        for color, line in zip(COLORS, lines, strict=False):
            banded(axes, [(number, percent(one)) for number, one in series[line]], color, joined=True)
        axes.set_ylim(0, 100)
        whole(axes.xaxis, TICKS)
        axes.set_xlabel("round")
        axes.set_ylabel("kept, %")
        named(canvas, lines)

    return Figure(
        name=f"kept_by_round_{safe(stage)}",
        title=f"Kept share by round, {short(stage, LONGEST)}",
        caption=f"The share of each round's candidates that was kept.{band}{left_out(lines)}",
        head=["settings", "round", "mean", "low", "high"],
        rows=[[name, number, one.mean, one.low, one.high] for name, own in series.items() for number, one in own],
        draw=draw,
        height=height(lines),
    )


def percent(one: Estimate) -> Estimate:
    """Return an estimate of a share in percent."""
    return Estimate(100 * one.mean, 100 * one.low, 100 * one.high)


def banded(axes: "Axes", points: Sequence[tuple[float, Estimate]], color: str, *, joined: bool) -> None:
    """Draw some means with their intervals: as a line with a band, or as single points with bars."""
    places, found = [place for place, _ in points], [one for _, one in points]
    means = [one.mean for one in found]
    if joined:
        axes.plot(places, means, marker="o" if len(points) <= 40 else "", color=color)
        axes.fill_between(places, [one.low for one in found], [one.high for one in found], color=color, alpha=0.2)
    else:
        bars = [[one.mean - one.low for one in found], [one.high - one.mean for one in found]]
        axes.errorbar(places, means, yerr=bars, fmt="o", color=color, capsize=2)


def named(canvas: "Canvas", lines: Sequence[str]) -> None:
    """Name the lines below a figure, where there are several."""
    if len(lines) > 1:
        handles = [canvas.axes[0].plot([], [], color=color)[0] for color, _ in zip(COLORS, lines, strict=False)]
        names = [f" {line}" if line.startswith("_") else line or "all others" for line in lines[: len(COLORS)]]
        canvas.legend(handles, names, loc="outside lower left")  # which leaves out a name with `_` before it


def height(lines: Sequence[str]) -> float:
    """Return how high a figure is that names its lines, in inches."""
    return HEIGHT + (0.17 * min(len(lines), len(COLORS)) if len(lines) > 1 else 0)


def left_out(lines: Sequence[str]) -> str:
    """Say how many settings are not drawn."""
    more = len(lines) - len(COLORS)
    return f" The first {len(COLORS)} of {len(lines)} settings are drawn; the table has all." if more > 0 else ""


def safe(name: str) -> str:
    """Return a name as a part of a file name."""
    return "_".join(re.findall(r"[a-z0-9]+", name.lower()))[:60]
