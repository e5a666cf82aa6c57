"""Reading: a run folder as it stands, without changing a byte of it.

The run may be under way, or have been cut short, or be broken.  So nothing is opened as a run opens it: only what the
last committed round vouches for is read, and what cannot be read is told in a sentence.  All figures come from the
committed rounds, by the functions that make the summary; a summary that says otherwise is told of.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selfinstruct.errors import RunFolderError
from selfinstruct.pool import Pool
from selfinstruct.storage.folder import CONFIG, kept_config
from selfinstruct.storage.hashes import ROUNDS, checked
from selfinstruct.storage.journal import POOL, TIMINGS
from selfinstruct.storage.rows import rounds_of
from selfinstruct.storage.summary import COUNTED, SPENT, authors, totals
from selfinstruct.task import Task, stand_ins
from selfinstruct.text.plain_files import check_plain

SUMMARY = "summary.json"
OUTRUN = "unfinished: its summary is older than its rounds"


@dataclass(frozen=True)
class Reading:
    """What a run folder holds."""

    folder: Path
    status: str
    """`complete`, or why it is not."""
    is_readable: bool = True
    config: dict[str, Any] = field(default_factory=dict)
    rounds: Sequence[dict[str, Any]] = ()
    timings: Sequence[dict[str, Any]] = ()
    pool: Pool = field(default_factory=Pool)
    summary: dict[str, Any] = field(default_factory=dict)
    """As it lies there; empty where there is none."""

    @property
    def is_complete(self) -> bool:
        """Whether the run was done."""
        return self.status == "complete"

    @property
    def models(self) -> list[str]:
        """Every model that wrote something in it, or was to."""
        return authors(self.pool) or list(self.summary.get("models", ()))

    @property
    def is_offline(self) -> bool:
        """Whether a stand-in for a model wrote any of it: the offline grammar, or a script."""
        return bool(stand_ins(self.models))

    @property
    def name(self) -> str:
        """The name of the folder, and `(offline)` or `(scripted)` where no model wrote it."""
        names = ", ".join(stand_ins(self.models))
        return f"{self.folder.name} ({names})" if names else self.folder.name


def read(folder: Path) -> Reading:
    """The run in a folder, with whatever of it can be read."""
    if not folder.is_dir():
        return Reading(folder, "there is no such folder", is_readable=False)
    try:
        check_plain(folder)
        config = kept_config(folder)
        if config is None:
            return Reading(folder, "no run has begun here", is_readable=False)
        if not isinstance(config.get("recipe"), dict):
            return Reading(folder, f"{CONFIG} has no recipe", is_readable=False)
        rounds = rounds_of(folder / ROUNDS)
        known = {(row["stage"], row["round"]) for row in rounds}
        timings = [row for row in rows(folder / TIMINGS) if (row["stage"], row["round"]) in known]
        pool = pool_of(folder / POOL, rounds[-1][f"bytes/{POOL}"] if rounds else None)
        checked(folder / POOL, rounds)
        summary = summary_of(folder)
        told = status(rounds, summary)
        return Reading(folder, told, True, config, rounds, timings, pool, {} if told == OUTRUN else summary)
    except RunFolderError as error:
        return Reading(folder, str(error).rstrip("."), is_readable=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Reading(folder, f"cannot be read ({type(error).__name__}: {error})", is_readable=False)


def rows(path: Path, end: int | None = None) -> Iterator[dict[str, Any]]:
    """The whole lines of a file, up to a place in it; a last line without an end is not one yet."""
    if not path.exists():
        return
    with path.open("rb") as file:
        while (end is None or file.tell() < end) and (line := file.readline()).endswith(b"\n"):
            yield json.loads(line)
        if end is not None and file.tell() < end:
            raise ValueError(f"{path.name} is shorter than {ROUNDS} says")


def pool_of(path: Path, end: int | None) -> Pool:
    """The pool as the last committed round left it."""
    tasks = {row["id"]: Task.from_row(row) for row in rows(path, end)}
    return Pool(tasks.values())


def summary_of(folder: Path) -> dict[str, Any]:
    """The summary, empty where there is none."""
    path = folder / SUMMARY
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if not isinstance(found, dict):
        raise ValueError(f"{SUMMARY} is not what a run writes")
    return found


def status(rounds: Sequence[dict[str, Any]], summary: dict[str, Any]) -> str:
    """`complete`, or why the run is not."""
    if not summary:
        return "unfinished: it has no summary yet"
    counted = totals(rounds)
    if any(summary.get(key) != counted[key] for key in (*COUNTED, *SPENT, "rejected")):
        return OUTRUN
    told = str(summary.get("stop_reason")).strip().splitlines() or [""]
    if not summary.get("completed"):
        return f"failed: {told[-1]}"
    return f"stopped: {told[-1]}" if summary.get("stopped_by") else "complete"
