"""The kept and the rejected texts as W&B tables, sent in pieces.

W&B appends pieces to an incremental table.  It shows at most a hundred of them, and each piece names all before it, so
texts wait until they make a tenth of what was sent: some sixty pieces for ten thousand texts, and the first rounds at
once.  W&B also keeps every text twice until it is uploaded, so a table has so many texts of each stage and no more; the
run folder has them all.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from selfinstruct.round import Rejection, Round
from selfinstruct.task import Task

LONGEST_TEXT = 2000
"""Characters of a text in a table; the whole of it stands in the run folder."""
MOST_TEXTS = 5_000
"""Texts of one stage in a table."""
KEPT = ("id", "stage", "round", "instruction", "is_classification", "instances", "input", "output")
REJECTED = ("request", "stage", "round", "filter", "reason", "text")


class Pieces:
    """A table that is sent in pieces, each as soon as it is a tenth of what was sent before."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self._columns = columns
        self._table: Any = None
        self._sent = 0
        self._taken: Counter[str] = Counter()
        self.waiting: list[list[Any]] = []
        """Rows that no piece holds yet."""

    @property
    def are_due(self) -> bool:
        """Whether the rows that wait are worth a piece."""
        return len(self.waiting) > self._sent // 10

    def add(self, rows: Iterable[list[Any]]) -> None:
        """Let rows wait for the next piece, as long as their stage has not enough."""
        place = self._columns.index("stage")
        for row in rows:
            if self._taken[row[place]] < MOST_TEXTS:
                self._taken[row[place]] += 1
                self.waiting.append(row)

    def take(self) -> Any:
        """The table, with the rows that waited as its next piece."""
        import wandb

        if self._table is None:
            self._table = wandb.Table(columns=list(self._columns), log_mode="INCREMENTAL")
        for row in self.waiting:
            self._table.add_data(*row)
        self._sent += len(self.waiting)
        self.waiting = []
        return self._table


def kept(task: Task, round_: Round) -> list[Any]:
    """A task that a round made or changed, as a row of `KEPT`."""
    instances = task.instances or ()
    first = [cut(instances[0].input), cut(instances[0].output)] if instances else ["", ""]
    answer = task.is_classification
    return [task.id, round_.stage, round_.number, cut(task.instruction), answer, len(instances), *first]


def rejected(rejection: Rejection, round_: Round) -> list[Any]:
    """A rejection as a row of `REJECTED`; a candidate's text is its instruction, input and output."""
    row = rejection.row(round_.stage, round_.number)
    text = "\n\n".join(row[key] for key in ("text", "instruction", "input", "output") if row.get(key))
    return [rejection.request, round_.stage, round_.number, rejection.filter, cut(rejection.reason), cut(text)]


def cut(text: str) -> str:
    """A text, not longer than a table wants it."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
