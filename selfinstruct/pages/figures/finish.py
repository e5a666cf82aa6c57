"""Why the replies of each stage and model ended."""

from collections import Counter
from typing import TYPE_CHECKING

from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.panels import legend, legend_height, shares
from selfinstruct.pages.figures.usage import names, used
from selfinstruct.storage.reader import RunReader
from selfinstruct.text.finish_reason import kind_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

KINDS = {
    "ended": COLORS[2],
    "cut off": COLORS[1],
    "filtered": COLORS[4],
    "broken": COLORS[3],
    "tool call": COLORS[5],
    "unknown": COLORS[7],
}


def figure(run: RunReader) -> Figure | None:
    """Return the share of replies that ended, were cut off, or ended otherwise."""
    found = [each for each in used(run) if each.reasons]
    if not found:
        return None
    kinds = [kinds_of(each.reasons) for each in found]
    colors = {kind: color for kind, color in KINDS.items() if any(counts[kind] for counts in kinds)}

    def draw(canvas: "Canvas") -> None:
        axes = canvas.subplots()
        shares(axes, names(found), kinds, colors)
        axes.set_xlabel("replies, %")
        legend(canvas, colors)

    return Figure(
        name="finish",
        title="Why replies ended",
        caption="By the finish reason of each reply; the table has the provider's own words. A reply that a token limit"
        " cut off has lost its end.",
        head=["stage", "model", "finish reason", "kind", "replies"],
        rows=[
            [each.stage, each.model, word, kind_of(word), count]
            for each in found
            for word, count in each.reasons.most_common()
        ],
        draw=draw,
        height=0.6 + 0.4 * len(found) + legend_height(list(colors)),
    )


def kinds_of(reasons: Counter[str]) -> Counter[str]:
    """Return how many replies ended in each way."""
    found = Counter[str]()
    for word, count in reasons.items():
        found[kind_of(word)] += count
    return found
