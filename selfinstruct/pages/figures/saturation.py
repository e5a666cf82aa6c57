"""How much of what was asked for was kept, as the run went on, and what more would cost.

A stage that makes tasks keeps a smaller share of its candidates, the more the pool holds.  What is drawn is measured
over as many rounds as the stage's own rule of saturation looks at, so that the rule is a line in the figure.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from selfinstruct.pages.figures.figure import COLORS, Cell, Figure
from selfinstruct.pages.figures.labels import plural
from selfinstruct.pages.figures.panels import plain, stacked
from selfinstruct.pages.figures.settings import growing, number, part
from selfinstruct.pages.figures.yields import NEXT, Price, Window, price_of, ratio, saturation, windows_of
from selfinstruct.storage.diversity import even
from selfinstruct.storage.reader import RunReader

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

WINDOW = 20
"""Rounds that a mean goes over, where the stage has no rule of saturation."""
POINTS = 200
"""Rounds that are drawn; of more, an even sample with the last one."""
FEW = 2
"""So many rounds are points as well, for a line of them might not be seen."""
HEAD = (
    *("round", "requests so far", "kept so far", "kept share, %", "mean kept share, %"),
    *("kept per 1,000 tokens", "kept per dollar", "tokens", "US dollars"),
)


def figure(run: RunReader) -> Figure | None:
    """Return how the yield of that stage developed that made the most tasks."""
    if (stage := growing(run)) is None:
        return None
    rule = part(run, stage, "saturation")
    size, limit = int(number(rule, "rounds") or WINDOW), number(rule, "kept_share")
    rows = [row for row in run.rows if row["stage"] == stage]
    windows = windows_of(rows, size)
    start, price = saturation(windows, size), price_of(rows, run.rows, size)
    shown = [*even(windows[:-1], POINTS - 1), windows[-1]]

    def draw(canvas: "Canvas") -> None:
        draw_shares(canvas, shown, start, limit)

    return Figure(
        name="saturation",
        title="What was kept of what was asked for",
        caption=caption(stage, size, len(windows), start, price, target=number(part(run, stage), "until"), limit=limit),
        head=HEAD,
        rows=table(shown, start, price),
        draw=draw,
        height=1.4 + 0.9 * len(panels_of(shown)),
    )


def table(windows: Sequence[Window], start: Window | None, price: Price | None) -> list[list[Cell]]:
    """Return a line for each round that is drawn, and below them the saturation and the prediction."""
    rows = [line(str(window.number), window) for window in windows]
    rows += [line("saturation", start)] if start else []
    if price:
        before, share = windows[-1], 100 * NEXT / price.candidates
        sums = [round(before.requests + price.requests), before.kept + NEXT, None, round(share, 2)]
        per = [ratio(1000 * NEXT, price.tokens), ratio(NEXT, price.dollars)]
        known_ = [None if price.tokens is None else round(price.tokens), rounded(price.dollars)]
        rows.append([f"next {NEXT:,} tasks", *sums, *map(rounded, per), *known_])
    return rows


def line(name: str, window: Window) -> list[Cell]:
    """Return the line of a round."""
    shares = [None if share is None else round(100 * share, 2) for share in (window.own, window.share)]
    per = [rounded(window.per_tokens), rounded(window.per_dollar)]
    return [name, window.requests, window.kept, *shares, *per, None, None]


def rounded(value: float | None) -> float | None:
    """Return a number with four significant digits."""
    return None if value is None else float(f"{value:.4g}")


def caption(
    stage: str,
    size: int,
    count: int,
    start: Window | None,
    price: Price | None,
    *,
    target: float | None,
    limit: float | None,
) -> str:
    """Return what is drawn, where it bends, and what more would cost."""
    ends = [f"when {target:,.0f} are kept"] if target else []
    ends += [f"when {size} rounds keep at most {limit:.0%} (dashed)"] if limit is not None else []
    stop = f" The stage ends {' or '.join(ends)}." if ends else ""
    return (
        f"What {stage} kept of the judged candidates: each round (dots), and the last {size} together (lines)."
        f"{stop} {saturated(size, count, start)} {predicted(min(size, count), price)}"
    )


def saturated(size: int, count: int, start: Window | None) -> str:
    """Return where the stage was saturated, and what that means."""
    if count <= size:
        return f"Saturation would show after {size} rounds at the earliest."
    meant = f"after which {size} rounds always keep less than half as much as the first {size} did"
    if start is None:
        return f"It is not saturated: there is no request {meant}."
    return f"It is saturated from request {start.requests:,} on (dotted), {meant}."


def predicted(count: int, price: Price | None) -> str:
    """Return what the next tasks would cost by the last `count` rounds."""
    rounds = "its only round" if count == 1 else f"the last {count} rounds"
    if price is None:
        return f"The cost of more tasks is unknown: {rounds} kept nothing."
    tokens = "an unknown number of tokens" if price.tokens is None else plural(float(f"{price.tokens:.3g}"), "token")
    dollars = "an unknown number of dollars" if price.dollars is None else f"${price.dollars:,.2f}"
    return (
        f"{NEXT:,} more tasks would take at least {plural(price.requests, 'request')} of this stage, and {tokens} and"
        f" {dollars} of all stages, if it keeps as many as in {rounds}, and the others need as much"
        " for a task as so far."
    )


def panels_of(windows: Sequence[Window]) -> list[str]:
    """Return which ratios are known, and have a panel of their own."""
    return [name for name in ("per_tokens", "per_dollar") if any(getattr(window, name) for window in windows)]


def draw_shares(canvas: "Canvas", windows: Sequence[Window], start: Window | None, limit: float | None) -> None:
    """Draw the shares, and below them what tokens and dollars bought."""
    kind = "-" if len(windows) > FEW else "o-"
    requests, ratios = [window.requests for window in windows], panels_of(windows)
    share, *others = panels = stacked(canvas, 1 + len(ratios), heights=[2.0, *(1.2 for _ in ratios)], shares_x=True)
    share.plot(requests, [100 * nan(window.own) for window in windows], "o", color=COLORS[7], markersize=2.5)
    share.plot(requests, [100 * nan(window.share) for window in windows], kind, color=COLORS[0])
    share.set_ylim(-2, 102)
    share.set_ylabel("kept, %")
    if limit is not None:
        share.axhline(100 * limit, color=COLORS[1], linestyle="--")
    for axes, name in zip(others, ratios, strict=True):
        axes.plot(requests, [nan(getattr(window, name)) for window in windows], kind, color=COLORS[0])
        axes.set_ylim(0, 1.1 * max(getattr(window, name) or 0 for window in windows))
        plain(axes)
        axes.set_ylabel({"per_tokens": "kept per\n1,000 tokens", "per_dollar": "kept per\ndollar"}[name])
        axes.locator_params(axis="y", nbins=4)
    if start is not None:
        for axes in panels:
            axes.axvline(start.requests, color=COLORS[1], linestyle=":")
    panels[-1].set_xlim(0)
    panels[-1].set_xlabel("requests")


def nan(value: float | None) -> float:
    """Return a number as it is drawn; one that is unknown leaves a gap."""
    return float("nan") if value is None else value
