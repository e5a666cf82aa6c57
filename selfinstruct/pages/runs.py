"""The list of runs, of sweeps too: how far each is, what it kept and what it cost."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.pages import html
from selfinstruct.pages.framing import state_of
from selfinstruct.pages.guard import SANDBOX
from selfinstruct.pages.library import Library, Reader, ViewedRun, training_alone
from selfinstruct.pages.links import link
from selfinstruct.pages.run_overview import overview_page
from selfinstruct.pages.server import PageError, PageRequest, Response
from selfinstruct.storage.filter_settings import mapping
from selfinstruct.storage.totals import seconds, totals

COMPARISON = Path("comparison/index.html")
"""The page that a sweep leaves in its folder."""
COLUMNS = ("run", "recipe", "model", "state", "pool", "share", "tokens", "usd", "seconds")
LARGEST_FIRST = ("pool", "share", "tokens", "usd", "seconds")


def run_list(library: Library, asked: PageRequest) -> Response:
    """Return the list of runs; where there is only one, its overview."""
    runs = library.runs()
    if len(runs) == 1 and not asked.query:
        return overview_page(library, PageRequest(path={"run": runs[0].key}))
    column = asked.query.get("sort", "run")
    if column not in COLUMNS:
        raise PageError(f"sort={column} is not one of {', '.join(COLUMNS)}.", 400)
    rows = ordered([row_of(run) for run in runs], column)
    sweeps = [(path.parts[-3], link("comparison", number)) for number, path in enumerate(comparisons(library))]
    values = {"title": "Runs", "rows": rows, "columns": COLUMNS, "column": column, "sweeps": sweeps}
    return Response(body=html.page("runs.html", values))


def ordered(rows: Sequence[dict[str, Any]], column: str) -> list[dict[str, Any]]:
    """Return rows by a column; figures the largest first, and what is not known last."""
    if column in LARGEST_FIRST:
        return sorted(rows, key=lambda row: (row[column] is None, -(row[column] or 0)))
    return sorted(rows, key=lambda row: str(row[column]))


def row_of(run: ViewedRun) -> dict[str, Any]:
    """Return a run as the list shows it; of one that cannot be read, the reason."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS) | {"run": run.name, "link": link(run.key, ""), "problem": ""}
    try:
        reader = run.reader
        total = totals(reader.rows)
        prompt, completion = total["prompt_tokens"], total["completion_tokens"]
        row |= {
            "recipe": str(reader.summary.get("recipe") or "+".join(reader.config.get("recipe") or {})),
            "model": ", ".join(reader.summary.get("models") or []) or model_in(reader.config),
            "state": state_of(run),
            "pool": reader.rows[-1]["pool"] if reader.rows else 0,
            "share": total["kept"] / total["candidates"] if total["candidates"] else None,
            "tokens": None if prompt is None or completion is None else prompt + completion,
            "usd": total["cost_usd"],
            "seconds": seconds(reader.timings) if reader.timings else None,
            **trained(reader),
        }
    except SelfInstructError as error:
        row["problem"] = str(error)
    return row


def trained(reader: Reader) -> dict[str, Any]:
    """Return what the list shows of a training alone; empty for a run."""
    if not (config := training_alone(reader)):
        return {}
    took = mapping(reader.summary.get("training")).get("seconds")
    return {"recipe": "training", "model": str(config["trainer"].get("base_model")), "seconds": took}


def model_in(config: dict[str, Any]) -> str:
    """Return the model that a run was started with, by its config."""
    model = config.get("model")
    return str(model.get("name") or "") if isinstance(model, dict) else ""


def comparisons(library: Library) -> list[Path]:
    """Return the pages that compare the runs of a sweep, as they lie in its folder."""
    folders = {run.source.path.parent for run in library.runs()}
    return sorted(folder / COMPARISON for folder in folders if (folder / COMPARISON).is_file())


def comparison(library: Library, asked: PageRequest) -> Response:
    """Return the comparison page of a sweep as it lies in its folder, shut off from the pages of this server."""
    found, number = comparisons(library), asked.path["number"]
    if number not in map(str, range(len(found))):
        raise PageError("There is no such comparison.")
    return Response(body=found[int(number)].read_bytes(), policy=SANDBOX)
