"""What an earlier run measured, read from its folder without changing a byte of it.

The run may have been stopped, or may still be in progress: what it has committed so far counts.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from selfinstruct.actions.plan.novelty import Judged
from selfinstruct.errors import RunFolderError
from selfinstruct.round import SURPLUS
from selfinstruct.storage.reader import STORE, RunReader
from selfinstruct.storage.summary import known
from selfinstruct.task import Task

Row = Mapping[str, Any]


class Fate(NamedTuple):
    """What became of a task, without its texts, which may be many."""

    is_human: bool
    is_classification: bool | None
    completed: tuple[str, ...]
    """The stages that completed it."""
    handled: tuple[str, ...]
    """The stages that completed it or gave it up."""

    @classmethod
    def of(cls, task: Task) -> "Fate":
        """Return the fate of a task."""
        return cls(task.is_human, task.is_classification, tuple(task.models), (*task.models, *task.failed_stages))


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
    """Mean seconds from a request to its reply; None where no reply is stored."""
    seconds: float
    """Seconds that its rounds took."""

    @property
    def asked(self) -> int:
        """The number of requests."""
        return sum(row["asked"] for row in self.rounds)

    @property
    def kept(self) -> int:
        """The number of candidates that entered the pool."""
        return sum(row["kept"] for row in self.rounds)

    @property
    def is_whole(self) -> bool:
        """Whether it ended by itself."""
        return "ended" in self.rounds[-1]

    def tokens(self, key: str) -> float | None:
        """Return the mean number of tokens of a reply, or of its prompt."""
        answered = sum(row["asked"] - row["failed"] for row in self.rounds)
        total = known(row[key] for row in self.rounds)
        return None if total is None or not answered else total / answered

    def judged(self, filters: Sequence[str]) -> list[tuple[Judged, int]]:
        """Return for each round what was new of what these filters judged, and the requests that it took.

        The last round is left out where enough candidates were kept before all were judged.
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
    classified: Mapping[object, int]
    """How many of these are classification tasks, are not, or were not classified."""
    stages: Mapping[str, Measured] = field(default_factory=dict)
    """Those that asked anything."""


def read(folder: Path) -> Earlier:
    """Return what the run in a folder measured; raises RunFolderError where it holds none, or cannot be read."""
    try:
        run = RunReader(folder)
        latency: dict[str, float] = {}
        if (folder / STORE).is_file():
            with run.replies() as replies:
                latency = replies.latencies()
        tasks = list({task.id: Fate.of(task) for task in run.tasks()}.values())
    except RunFolderError as error:
        raise RunFolderError(f"plan.like={folder} cannot be used: {error}") from None
    made = [task for task in tasks if not task.is_human]
    stages = {
        stage: Measured(
            rounds=[row for row in run.rows if row["stage"] == stage],
            subjects=sum(stage in task.handled for task in tasks),
            of_made=sum(stage in task.handled for task in made),
            completed=sum(stage in task.completed for task in tasks),
            latency=latency.get(stage),
            seconds=sum(row["seconds"] for row in run.timings if row["stage"] == stage),
        )
        for stage in dict.fromkeys(row["stage"] for row in run.rows if row["asked"])
    }
    classified: Counter[object] = Counter(task.is_classification for task in made)
    return Earlier(folder=folder, config=run.config, made=len(made), classified=classified, stages=stages)
