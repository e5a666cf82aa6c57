"""How long instructions, inputs and outputs are, as in figure 6 of Self-Instruct (Wang et al., 2023)."""

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from selfinstruct.filters.length import count_words
from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.panels import stacked, whole
from selfinstruct.storage.diversity import even
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MEASURED = 5000
"""So many tasks at most are measured."""
BINS = 30
WITHIN = 98
"""Percent of the texts that are drawn; a few very long ones would leave no room for the others."""


class Lengths(NamedTuple):
    """The words of some texts, in steps of the same size."""

    name: str
    texts: int
    median: float
    step: int
    counts: Sequence[int]
    """Texts of each step; the first begins at 0 words."""
    longer: int
    """Texts beyond the last step."""


def figure(run: RunReader) -> Figure | None:
    """Return the lengths of what the run has made."""
    made = [task for task in run.pool if not task.is_human]
    parts = {name: lengths(name, words) for name, words in words_of(even(made, MEASURED)).items() if words}
    if not parts:
        return None

    def draw(canvas: "Canvas") -> None:
        for axes, each in zip(stacked(canvas, len(parts)), parts.values(), strict=True):
            draw_part(axes, each)
        axes.set_xlabel("words")
        canvas.supylabel("texts", size=9)

    sampled = f" Measured on an even sample of {MEASURED:,} of {len(made):,} tasks." if len(made) > MEASURED else ""
    return Figure(
        name="lengths",
        title="How long the texts are",
        caption="Words of the instructions, of the inputs that are not empty, and of the outputs of the tasks that were"
        f" made (Wang et al., 2023, figure 6). In scripts without spaces, letters count.{sampled}",
        head=["part", "from words", "to words", "texts"],
        rows=[row for each in parts.values() for row in table(each)],
        draw=draw,
        height=0.3 + 0.95 * len(parts),
    )


def words_of(tasks: Sequence[Task]) -> dict[str, list[int]]:
    """Return the number of words of each instruction, input and output."""
    instances = [instance for task in tasks for instance in task.instances or ()]
    return {
        "instruction": [count_words(task.instruction) for task in tasks],
        "input": [count_words(one.input) for one in instances if one.input.strip()],
        "output": [count_words(one.output) for one in instances],
    }


def lengths(name: str, words: Sequence[int]) -> Lengths:
    """Return how often each length occurs."""
    last = sorted(words)[-(-WITHIN * len(words) // 100) - 1]
    step = max(1, -(-(last + 1) // BINS))
    counts = [0] * (last // step + 1)
    for count in words:
        if count // step < len(counts):
            counts[count // step] += 1
    return Lengths(name, len(words), median(words), step, counts, len(words) - sum(counts))


def table(each: Lengths) -> list[list[str | float | None]]:
    """Return a line for each step, and one for longer texts."""
    rows: list[list[str | float | None]] = [
        [each.name, place * each.step, (place + 1) * each.step - 1, count] for place, count in enumerate(each.counts)
    ]
    return [*rows, [each.name, len(each.counts) * each.step, None, each.longer]] if each.longer else rows


def draw_part(axes: "Axes", each: Lengths) -> None:
    """Draw the lengths of instructions, of inputs or of outputs."""
    edges = [place * each.step - 0.5 for place in range(len(each.counts) + 1)]
    axes.stairs(each.counts, edges, fill=True, color=COLORS[0])
    axes.axvline(each.median, color=COLORS[1], linestyle="--", linewidth=1)
    longer = f", {each.longer:,} longer" if each.longer else ""
    axes.set_title(f"{each.name}: {each.texts:,}, median {each.median:g}{longer}", loc="left")
    axes.set_xlim(min(edges[0], 0), edges[-1])
    axes.set_ylim(0)
    whole(axes.yaxis, 3)
    whole(axes.xaxis, 5)
