"""A table of scores in the forms in which it is read: Markdown, LaTeX, CSV and JSON, and the answers one by one."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from selfinstruct.metrics.table import COUNTED, Figure, Line, Table
from selfinstruct.pool import Pool
from selfinstruct.task import Task
from selfinstruct.text.escaping import latex, latex_table, markdown, markdown_table


def shown_as(name: str, figure: Figure | None) -> str:
    """Return a figure for people: a count or a rating as it is, a share in percent, with its interval."""
    if figure is None or figure.value is None:
        return ""
    factor, places = (1, 1) if name.startswith(COUNTED) else (100, 2)
    text = f"{factor * figure.value:.{places}f}"
    if figure.low is None or figure.high is None:
        return text
    return f"{text} ({factor * figure.low:.1f}–{factor * figure.high:.1f})"


def columns(table: Table) -> tuple[list[str], list[str]]:
    """Return the names of a table's figures, and of what stands beside them."""
    figures = dict.fromkeys(name for line in table.lines for name in line.figures)
    return list(figures), list(dict.fromkeys(name for line in table.lines for name in line.notes))


def grid(table: Table, lines: Iterable[Line]) -> list[list[str]]:
    """Return some lines of a table as cells for people, below their head; they are not escaped."""
    figures, notes = columns(table)
    rows = [["", "items", *figures, *notes]]
    for line in lines:
        said = [line.notes.get(name) for name in notes]
        cells = [shown_as(name, line.figures.get(name)) for name in figures]
        rows.append([line.name, str(line.items), *cells, *("" if note is None else str(note) for note in said)])
    return rows


def as_markdown(tables: Sequence[Table], models: Sequence[str], cautions: Sequence[str]) -> str:
    """Return all tables, with what limits them and what their columns mean."""
    found = [f"# Scores\n\nBy {', '.join(map(markdown, models))}.\n"]
    found += [f"\n**{markdown(text)}**\n" for text in cautions]
    for table in tables:
        figures, _ = columns(table)
        meant = [f"- `{name}`: {table.meanings[name]}\n" for name in figures if name in table.meanings]
        cells = [[markdown(cell) for cell in row] for row in grid(table, table.lines)]
        found.append(
            f"\n## {markdown(table.benchmark)}\n\n{markdown_table(cells)}\n"
            f"Shares are in percent, with intervals of 95 % in brackets.\n\n{''.join(meant)}"
        )
    return "".join(found)


def as_latex(tables: Sequence[Table]) -> str:
    """Return the lines of all items and of groups for a paper; single tasks would fill pages."""
    found = []
    for table in tables:
        rows = grid(table, [line for line in table.lines if line.level != "task"])
        found.append(f"% {latex(table.benchmark)}\n{latex_table([[latex(cell) for cell in row] for row in rows])}")
    return "\n".join(found)


def as_rows(tables: Sequence[Table]) -> Iterator[list[object]]:
    """Yield the cells of the CSV: each figure with the ends of its interval, empty where there is none."""
    figures = list(dict.fromkeys(name for table in tables for name in columns(table)[0]))
    notes = list(dict.fromkeys(name for table in tables for name in columns(table)[1]))
    ends = [f"{name}{end}" for name in figures for end in ("", "_low", "_high")]
    yield ["benchmark", "level", "name", "items", *ends, *notes]
    for table in tables:
        for line in table.lines:
            known = [line.figures.get(name, Figure(None)) for name in figures]
            cells = [cell for figure in known for cell in (figure.value, figure.low, figure.high)]
            yield [
                table.benchmark,
                line.level,
                line.name,
                line.items,
                *cells,
                *(line.notes.get(name) for name in notes),
            ]


def as_json(tables: Sequence[Table], models: Sequence[str], cautions: Sequence[str]) -> str:
    """Return all tables for programs."""
    found: dict[str, Any] = {"models": list(models), "cautions": list(cautions), "benchmarks": {}}
    for table in tables:
        lines = [
            {
                "level": line.level,
                "name": line.name,
                "items": line.items,
                "figures": {
                    name: {"value": figure.value, "low": figure.low, "high": figure.high}
                    for name, figure in line.figures.items()
                },
                **({"notes": dict(line.notes)} if line.notes else {}),
            }
            for line in table.lines
        ]
        found["benchmarks"][table.benchmark] = {"meanings": dict(table.meanings), "lines": lines}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def answer_lines(tables: Sequence[Table], pool: Pool) -> Iterator[str]:
    """Yield each answer with its task, its references and its figures, as JSON."""
    known: dict[str, Task] = {task.id: task for task in pool}
    for table in tables:
        for item in table.items:
            task = known.get(item.task)
            if task is None or not task.references:
                continue
            reference = task.references[int(item.id.rpartition("-")[2])]
            row = {
                "benchmark": table.benchmark,
                "id": item.id,
                "task": item.task,
                "group": item.group,
                "instruction": task.instruction,
                "input": reference.input,
                "answer": item.answer,
                "references": list(reference.outputs),
                "figures": dict(item.figures),
            }
            yield json.dumps(row, ensure_ascii=False)
