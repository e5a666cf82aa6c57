"""What each stage and model cost."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from selfinstruct.pages.figures.figure import COLORS, Figure
from selfinstruct.pages.figures.labels import plural
from selfinstruct.pages.figures.panels import legend, legend_height
from selfinstruct.pages.figures.usage import UNKNOWN, Used, names, used
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.totals import known
from selfinstruct.storage.vectors import usage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

EMBEDDED = (("tokens", ",", "tokens"), ("cost_usd", ",.6g", "dollars"))
HEAD = ["reply tokens", "US dollars"]
COLOR = {"prompts": COLORS[0], "replies": COLORS[1]}


def figure(run: RunReader) -> Figure | None:
    """Return tokens and dollars by stage and model."""
    found = [each for each in used(run) if each.requests]
    if not found:
        return None
    has_cost = any(each.cost_usd for each in found)
    has_cached = any(each.cached_tokens for each in found)

    def draw(canvas: "Canvas") -> None:
        axes, *dollars = canvas.subplots(1, 1 + has_cost, squeeze=False, sharey=True)[0]
        counted = [each if tokens(each) is not None else Used(stage=each.stage, model=each.model) for each in found]
        prompts = [each.prompt_tokens for each in counted]
        bars(axes, prompts, COLOR["prompts"])
        bars(axes, [each.completion_tokens for each in counted], COLOR["replies"], prompts)
        axes.set_yticks(range(len(found)), names(found))
        axes.set_ylim(len(found) - 0.5, -0.5)
        finish_axis(axes, "tokens", [tokens(each) for each in found])
        for other in dollars:
            bars(other, [each.cost_usd for each in found], COLORS[2])
            finish_axis(other, "US dollars", [each.cost_usd for each in found])
        legend(canvas, COLOR)

    return Figure(
        name="spending",
        title="What each stage and model took",
        caption=caption(found) + embedded(run.folder),
        head=["stage", "model", "requests", "prompt tokens", *["of these cached"] * has_cached, *HEAD],
        rows=[
            [
                *(each.stage, each.model, each.requests, each.prompt_tokens, *[each.cached_tokens] * has_cached),
                *(each.completion_tokens, cents(each.cost_usd)),
            ]
            for each in found
        ],
        draw=draw,
        height=0.6 + 0.4 * len(found) + legend_height(list(COLOR)),
    )


def caption(found: Sequence[Used]) -> str:
    """Return what the figure shows, and what is not known of it."""
    cached = sum(each.cached_tokens for each in found)
    priceless = sum(each.cost_usd is None and tokens(each) is not None for each in found)
    uncounted = sum(tokens(each) is None for each in found)
    text = "Tokens of prompts and replies, and what they cost."
    if cached:
        text += f" {cached:,} tokens of prompts came from the cache of the provider."
    if priceless:
        text += f" The dollars of {priceless} of {len(found)} are unknown; set model.price."
    if uncounted:
        text += f" The tokens of {uncounted} of {len(found)} are unknown, for a reply lacks them; so are the dollars."
    return text


def embedded(folder: Path) -> str:
    """Return what an embedder took; nothing where none was asked."""
    if (took := usage(folder)) is None:
        return ""
    parts = [f"{UNKNOWN if took[key] is None else format(took[key], form)} {unit}" for key, form, unit in EMBEDDED]
    return f" An embedder took another {' and '.join(parts)} for {plural(took['texts'], 'text')}."


def tokens(each: Used) -> float | None:
    """Return the tokens of prompts and replies; None for unknown."""
    return known([each.prompt_tokens, each.completion_tokens])


def bars(axes: "Axes", values: Sequence[float | None], color: str, start: Sequence[float | None] | None = None) -> None:
    """Draw a bar for each value; none for one that is unknown."""
    left = [value or 0 for value in start or [0] * len(values)]
    axes.barh(range(len(values)), [value or 0 for value in values], left=left, color=color)


def finish_axis(axes: "Axes", label: str, values: Sequence[float | None]) -> None:
    """Write what an axis shows, and `unknown` in the place of a bar that is missing."""
    from matplotlib.ticker import EngFormatter

    for place, value in enumerate(values):
        if value is None:
            axes.annotate("unknown", (0, place), (3, 0), textcoords="offset points", va="center", size=8)
    axes.set_xlim(0)
    axes.set_xlabel(label)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.locator_params(axis="x", nbins=4)
    if max((value or 0 for value in values), default=0) >= 1000:
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))


def cents(dollars: float | None) -> float | None:
    """Return dollars without the noise of adding many."""
    return None if dollars is None else round(dollars, 6)
