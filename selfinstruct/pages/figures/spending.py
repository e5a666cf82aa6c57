"""What each stage and model cost."""

from typing import TYPE_CHECKING

from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.panels import legend, legend_height
from selfinstruct.pages.figures.usage import names, used
from selfinstruct.storage.reader import RunReader

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

COLOR = {"prompts": COLORS[0], "replies": COLORS[1]}


def figure(run: RunReader) -> Figure | None:
    """Return tokens and dollars by stage and model."""
    found = [each for each in used(run) if each.requests]
    if not found:
        return None
    has_cost = any(each.cost_usd for each in found)
    unknown = sum(each.cost_usd is None for each in found)
    missing = sum(each.prompt_tokens is None or each.completion_tokens is None for each in found)

    def draw(canvas: "Canvas") -> None:
        from matplotlib.ticker import EngFormatter

        tokens, *dollars = canvas.subplots(1, 1 + has_cost, squeeze=False, sharey=True)[0]
        places, prompts = range(len(found)), [each.prompt_tokens or 0 for each in found]
        tokens.barh(places, prompts, color=COLOR["prompts"])
        tokens.barh(places, [each.completion_tokens or 0 for each in found], left=prompts, color=COLOR["replies"])
        tokens.set_yticks(places, names(found))
        tokens.invert_yaxis()
        tokens.set_xlabel("tokens")
        tokens.xaxis.set_major_formatter(EngFormatter(sep=""))
        for axes in dollars:
            axes.barh(places, [each.cost_usd or 0 for each in found], color=COLORS[2])
            axes.set_xlabel("US dollars")
        for axes in canvas.axes:
            axes.grid(axis="x")
            axes.grid(visible=False, axis="y")
            axes.locator_params(axis="x", nbins=4)
        legend(canvas, COLOR)

    return Figure(
        name="spending",
        title="What each stage and model took",
        caption="Tokens of prompts and replies, and what they cost."
        + (f" The dollars of {unknown} of {len(found)} are unknown (set model.price)." if unknown else "")
        + (f" The tokens of {missing} of {len(found)} are unknown." if missing else ""),
        head=["stage", "model", "requests", "prompt tokens", "reply tokens", "US dollars"],
        rows=[
            [each.stage, each.model, each.requests, each.prompt_tokens, each.completion_tokens, cents(each.cost_usd)]
            for each in found
        ],
        draw=draw,
        height=0.6 + 0.4 * len(found) + legend_height(list(COLOR)),
    )


def cents(dollars: float | None) -> float | None:
    """Return dollars without the noise of adding many."""
    return None if dollars is None else round(dollars, 6)
