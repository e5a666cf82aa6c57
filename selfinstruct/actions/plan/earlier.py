"""What an earlier run measured, read from its folder without changing a byte of it.

The run may be one that was stopped, or one that is still under way: what it has committed so far counts.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from selfinstruct.actions.plan.novelty import Judged
from selfinstruct.errors import RunFolderError
from selfinstruct.round import SURPLUS
from selfinstruct.storage.folder import kept_config
from selfinstruct.storage.hashes import ROUNDS, checked
from selfinstruct.storage.journal import POOL, TIMINGS, has_rounds
from selfinstruct.storage.rows import rounds_of
from selfinstruct.storage.schema import reading
from selfinstruct.storage.summary import known
from selfinstruct.task import HUMAN
from selfinstruct.text.plain_files import check_plain

Row = Mapping[str, Any]


class Fate(NamedTuple):
    """What became of a task, without its texts, which may be many."""

    is_human: bool
    is_classification: bool | None
    completed: tuple[str, ...]
    gave_up: tuple[str, ...]

    @classmethod
    def of(cls, row: Row) -> "Fate":
        """The fate of the task in a row of the pool."""
        return cls(row["origin"] == HUMAN, row["is_classification"], tuple(row["models"]), tuple(row["gave_up"]))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one stage of the earlier run did."""

    rounds: Sequence[Row]
    subjects: int
    """Tasks that it completed or gave up."""
    of_made: int
    """Those of them that the run had made."""
    completed: int
    """Tasks that it completed."""
    latency: float | None
    """Seconds from sending a request to its reply, on average; None where no reply was kept."""
    seconds: float
    """How long its rounds took, all in all."""

    @property
    def asked(self) -> int:
        """Requests."""
        return sum(row["asked"] for row in self.rounds)

    @property
    def kept(self) -> int:
        """Candidates that entered the pool."""
        return sum(row["kept"] for row in self.rounds)

    @property
    def is_whole(self) -> bool:
        """Whether it came to its own end."""
        return "ended" in self.rounds[-1]

    def tokens(self, key: str) -> float | None:
        """Tokens that a reply, or the prompt of one, had on average."""
        answered = sum(row["asked"] - row["failed"] for row in self.rounds)
        total = known(row[key] for row in self.rounds)
        return None if total is None or not answered else total / answered

    def judged(self, filters: Sequence[str]) -> list[tuple[Judged, int]]:
        """Round for round, what was found new of what these filters judged, and the requests that it took.

        The last round is left out where candidates were not judged any more, for enough were kept.
        """
        whole = [row for row in self.rounds if f"rejected/{SURPLUS}" not in row] or self.rounds
        refused = [sum(row.get(f"rejected/{name}", 0) for name in filters) for row in whole]
        return [
            (Judged(row["kept"], row["kept"] + count), row["asked"]) for row, count in zip(whole, refused, strict=True)
        ]


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """What an earlier run says about the next."""

    folder: Path
    config: Mapping[str, Any]
    made: int
    """Tasks that it made."""
    values: Mapping[tuple[str, object], int]
    """How many of these had a value in a field."""
    stages: Mapping[str, Measured] = field(default_factory=dict)
    """Those that asked anything."""


def read(folder: Path) -> Earlier:
    """What the run in a folder measured; raises RunFolderError where there is none."""
    check_plain(folder)
    config = kept_config(folder)
    if config is None or not has_rounds(folder):
        raise RunFolderError(f"plan.like={folder} is no folder of a run that has asked anything.")
    try:
        rounds, timings = rounds_of(folder / ROUNDS), list(rows(folder / TIMINGS))
        checked(folder / POOL, rounds)
        tasks = list({row["id"]: Fate.of(row) for row in rows(folder / POOL)}.values())
        made = [task for task in tasks if not task.is_human]
        latency = latencies(folder / "completions.sqlite")
        values: Counter[tuple[str, object]] = Counter(("is_classification", task.is_classification) for task in made)
        stages = {
            stage: Measured(
                rounds=[row for row in rounds if row["stage"] == stage],
                subjects=sum(stage in task.completed or stage in task.gave_up for task in tasks),
                of_made=sum(stage in task.completed or stage in task.gave_up for task in made),
                completed=sum(stage in task.completed for task in tasks),
                latency=latency.get(stage),
                seconds=sum(row["seconds"] for row in timings if row["stage"] == stage),
            )
            for stage in dict.fromkeys(row["stage"] for row in rounds if row["asked"])
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunFolderError(f"plan.like={folder} cannot be read ({error}).") from None
    return Earlier(folder=folder, config=config, made=len(made), values=values, stages=stages)


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, without a last one that is not whole yet; nothing where there is no file."""
    if path.exists():
        with path.open("rb") as file:
            yield from (json.loads(text) for text in file if text.endswith(b"\n"))


def latencies(path: Path) -> dict[str, float]:
    """How long the replies to each stage took on average."""
    if not path.exists():
        return {}
    with reading(path) as connection:
        return dict(connection.execute("SELECT stage, AVG(seconds) FROM replies GROUP BY stage"))
