"""The texts of a run as W&B tables, logged once at the end; the run folder has all of them in full."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from selfinstruct.round import Rejection, Round
from selfinstruct.task import Task

LONGEST_TEXT = 2000
"""Characters of a text in a table."""
MOST_TEXTS = 5_000
"""Texts of one stage in a table; W&B keeps each twice until it is uploaded."""
KEPT = ("id", "stage", "round", "instruction", "is_classification", "instances", "input", "output")
SAMPLES = ("outcome", "id or reason", "text")
REJECTED = ("request", "stage", "round", "filter", "reason", "text")


class Texts:
    """The kept and the rejected texts of a run's rounds."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, ...], list[list[Any]]] = {KEPT: [], REJECTED: []}
        """The rows of each table, by its columns."""
        self._taken: Counter[tuple[object, str]] = Counter()

    def add(self, round_: Round) -> None:
        """Take the texts of a round, as long as there is room for those of its stage."""
        made, refused = round_.tasks, round_.rejections
        found = [
            (KEPT, [kept(task, round_) for task in made]),
            (REJECTED, [rejected(item, round_) for item in refused]),
        ]
        columns: tuple[str, ...]
        for columns, rows in found:
            room = MOST_TEXTS - self._taken[columns, round_.stage]
            self.rows[columns] += rows[:room]
            self._taken[columns, round_.stage] += len(rows[:room])

    def tables(self) -> dict[str, Any]:
        """Return the tables that have rows."""
        import wandb

        names = {"tables/kept": KEPT, "tables/rejected": REJECTED}
        return {
            name: wandb.Table(columns=list(columns), data=self.rows[columns], allow_mixed_types=True)
            for name, columns in names.items()
            if self.rows[columns]
        }


def shown(figures: Mapping[str, bytes], samples: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return the figures of a report, given as PNG files, as W&B images, and its samples as a table."""
    import wandb

    images = {f"figures/{name}": picture(content) for name, content in figures.items()}
    rows = [[cut(cell) for cell in row] for row in samples]
    return {**images, "tables/samples": wandb.Table(columns=list(SAMPLES), data=rows)}


def picture(content: bytes) -> Any:
    """Return a PNG file as a W&B image."""
    import wandb
    from PIL import Image

    return wandb.Image(Image.open(io.BytesIO(content)))


def kept(task: Task, round_: Round) -> list[Any]:
    """Return a task that a round made or changed, as a row of `KEPT`."""
    instances = task.instances or ()
    first = [cut(instances[0].input), cut(instances[0].output)] if instances else ["", ""]
    answer = task.is_classification
    return [task.id, round_.stage, round_.number, cut(task.instruction), answer, len(instances), *first]


def rejected(rejection: Rejection, round_: Round) -> list[Any]:
    """Return a rejection as a row of `REJECTED`; a candidate's text is its instruction, input and output."""
    row = rejection.row(round_.stage, round_.number)
    text = "\n\n".join(row[key] for key in ("text", "instruction", "input", "output") if row.get(key))
    return [rejection.request, round_.stage, round_.number, rejection.filter, cut(rejection.reason), cut(text)]


def cut(text: str) -> str:
    """Return a text, not longer than a table wants it."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
