"""Panels above each other, and the legend below them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from selfinstruct.pages.figures.figure import WIDTH
from selfinstruct.pages.figures.labels import short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure as Canvas

LONGEST = 24
"""Letters of a name in a legend."""
LINE = 0.17
"""Inches of a line of a legend."""


def stacked(
    canvas: "Canvas", count: int, *, heights: Sequence[float] | None = None, shares_x: bool = False
) -> list["Axes"]:
    """Return so many panels above each other."""
    return list(canvas.subplots(count, 1, squeeze=False, sharex=shares_x, height_ratios=heights)[:, 0])


def shares(axes: "Axes", labels: Sequence[str], found: Sequence[Counter[str]], colors: Mapping[str, str]) -> None:
    """Draw a bar of 100% for each of the counts, cut in the colors of what was counted."""
    for place, counts in enumerate(found):
        start, spans = 0.0, []
        for name in colors:
            spans.append((start, 100 * counts[name] / counts.total()))
            start += spans[-1][1]
        axes.broken_barh(spans, (place - 0.4, 0.8), facecolors=list(colors.values()))
    axes.set_yticks(range(len(found)), labels)
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    axes.grid(visible=False)


def plain(axes: "Axes") -> None:
    """Write the numbers of both axes with commas and without powers of ten."""
    from matplotlib.ticker import StrMethodFormatter

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))


def whole(axis: "Axis", most: int) -> None:
    """Put ticks at whole numbers only, also where there is but one."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axis.set_major_locator(MaxNLocator(most, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))


def legend(canvas: "Canvas", colors: Mapping[str, str]) -> None:
    """Put a legend below everything, in as many columns as there is room for."""
    from matplotlib.patches import Patch

    names = [short(name, LONGEST) for name in colors]
    names = [f" {name}" if name.startswith("_") else name for name in names]  # which matplotlib would leave out
    handles = [Patch(color=color) for color in colors.values()]
    canvas.legend(handles, names, loc="outside lower center", ncols=columns(list(colors)))


def columns(names: Sequence[str]) -> int:
    """Return how many columns the legend of some names has."""
    widest = max((min(len(name), LONGEST) for name in names), default=1)
    return max(1, min(4, len(names), int(72 * WIDTH / (36 + 4.8 * widest))))


def legend_height(names: Sequence[str]) -> float:
    """Return the height in inches of the legend of some names."""
    return 0.1 + LINE * -(-len(names) // columns(names))
