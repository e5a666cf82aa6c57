"""How the lines of a comparison's figures are drawn, each of a setting, with a band over its random seeds."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from selfinstruct.actions.comparison.grouping import Estimate
from selfinstruct.pages.figures.figure import COLORS, HEIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

TICKS = 8
"""The most values that are all written below an axis."""
BAND = " A band is the 95 % bootstrap interval of the mean over random seeds."


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
