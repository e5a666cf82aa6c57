"""How many tasks of each topic a run was to make, and how many it made."""

from typing import TYPE_CHECKING

from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.labels import short
from selfinstruct.pages.figures.panels import legend, legend_height, whole
from selfinstruct.storage.coverage import coverage
from selfinstruct.storage.folder import stored_values
from selfinstruct.storage.reader import RunReader

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

MOST = 40
"""So many topics at most are drawn; the table has all."""
WANTED, KEPT = "wanted", "kept"


def figure(run: RunReader) -> Figure | None:
    """Return the wanted and the kept tasks of each topic, where the sampler has quotas."""
    found = coverage(stored_values(run.folder), run.pool)
    rows = [(stage, topic, one[WANTED], one[KEPT]) for stage, topics in found.items() for topic, one in topics.items()]
    if not rows:
        return None
    drawn = rows[:MOST]

    def draw(canvas: "Canvas") -> None:
        axes, places = canvas.subplots(), range(len(drawn))
        axes.barh([place + 0.2 for place in places], [row[3] for row in drawn], 0.4, color=COLORS[2])
        axes.barh([place - 0.2 for place in places], [row[2] for row in drawn], 0.4, color=COLORS[7])
        axes.set_yticks(places, [short(row[1], 22) for row in drawn])
        axes.invert_yaxis()
        axes.set_xlabel("tasks")
        whole(axes.xaxis, 6)
        legend(canvas, {WANTED: COLORS[7], KEPT: COLORS[2]})

    return Figure(
        name="topics",
        title="What the tasks are about",
        caption="Tasks of each topic, as its quota wants them, and as they were kept. The topic is the one that the"
        " prompt asked for; whether a model kept to it, no figure says."
        + (f" The first {MOST} of {len(rows)} topics are drawn." if len(rows) > MOST else ""),
        head=["stage", "topic", WANTED, KEPT],
        rows=rows,
        draw=draw,
        height=0.6 + 0.25 * len(drawn) + legend_height([WANTED, KEPT]),
    )
