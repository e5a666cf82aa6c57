"""A plan as text: every prompt in full, then the figures, then the notes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from selfinstruct.trackers.console import duration

Plan: TypeAlias = Mapping[str, Any]
Figure: TypeAlias = Mapping[str, float] | None
Form: TypeAlias = Callable[[float], str]

HEADS = ("stage", "tasks", "requests", "prompt tokens", "reply tokens", "cost", "time", "bound by", "basis")


def report(plan: Plan) -> str:
    """Return the whole plan, as text."""
    total = plan["total"]
    parts = [prompt(name, stage) for name, stage in plan["stages"].items()]
    figures = [*plan["stages"].items(), ("total", total)]
    parts.append(aligned([HEADS, *(row(name, stage) for name, stage in figures)]))
    parts.append(
        f"\nExpected (low to high), – for unknown: {spread(total['requests'])} requests,"
        f" {spread(total['prompt_tokens'], short)} tokens of prompts, {spread(total['completion_tokens'], short)} of"
        f" replies, {spread(total['cost_usd'], dollars)}, {spread(total['seconds'], duration)} of time."
    )
    parts += [f"- {note}" for note in plan["notes"]]
    return "\n".join(parts)


def prompt(name: str, stage: Plan) -> str:
    """Return the first prompt of a stage, as it is sent."""
    shown = stage["prompt"]
    head = f"── {name} · {stage['model']} · first prompt, about {shown['tokens']:,.0f} tokens "
    system = f"[system] {shown['system']}\n\n" if shown["system"] is not None else ""
    return f"{head:─<100}\n{system}{shown['text']}\n"


def row(name: str, figures: Plan) -> tuple[str, ...]:
    """Return a line of the table."""
    tokens = (expected(figures[key], short) for key in ("prompt_tokens", "completion_tokens"))
    cost, time = expected(figures["cost_usd"], dollars), expected(figures["seconds"], duration)
    tasks = expected(figures["tasks"], whole) if "tasks" in figures else ""
    return (
        name,
        *(tasks, spread(figures["requests"]), *tokens, cost, time),
        *(figures.get("bound_by") or "", figures.get("basis", "")),
    )


def expected(range_: Figure, form: Form) -> str:
    """Return a figure without its range."""
    return "–" if range_ is None else form(range_["expected"])


def spread(range_: Figure, form: Form | None = None) -> str:
    """Return a figure with its range, where there is one."""
    if range_ is None:
        return "–"
    low, middle, high = ((form or whole)(range_[key]) for key in ("low", "expected", "high"))
    return middle if low == high else f"{middle} ({low} to {high})"


def whole(value: float) -> str:
    """Return a count."""
    return f"{value:,.0f}"


def short(value: float) -> str:
    """Return a large count, in thousands or millions."""
    if value >= 10_000_000:
        return f"{value / 1_000_000:,.0f} M"
    return f"{value / 1_000_000:.1f} M" if value >= 1_000_000 else f"{value / 1000:,.0f} k"


def dollars(value: float) -> str:
    """Return an amount of dollars with cents, or two digits of a smaller one."""
    return f"${value:,.2f}" if value == 0 or value >= 0.1 else f"${value:.2g}"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return a table in plain characters, the same on a terminal, in a pipe and in a log."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    first, *rest = (
        "  ".join(cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(line))
        for line in (zip(row, widths, strict=True) for row in rows)
    )
    lines = [first, "─" * len(first), *rest[:-1], "─" * len(first), rest[-1]]
    return "\n".join(line.rstrip() for line in lines)
