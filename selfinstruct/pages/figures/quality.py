"""How a judge rates the generated tasks (recipe/judge=quality), and which of them a filter kept out of the dataset."""

from collections import Counter
from typing import TYPE_CHECKING

from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.panels import legend, legend_height, plain, whole
from selfinstruct.storage.reader import RunReader

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

ATTRIBUTE = "quality"
STATES = {"in the dataset": COLORS[0], "rejected": COLORS[7]}


def figure(run: RunReader) -> Figure | None:
    """Return how many tasks have each rating; None where no judge has rated any."""
    rated = [task for task in run.pool if not task.is_human and isinstance(task.attributes.get(ATTRIBUTE), int)]
    if not rated:
        return None
    counts = Counter((task.attributes[ATTRIBUTE], task.is_rejected) for task in rated)
    ratings = range(min(1, *(rating for rating, _ in counts)), 1 + max(5, *(rating for rating, _ in counts)))
    rows = [(rating, counts[rating, False], counts[rating, True]) for rating in ratings]

    def draw(canvas: "Canvas") -> None:
        axes = canvas.subplots()
        inside, outside = [row[1] for row in rows], [row[2] for row in rows]
        axes.bar(ratings, inside, color=STATES["in the dataset"])
        axes.bar(ratings, outside, bottom=inside, color=STATES["rejected"])
        axes.set_xlabel("rating")
        axes.set_ylabel("tasks")
        plain(axes)
        axes.set_xticks(list(ratings))
        whole(axes.yaxis, 6)
        legend(canvas, STATES)

    mean = sum(task.attributes[ATTRIBUTE] for task in rated) / len(rated)
    return Figure(
        name="quality",
        title="How a judge rates the tasks",
        caption=f"Generated tasks by the rating of a judge, {mean:.2f} on average. A judge has tastes of its own and"
        " favors its own texts: a spot check by people shows how far it can be trusted.",
        head=["rating", *STATES],
        rows=[list(row) for row in rows],
        draw=draw,
        height=2.0 + legend_height(list(STATES)),
    )
