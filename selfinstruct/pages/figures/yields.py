"""What a stage that makes tasks yields for what is asked, round after round, and what more would cost.

The prediction is as plain as can be: it takes the yield of the last rounds for that of the next ones.  `actions=[plan]
plan.like=<run>` fits a curve of declining novelty instead.  Candidates that were left over when there were enough are
no candidates here, for nobody has judged them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from selfinstruct.pages.figures.funnel import REJECTED
from selfinstruct.round import SURPLUS
from selfinstruct.storage.totals import known

Row = Mapping[str, Any]
NEXT = 1000
"""Tasks that the prediction is of."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A round of a stage, with means over some rounds up to it; None is unknown, or a share of nothing."""

    number: int
    requests: int
    """Since the start of the stage; so is the next."""
    kept: int
    own: float | None
    """The kept share of the round alone."""
    share: float | None
    per_tokens: float | None
    """Tasks kept for 1,000 tokens."""
    per_dollar: float | None


@dataclass(frozen=True, kw_only=True)
class Price:
    """What the next tasks would take."""

    requests: float
    """Of the stage that makes tasks."""
    candidates: float
    tokens: float | None
    """Of all stages; None is unknown; so is the next."""
    dollars: float | None


def windows_of(rows: Sequence[Row], size: int) -> list[Window]:
    """Return the rounds of a stage, each with its means over the last `size` rounds."""
    judged = [row["candidates"] - row.get(f"{REJECTED}{SURPLUS}", 0) for row in rows]
    asked, kept, candidates = (
        list(accumulate(values, initial=0))
        for values in ([row["asked"] for row in rows], [row["kept"] for row in rows], judged)
    )
    found = []
    for place, row in enumerate(rows, 1):
        before = max(0, place - size)
        gain = kept[place] - kept[before]
        found.append(
            Window(
                number=row["round"],
                requests=asked[place],
                kept=kept[place],
                own=ratio(row["kept"], judged[place - 1]),
                share=ratio(gain, candidates[place] - candidates[before]),
                per_tokens=ratio(1000 * gain, tokens(rows[before:place])),
                per_dollar=ratio(gain, dollars(rows[before:place])),
            )
        )
    return found


def ratio(part_: float, whole: float | None) -> float | None:
    """Return a ratio; None where the divisor is unknown or 0."""
    return part_ / whole if whole else None


def tokens(rows: Sequence[Row]) -> float | None:
    """Return the tokens of prompts and replies; None for unknown."""
    return known(row[key] for row in rows for key in ("prompt_tokens", "completion_tokens"))


def dollars(rows: Sequence[Row]) -> float | None:
    """Return what some rounds cost; None for unknown."""
    return known(row["cost_usd"] for row in rows)


def saturation(windows: Sequence[Window], size: int) -> Window | None:
    """Return from where on the mean kept share stays below half of that of the first `size` rounds."""
    if len(windows) <= size:
        return None
    limit = (windows[size - 1].share or 0) / 2
    place = len(windows)
    while place > size and (windows[place - 1].share or 0) < limit:
        place -= 1
    return windows[place] if place < len(windows) else None


def price_of(rows: Sequence[Row], all_rows: Sequence[Row], size: int) -> Price | None:
    """Return what the next tasks would take by the last rounds of their stage; None where these kept nothing.

    All other stages are taken to need for each new task what they have needed so far.
    """
    surplus = f"{REJECTED}{SURPLUS}"
    last = [row for row in rows[-size:] if surplus not in row] or rows[-size:]
    kept = sum(row["kept"] for row in last)
    if not kept:
        return None
    made = sum(row["kept"] for row in rows)
    others = [row for row in all_rows if row["stage"] != rows[0]["stage"]]

    def scaled(of_last: float | None, of_others: float | None) -> float | None:
        unknown = of_last is None or of_others is None
        return None if unknown else NEXT * ((of_last or 0) / kept + (of_others or 0) / made)

    return Price(
        requests=NEXT * sum(row["asked"] for row in last) / kept,
        candidates=NEXT * sum(row["candidates"] - row.get(surplus, 0) for row in last) / kept,
        tokens=scaled(tokens(last), tokens(others)),
        dollars=scaled(dollars(last), dollars(others)),
    )
