"""How long the replies of each stage and model took."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.panels import legend, legend_height
from selfinstruct.pages.figures.usage import names, used
from selfinstruct.storage.reader import RunReader

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

COLOR = {"median (p50)": COLORS[0], "95th percentile (p95)": COLORS[1]}


def figure(run: RunReader) -> Figure | None:
    """Return the median and the 95th percentile of the seconds from a request to its reply."""
    found = [each for each in used(run) if any(each.seconds)]
    if not found:
        return None
    spans = [(percentile(each.seconds, 50), percentile(each.seconds, 95)) for each in found]

    def draw(canvas: "Canvas") -> None:
        axes = canvas.subplots()
        places = range(len(found))
        axes.hlines(places, [low for low, _ in spans], [high for _, high in spans], color=COLORS[7], linewidth=1.5)
        for at, color in enumerate(COLOR.values()):
            axes.plot([span[at] for span in spans], places, "o", color=color, markersize=6)
        axes.set_yticks(places, names(found))
        axes.set_ylim(len(found) - 0.5, -0.5)
        axes.set_xlim(0)
        axes.set_xlabel("seconds from request to reply")
        axes.grid(axis="x")
        axes.grid(visible=False, axis="y")
        legend(canvas, COLOR)

    return Figure(
        name="latency",
        title="How long replies took",
        caption="Seconds from a request to its reply, as stored with each reply: the median, and the 95th percentile.",
        head=["stage", "model", "replies", "p50, s", "p95, s"],
        rows=[
            [each.stage, each.model, len(each.seconds), round(low, 3), round(high, 3)]
            for each, (low, high) in zip(found, spans, strict=True)
        ],
        draw=draw,
        height=0.6 + 0.4 * len(found) + legend_height(list(COLOR)),
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the least of the values that so many percent of them do not exceed."""
    return sorted(values)[max(0, -(-percent * len(values) // 100) - 1)]
