"""A plan as text: every prompt in full, then the figures, then the notes."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from selfinstruct.actions.comparison.tables import UNKNOWN, Table, text
from selfinstruct.trackers.console import duration

Plan: TypeAlias = Mapping[str, Any]

TITLE = "Expected (low to high), – for unknown"


def report(plan: Plan) -> str:
    """Return the whole plan, as text."""
    figures = [*plan["stages"].items(), ("total", plan["total"])]
    heads = ("stage", "tasks", *FORMS, "bound by", "basis")
    prompts = (prompt(name, stage) for name, stage in plan["stages"].items())
    table = text(Table(TITLE, heads, [row(name, found) for name, found in figures]))
    return "\n".join([*prompts, table, *(f"- {note}" for note in plan["notes"])])


def prompt(name: str, stage: Plan) -> str:
    """Return the first prompt of a stage, as it is sent."""
    shown = stage["prompt"]
    head = f"── {name} · {stage['model']} · first prompt, about {shown['tokens']:,.0f} tokens "
    system = f"[system] {shown['system']}\n\n" if shown["system"] is not None else ""
    return f"{head:─<100}\n{system}{shown['text']}\n"


def row(name: str, figures: Plan) -> list[str]:
    """Return a line of the table."""
    cells = [spread(figures[key], form) for key, form in FORMS.values()]
    tasks = spread(figures["tasks"], whole) if "tasks" in figures else ""
    return [name, tasks, *cells, figures.get("bound_by") or "", figures.get("basis", "")]


def spread(range_: Mapping[str, float] | None, form: Callable[[float], str]) -> str:
    """Return a figure with its range, where there is one."""
    if range_ is None:
        return UNKNOWN
    low, middle, high = (form(range_[key]) for key in ("low", "expected", "high"))
    return middle if low == high else f"{middle} ({low} to {high})"


def whole(value: float) -> str:
    """Return a count."""
    return f"{value:,.0f}"


def short(value: float) -> str:
    """Return a large count, in thousands or millions."""
    return f"{value / 1_000_000:,.1f} M" if value >= 1_000_000 else f"{value / 1000:,.0f} k"


def dollars(value: float) -> str:
    """Return an amount of dollars with cents, or two digits of a smaller one."""
    return f"${value:,.2f}" if value == 0 or value >= 0.1 else f"${value:.2g}"


FORMS = {
    "requests": ("requests", whole),
    "prompt tokens": ("prompt_tokens", short),
    "reply tokens": ("completion_tokens", short),
    "cost": ("cost_usd", dollars),
    "time": ("seconds", duration),
}
"""The figures that add up: their heads, keys and forms."""
