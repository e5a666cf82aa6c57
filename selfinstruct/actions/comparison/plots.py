"""The figures of a comparison: few, and each with one line for a setting, with a band over its random seeds.

A run for each line was rejected: with five seeds of six settings nobody finds anything in thirty lines.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from selfinstruct.actions.comparison.comparing import Comparison
from selfinstruct.actions.comparison.curves import rounds, steps
from selfinstruct.actions.comparison.figures import EXPLAINED
from selfinstruct.actions.comparison.grouping import Estimate, written
from selfinstruct.actions.comparison.lines import BAND, TICKS, banded, height, left_out, named, safe
from selfinstruct.actions.comparison.reading import Reading
from selfinstruct.actions.comparison.settings import LONGEST, are_numbers, over_seeds, settings, swept
from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.labels import short
from selfinstruct.pages.figures.panels import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

METRICS = (
    *("validation_loss", "reward_accuracy", "loss", "kept_per_request", "usd_per_task", "tokens_per_task"),
    *("diversity.nearest_seed", "diversity.distinct_2"),
)
"""The figures that are drawn, where they differ between the settings."""
DECADES = 20
"""How many times the smallest of the swept values the largest must be for an axis by powers of ten."""
MOST = 4
"""Of them, and of scores, the most that are drawn."""


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
    return list({figure.name: figure for figure in (*against, *rounds(comparison), *steps(comparison))}.values())


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


def scaled(axes: "Axes", values: Sequence[float]) -> None:
    """Write few values below an axis, and put those of several orders of magnitude at even distances."""
    if values[0] > 0 and values[-1] >= DECADES * values[0]:
        axes.set_xscale("log")
    if len(values) <= TICKS:
        axes.set_xticks(values)
        axes.set_xticks([], minor=True)


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
        if is_number:
            scaled(axes, sorted(values))
        plain(axes)
        if not is_number:
            axes.set_xticks(range(len(values)), [str(value) for value in values], rotation=20, ha="right")
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
