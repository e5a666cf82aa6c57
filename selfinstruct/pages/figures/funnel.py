"""What became of the candidates of each stage."""

from collections import Counter
from typing import TYPE_CHECKING

from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.storage.reader import RunReader

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

REJECTED = "rejected/"


def figure(run: RunReader) -> Figure | None:
    """Return the funnel of every stage that has candidates."""
    stages = {stage: counts for stage in stages_of(run) if sum((counts := fates(run, stage)).values())}
    if not stages:
        return None
    names = list(dict.fromkeys(["kept", *(name for counts in stages.values() for name in counts)]))
    rows = [[stage, sum(counts.values()), *(counts.get(name, 0) for name in names)] for stage, counts in stages.items()]

    def draw(canvas: "Canvas") -> None:
        axes = canvas.subplots()
        start = [0.0] * len(stages)
        for place, name in enumerate(names):
            shares = [counts.get(name, 0) / sum(counts.values()) for counts in stages.values()]
            axes.barh(list(stages), [100 * share for share in shares], left=start, label=name, color=color(place))
            start = [before + 100 * share for before, share in zip(start, shares, strict=True)]
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xlabel("candidates, %")
        axes.grid(visible=False)
        canvas.legend(loc="outside lower center", ncols=3)

    return Figure(
        name="funnel",
        title="What became of the candidates",
        caption="The share of each stage's candidates that was kept, and that each filter rejected.",
        head=["stage", "candidates", *names],
        rows=rows,
        draw=draw,
    )


def stages_of(run: RunReader) -> list[str]:
    """Return the stages that have rounds, in order."""
    return list(dict.fromkeys(row["stage"] for row in run.rows))


def fates(run: RunReader, stage: str) -> Counter[str]:
    """Return how many candidates of a stage were kept, and how many each filter rejected."""
    found: Counter[str] = Counter()
    for row in run.rows:
        if row["stage"] == stage:
            found["kept"] += row["kept"]
            found.update({key.removeprefix(REJECTED): count for key, count in row.items() if key.startswith(REJECTED)})
    return found


def color(place: int) -> str:
    """Return the color of a fate: green for what was kept."""
    return COLORS[2] if place == 0 else COLORS[(0, 1, 3, 4, 5, 6, 7)[(place - 1) % 7]]
