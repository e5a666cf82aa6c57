"""What became of the candidates, as the run went on."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from selfinstruct.pages.figures.figure import Figure
from selfinstruct.pages.figures.funnel import color, fate_names, fates, funnels
from selfinstruct.pages.figures.labels import short
from selfinstruct.pages.figures.panels import legend, legend_height, stacked, whole
from selfinstruct.storage.reader import RunReader

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

Value = TypeVar("Value")
MOST = 50
"""Columns of a stage; more rounds share them."""


class Span(NamedTuple):
    """Some rounds of a stage that follow each other, and what became of their candidates."""

    stage: str
    first: int
    last: int
    fates: Counter[str]


def figure(run: RunReader) -> Figure | None:
    """Return the candidates of each round, by stage, and what became of them."""
    stages, names = list(funnels(run.rows)), fate_names(run.rows)
    if not stages:
        return None
    found = {stage: spans_of([row for row in run.rows if row["stage"] == stage]) for stage in stages}
    is_summed = any(span.first != span.last for spans in found.values() for span in spans)

    def draw(canvas: "Canvas") -> None:
        for axes, (stage, spans) in zip(stacked(canvas, len(found)), found.items(), strict=True):
            draw_stage(axes, spans, names)
            axes.set_title(short(stage, 40), loc="left")
        axes.set_xlabel("round of the stage")
        canvas.supylabel("candidates of a round", size=9)
        legend(canvas, {name: color(names, name) for name in names})

    return Figure(
        name="rounds",
        title="What became of the candidates, round by round",
        caption="How many candidates of each round were kept, and how many each filter rejected."
        + (" A column is the mean of the rounds that share it; the table has their sum." if is_summed else ""),
        head=["stage", "first round", "last round", *names],
        rows=[[*span[:3], *(span.fates[name] for name in names)] for spans in found.values() for span in spans],
        draw=draw,
        height=0.55 + 0.95 * len(stages) + legend_height(names),
    )


def spans_of(rows: Sequence[Mapping[str, Any]], most: int = MOST) -> list[Span]:
    """Return the rounds of a stage, or where there are more than `most`, so many together that there are not."""
    found = []
    for some in grouped(rows, most):
        counts = Counter[str]()
        for row in some:
            counts.update(fates(row))
        found.append(Span(some[0]["stage"], some[0]["round"], some[-1]["round"], counts))
    return found


def grouped(rows: Sequence[Value], most: int = MOST) -> list[Sequence[Value]]:
    """Return items in at most `most` groups of the same size; the last one may be smaller."""
    size = max(1, -(-len(rows) // most))
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def draw_stage(axes: "Axes", spans: Sequence[Span], names: Sequence[str]) -> None:
    """Draw the columns of a stage, each fate on top of those before it."""
    edges = [spans[0].first - 0.5, *(span.last + 0.5 for span in spans)]
    base = [0.0] * len(spans)
    for name in names:
        top = [low + span.fates[name] / (span.last - span.first + 1) for low, span in zip(base, spans, strict=True)]
        if top != base:
            axes.stairs(top, edges, baseline=base, fill=True, color=color(names, name))
        base = top
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, max(*base, 1))
    whole(axes.xaxis, 5)
    whole(axes.yaxis, 3)
