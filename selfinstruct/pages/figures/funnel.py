"""What became of the candidates of each stage."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.labels import short
from selfinstruct.pages.figures.panels import legend, legend_height, shares
from selfinstruct.storage.reader import RunReader

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

REJECTED = "rejected/"


def figure(run: RunReader) -> Figure | None:
    """Return the funnel of every stage that has candidates."""
    stages = funnels(run.rows)
    if not stages:
        return None
    names = fate_names(run.rows)

    def draw(canvas: "Canvas") -> None:
        axes, colors = canvas.subplots(), {name: color(names, name) for name in names}
        labels = [f"{short(stage, 22)}\n{kept(counts)}" for stage, counts in stages.items()]
        shares(axes, labels, list(stages.values()), colors)
        axes.set_xlabel("candidates, %")
        legend(canvas, colors)

    return Figure(
        name="funnel",
        title="What became of the candidates",
        caption="The share of each stage's candidates that was kept, and that each filter rejected. Below the name of"
        " a stage stands the share that it kept, and the number of its candidates.",
        head=["stage", "candidates", *names],
        rows=[[stage, counts.total(), *(counts[name] for name in names)] for stage, counts in stages.items()],
        draw=draw,
        height=0.6 + 0.4 * len(stages) + legend_height(names),
    )


def funnels(rows: Iterable[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    """Return for each stage that has candidates how many were kept, and how many each filter rejected."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(row["stage"], Counter()).update(fates(row))
    return {stage: counts for stage, counts in found.items() if counts.total()}


def kept(counts: Counter[str]) -> str:
    """Return what share of the candidates was kept, and how many there were."""
    return f"{counts['kept'] / counts.total():.0%} of {counts.total():,}"


def fates(row: Mapping[str, Any]) -> dict[str, int]:
    """Return how many candidates of a round were kept, and how many each filter rejected."""
    rejected = {key.removeprefix(REJECTED): count for key, count in row.items() if key.startswith(REJECTED)}
    return {"kept": row["kept"], **rejected}


def fate_names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what became of candidates: `kept`, and the filters, those first that rejected most in the whole run."""
    total = Counter[str]()
    for row in rows:
        total.update(fates(row))
    del total["kept"]
    return ["kept", *(name for name, count in total.most_common() if count)]


def color(names: Sequence[str], name: str) -> str:
    """Return the color of a fate, the same in all figures: green for what was kept; from the ninth on they are pale."""
    place = names.index(name)
    if not place:
        return COLORS[2]
    others = [*COLORS[:2], *COLORS[3:]]
    return others[(place - 1) % len(others)] + ("" if place <= len(others) else "80")
