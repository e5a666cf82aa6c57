"""The rounds of a run folder, whole again: figures, tasks and rejections as they were when each was logged.

The line of a round holds the sizes that the other files had then, so that what a round wrote lies between its sizes and
those of the round before.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

from selfinstruct.journal import POOL, REJECTED, Journal
from selfinstruct.round import OWN, Candidate, Rejection, Round
from selfinstruct.task import Instance, Task

FIGURES = ("asked", "failed", "parsed", "kept", "pool", "prompt_tokens", "completion_tokens", "cost_usd")
PREFIXES = ("bytes/", "rejected/")


def rounds(journal: Journal) -> Iterator[Round]:
    """Every round that is committed now, in order."""
    seconds = {(row["stage"], row["round"]): row["seconds"] for row in journal.timings}
    seeds: set[str] = set()
    with (journal.folder / POOL).open("rb") as pool, (journal.folder / REJECTED).open("rb") as rejected:
        for row in list(journal.rounds):
            tasks = [Task.from_row(task) for task in rows_to(pool, row[f"bytes/{POOL}"])]
            rejections = [rejection(item) for item in rows_to(rejected, row[f"bytes/{REJECTED}"])]
            made = [task for task in tasks if not task.is_human or task.id in seeds]
            seeds |= {task.id for task in tasks if task.is_human}  # with them the file begins
            yield round_of(row, made, rejections, seconds.get((row["stage"], row["round"]), 0.0))


def rows_to(file: IO[bytes], end: int) -> Iterator[dict[str, Any]]:
    """The rows from where a file stands to a place in it."""
    while file.tell() < end:
        yield json.loads(file.readline())


def round_of(row: Mapping[str, Any], tasks: Sequence[Task], rejections: Sequence[Rejection], seconds: float) -> Round:
    """The round of which a row holds the figures."""
    return Round(
        stage=row["stage"],
        number=row["round"],
        tasks=tuple(tasks),
        rejections=tuple(rejections),
        seconds=seconds,
        ended=row.get("ended"),
        generation=row.get("generation"),
        figures={key: value for key, value in row.items() if key not in OWN and not key.startswith(PREFIXES)},
        sizes={key.removeprefix("bytes/"): size for key, size in row.items() if key.startswith("bytes/")},
        **{name: row[name] for name in FIGURES},
    )


def rejection(row: Mapping[str, Any]) -> Rejection:
    """The rejection that a row tells of."""
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
        attributes=row.get("attributes", {}),
    )
