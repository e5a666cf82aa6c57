"""What an earlier run has measured so far, also one that was stopped or is still in progress."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfinstruct.actions.plan.novelty import Judged
from selfinstruct.errors import RunFolderError
from selfinstruct.round import SURPLUS
from selfinstruct.storage.reader import STORE, RunReader
from selfinstruct.storage.totals import known


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one stage of the earlier run did."""

    rounds: Sequence[Mapping[str, Any]]
    subjects: int
    """Tasks that it completed or gave up."""
    of_made: int
    """Those of them that the run had made."""
    latency: float | None
    """Mean seconds from a request to its reply; None where no reply is stored."""

    @property
    def asked(self) -> int:
        """The number of requests."""
        return sum(row["asked"] for row in self.rounds)

    @property
    def kept(self) -> int:
        """The number of candidates that entered the pool."""
        return sum(row["kept"] for row in self.rounds)

    def tokens(self, key: str) -> float | None:
        """Return the mean number of tokens of a reply, or of its prompt."""
        answered = sum(row["asked"] - row["failed"] for row in self.rounds)
        total = known(row[key] for row in self.rounds)
        return None if total is None or not answered else total / answered

    def judged(self, filters: Sequence[str]) -> tuple[list[Judged], int]:
        """Return for each round what was new of what these filters judged, and the requests that all of it took.

        The last round is left out where enough candidates were kept before all were judged.
        """
        whole = [row for row in self.rounds if f"rejected/{SURPLUS}" not in row] or self.rounds
        refused = [sum(row.get(f"rejected/{name}", 0) for name in filters) for row in whole]
        judged = [Judged(row["kept"], row["kept"] + count) for row, count in zip(whole, refused, strict=True)]
        return judged, sum(row["asked"] for row in whole)


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """What an earlier run says about the next."""

    folder: Path
    config: Mapping[str, Any]
    made: int
    """Tasks that it made."""
    stages: Mapping[str, Measured]
    """Those that asked anything."""


def read(folder: Path) -> Earlier:
    """Return what the run in a folder measured; raises RunFolderError where it holds none, or cannot be read."""
    try:
        run = RunReader(folder)
        latency: dict[str, float] = {}
        if (folder / STORE).is_file():
            with run.replies() as replies:
                latency = replies.latencies()
        tasks = {task.id: (task.is_human, {*task.models, *task.failed_stages}) for task in run.tasks()}.values()
    except RunFolderError as error:
        raise RunFolderError(f"plan.like={folder} cannot be used: {error}") from None
    stages = {
        stage: Measured(
            rounds=[row for row in run.rows if row["stage"] == stage],
            subjects=sum(stage in handled for _, handled in tasks),
            of_made=sum(stage in handled for is_human, handled in tasks if not is_human),
            latency=latency.get(stage),
        )
        for stage in dict.fromkeys(row["stage"] for row in run.rows if row["asked"])
    }
    made = sum(not is_human for is_human, _ in tasks)
    return Earlier(folder=folder, config=run.config, made=made, stages=stages)
