"""A figure: what is drawn, the same as a table, and what to say of it.

The table is the figure's truth: it is written as CSV, tests compare it, and `draw` shows nothing that it does not
hold.  `draw` gets an empty matplotlib Figure that has the style and the size already.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

WIDTH, HEIGHT = 4.2, 2.7
"""Inches.  At 100 pixels an inch a figure is as wide as a phone, and it fits a column of a paper."""

COLORS = ("#3b82f6", "#ea580c", "#16a34a", "#a855f7", "#db2777", "#0891b2", "#ca8a04", "#64748b")
"""Told apart on white and on black; the first is what was kept, the last is what is of no interest."""

INK = "#0f1e2d"
"""The color of text and axes while a figure is drawn; in an SVG the page's own color takes its place."""

Cell = str | float | None


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of a run or of a comparison."""

    name: str
    """The name of its files: lower case, words joined by `_`."""
    title: str
    caption: str
    """One to three sentences: what is shown, how it is measured, and what to conclude, with the source of the idea."""
    head: Sequence[str]
    """The names of the table's columns, with units."""
    rows: Sequence[Sequence[Cell]]
    """The table; None is unknown, and never 0."""
    draw: Callable[["Canvas"], None]
    width: float = WIDTH
    """Inches."""
    height: float = HEIGHT
    """Inches."""
