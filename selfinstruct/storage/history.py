"""The rounds of a run folder, whole again: figures, tasks and rejections as they were when each was logged."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from selfinstruct.round import OWN, ROUGE_L, Candidate, End, Rejection, Round
from selfinstruct.storage.hashes import HASH, SIZE
from selfinstruct.storage.journal import POOL, REJECTED
from selfinstruct.storage.rows import read, rejection_row, task_of
from selfinstruct.task import Instance, Task

Made = TypeVar("Made")
Row = Mapping[str, Any]

FIGURES = ("asked", "failed", "parsed", "kept", "pool", "prompt_tokens", "completion_tokens", "cost_usd")
PREFIXES = (SIZE, HASH, "rejected/")


def rounds(folder: Path, rows: Sequence[Row], timings: Sequence[Row]) -> Iterator[Round]:
    """Yield the rounds of a folder that these rows and timings belong to, in order."""
    seconds = {(row["stage"], row["round"]): row["seconds"] for row in timings}
    seeds: set[str] = set()
    with Reading(folder / POOL) as pool, Reading(folder / REJECTED) as rejected:
        for row in list(rows):
            tasks = list(pool.to(row[f"{SIZE}{POOL}"], task_of))
            rejections = list(rejected.to(row[f"{SIZE}{REJECTED}"], rejection_of))
            changed = []
            for task in tasks:
                if task.is_human and task.id not in seeds:  # the file begins with the seeds; a stage may complete them
                    seeds.add(task.id)
                else:
                    changed.append(task)
            yield round_of(row, changed, rejections, seconds.get((row["stage"], row["round"]), 0.0))


class Reading(AbstractContextManager["Reading"]):
    """A file that is read round by round."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("rb")
        self._number = 0

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def to(self, end: int, of: Callable[[bytes, dict[str, Any]], Made]) -> Iterator[Made]:
        """Yield what the lines from where it stands to a place in it tell of."""
        while self._file.tell() < end:
            self._number += 1
            yield read(f"{self._path}:{self._number}", self._file.readline(), of)


def round_of(row: Mapping[str, Any], tasks: Sequence[Task], rejections: Sequence[Rejection], seconds: float) -> Round:
    """Return the round of which a row holds the figures."""
    return Round(
        stage=row["stage"],
        number=row["round"],
        tasks=tuple(tasks),
        rejections=tuple(rejections),
        seconds=seconds,
        end=End(row["end"]) if "end" in row else None,
        ended=row.get("ended"),
        generation=row.get("generation"),
        source=row.get("source"),
        filter_files=row.get("filter_files"),
        figures={key: value for key, value in row.items() if key not in OWN and not key.startswith(PREFIXES)},
        **{name: row[name] for name in FIGURES},
    )


def rejection_of(text: bytes, row: dict[str, Any]) -> Rejection:
    """Return the rejection that a row tells of."""
    rejection_row(text, row)
    candidate = None
    if "instruction" in row:
        instances = (Instance(row["input"], row["output"]),) if "output" in row else ()
        candidate = Candidate(instruction=row["instruction"], instances=instances)
    return Rejection(
        filter=row["filter"],
        reason=row["reason"],
        text=row.get("text", ""),
        candidate=candidate,
        task=row.get("task"),
        request=row["request"],
        nearest=tuple(row["nearest"]) if "nearest" in row else None,
        score=row.get("score", ROUGE_L),
        attributes=row.get("attributes", {}),
    )
