"""Which file a model is tuned on: a file of the user's, or that of the run which suits the trainer best."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.storage.pool_counts import authors
from selfinstruct.trainer import Rows, Training
from selfinstruct.trainer.rows import rows_in

if TYPE_CHECKING:
    from selfinstruct.run import Run

FORMATS: Mapping[Rows, tuple[str, ...]] = {
    "chat": ("chat", "sharegpt", "self_instruct", "alpaca"),
    "completion": ("prompt_completion",),
    "preference": ("preference",),
}
"""The formats in which each kind of rows is, the best first."""


def readable(run: "Run") -> tuple[str, ...]:
    """Return the formats that the trainer of a run reads, the best first."""
    return FORMATS["chat" if run.trainer is None else run.trainer.learns_from]


def training_of(run: "Run", dataset: Path | None, exported: Collection[str] = ()) -> Training:
    """Return what is trained on, and where the result goes.

    `dataset` is a file of the user's, and `exported` are the formats that will be written before the training.
    """
    folder = run.start.folder
    names = tuple(name for name in readable(run) if name in exported) or readable(run)
    files = [folder / "dataset" / f"{name}.jsonl" for name in names]
    return Training(
        dataset=dataset or next((path for path in files if path.is_file()), files[0]),
        folder=folder,
        random_seed=run.random_seed,
        log=run.log_step,
        is_stopping=lambda: run.stopping,
    )


def writers(run: "Run", dataset: Path, found: dict[str, Any]) -> list[str]:
    """Return the models that wrote what was trained on, as far as the run, or the rows of another file, say.

    The pairs of a run may be those of other systems, which a model of the run has judged: both are named.
    """
    known = authors(run.pool) if found["is_of_run"] else []
    if found["is_of_run"] and run.trainer is not None and run.trainer.learns_from != "preference":
        return known
    rows = (row for _, row in rows_in(dataset) if not isinstance(row, str))
    named = (name for row in rows for name in row.get("models") or () if isinstance(name, str))
    return list(dict.fromkeys([*known, *named]))
