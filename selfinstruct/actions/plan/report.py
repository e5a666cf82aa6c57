"""A plan as text: every prompt in full, unless the run is finished, then the figures, then the notes."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from selfinstruct.actions.comparison.tables import UNKNOWN, Table, text
from selfinstruct.trackers.console import duration

Plan: TypeAlias = Mapping[str, Any]


def report(plan: Plan) -> str:
    """Return the whole plan, as text."""
    total = plan["total"]
    rows = [row(name, stage) for name, stage in plan["stages"].items()]
    rows += [row("total", total), row("at least", total, "low"), row("at most", total, "high")]
    table = text(Table(f"Estimates ({UNKNOWN}: unknown)", ("stage", "tasks", *FORMS, "bound by", "basis"), rows))
    left = {} if plan["done"] else plan["stages"]
    prompts = (prompt(name, stage) for name, stage in left.items())
    return "\n".join([*prompts, table, *(f"- {note}" for note in plan["notes"])])


def prompt(name: str, stage: Plan) -> str:
    """Return the first prompt of a stage, as it is sent."""
    shown = stage["prompt"]
    head = f"── {name} · {stage['model']} · first prompt, about {shown['tokens']:,.0f} tokens "
    system = f"[system] {shown['system']}\n\n" if shown["system"] is not None else ""
    return f"{head:─<100}\n{system}{shown['text']}\n"


def row(name: str, figures: Plan, bound: str = "expected") -> list[str]:
    """Return a line of the table."""
    cells = [UNKNOWN if figures[key] is None else form(figures[key][bound]) for key, form in FORMS.values()]
    tasks = whole(figures["tasks"][bound]) if "tasks" in figures else ""
    return [name, tasks, *cells, figures.get("bound_by") or "", figures.get("basis", "")]


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
