"""What the training of a plan would be: rows, tokens, steps, parameters and memory, without loading any weights."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.actions.comparison.tables import Table, text
from selfinstruct.actions.plan.assumptions import Range
from selfinstruct.actions.training_files import readable, training_of
from selfinstruct.errors import SelfInstructError

if TYPE_CHECKING:
    from selfinstruct.run import Run
    from selfinstruct.trainer import Trainer

STOPS = "The training would stop: {problem}"
NO_FORMAT = "The training would stop: it reads none of the formats of this run. Add formats=[{format}]."
ASSUMED = "The dataset is not made yet: a row for each expected task is assumed, and tokens are unknown."
MEMORY = "Memory is that of weights, gradients and optimizer; activations come on top, and grow with rows and tokens."
COUNTS = {
    "rows trained on": "rows",
    "rows validated on": "validated_on",
    "rows left out, too long": "dropped",
    "rows cut, too long": "cut",
    "tokens of the longest row": "longest_row",
    "tokens of an epoch": "tokens_per_epoch",
    "tokens": "tokens",
    "steps": "steps",
    "parameters": "parameters",
    "trainable parameters": "trainable_parameters",
}
"""What is shown of a training, and its keys."""


def planned(run: "Run", trainer: "Trainer", dataset: Path | None, tasks: Range | None) -> dict[str, Any]:
    """Return what a training would be, with notes; `tasks` are those that the run is expected to make."""
    training = training_of(run, dataset)
    is_made = training.dataset.is_file()
    known = {"base_model": trainer.base_model, "dataset": str(training.dataset) if is_made else None}
    notes = [STOPS.format(problem=problem) for problem in trainer.problems(training)]
    if not is_made and not set(readable(run)) & set(run.formats):
        notes.append(NO_FORMAT.format(format=readable(run)[0]))
    if notes:
        return {**known, "notes": notes}
    expected = None if is_made or tasks is None else round(tasks.expected)
    try:
        found = trainer.preview(training, expected)
    except SelfInstructError as error:
        return {**known, "notes": [STOPS.format(problem=error)]}
    return {**known, **found, "notes": [*([] if is_made else [ASSUMED]), MEMORY]}


def shown(found: Mapping[str, Any]) -> str:
    """Return the training of a plan, as text."""
    rows = [[name, f"{found[key]:,}"] for name, key in COUNTS.items() if found.get(key) is not None]
    if found.get("memory_bytes") is not None:
        rows.append(["memory, at least", f"{found['memory_bytes'] / 2**30:,.2f} GiB"])
    title = f"Training of {found['base_model']} on {found['dataset'] or 'the dataset of the run'}"
    table = [text(Table(title, ("figure", "value"), rows))] if rows else [title]
    return "\n".join([*table, *(f"- {note}" for note in found["notes"])])
