"""What `summary.json` says of a run: how it ended, what it made, what it cost, and what it was made of.

Every count is computed from what is committed.  Where a price is unknown the cost is null, never 0.
"""

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from selfinstruct.budget import Stop
from selfinstruct.pool import Pool
from selfinstruct.run_info import RunInfo
from selfinstruct.storage import vectors
from selfinstruct.storage.coverage import coverage
from selfinstruct.storage.digests import digest, digest_of
from selfinstruct.storage.diversity import diversity
from selfinstruct.storage.environment import git, versions
from selfinstruct.storage.folder import replace_text, stored_config, stored_values
from selfinstruct.storage.pool_counts import authors, tasks
from selfinstruct.storage.provenance import seed_writers
from selfinstruct.storage.totals import Row, seconds, totals
from selfinstruct.task import HUMAN, Task, stand_ins
from selfinstruct.text.verb_pairs import found_by

SUMMARY = "summary.json"
OF_TASKS = ("seeds_written_by", "diversity", "verbs_found_by")
"""What a training without a run of its own has nothing to say of."""
SHELVED = 1_000
"""Tasks of a pool on disk whose diversity is measured, about."""


def summarise(
    start: RunInfo,
    pool: Pool,
    rounds: Sequence[Row],
    error: str | None,
    *,
    timings: Sequence[Row],
    unused: Row,
    scores: Row | None = None,
    training: Row | None = None,
    stopped: Stop | None = None,
) -> dict[str, Any]:
    """Return the summary of a run that has failed (`error`), was stopped by its budget (`stopped`), or is done.

    `unused` are the replies that no round has needed so far, `scores` the figures of each benchmark, `training` what
    the training in the folder came to.
    """
    models = authors(pool) or list(start.models)
    declared = stored_config(start.folder) or start.declared
    topics = coverage(stored_values(start.folder) or start.config, pool)
    more = {"topics": topics, "embedded": vectors.usage(start.folder), "scores": scores, "training": training}
    by_stage = {stage: [row for row in rounds if row["stage"] == stage] for stage in declared["recipe"]}
    found = {
        "recipe": start.recipe,
        "models": models,
        "offline": bool(stand_ins(models)),
        "completed": error is None,
        "stop_reason": error or stop_reason(by_stage, stopped) or ("trained" if training else "nothing was generated"),
        "stopped_by": None if stopped is None or error is not None else stopped.limit,
        **totals(rounds),
        "seconds": seconds(timings),
        "unused": unused,
        "tasks": tasks(pool),
        "seeds_written_by": dict(seed_writers(pool)),
        "diversity": diversity(measured(pool), start.spacy_model),
        "verbs_found_by": found_by(start.spacy_model),
        **{key: value for key, value in more.items() if value},
        "stages": {stage: of_stage(stage, rows, timings) for stage, rows in by_stage.items()},
        "versions": {"python": platform.python_version(), **versions()},
        "git": git(),
        "sha256": hashes(start.folder, declared, pool),
    }
    return found if rounds or not training else {key: found[key] for key in found if key not in OF_TASKS}


def measured(pool: Pool) -> Iterable[Task]:
    """Return the tasks whose diversity is measured: all, or of a pool on disk a part."""
    return islice(pool, 0, None, 1 + len(pool) // SHELVED) if pool.is_shelved else pool


def of_stage(stage: str, rows: Sequence[Row], timings: Sequence[Row]) -> dict[str, Any]:
    """Return what one stage made, and what it cost."""
    return {
        "rounds": len(rows),
        **totals(rows),
        "seconds": seconds([row for row in timings if row["stage"] == stage]),
        "ended": rows[-1].get("ended") if rows else None,
    }


def summary_in(folder: Path) -> dict[str, Any] | None:
    """Return what the folder's `summary.json` says; None where it cannot be read."""
    try:
        found = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def store_summary(folder: Path, summary: Row, error: str | None, *, is_made: bool) -> None:
    """Write a summary; that of a run which only worked on what was made before (`is_made` is false) replaces little."""
    before = None if is_made else summary_in(folder)
    if (written := summary if before is None else but_files(before, summary, error)) is not None:
        replace_text(folder / SUMMARY, json.dumps(written, indent=2, ensure_ascii=False) + "\n")


def but_files(before: Row, now: Row, error: str | None) -> dict[str, Any] | None:
    """Return the summary of a run that was only worked on: as it was, with the hashes, scores and training of now.

    None where nothing changes: how a run was made and how it ended is not written again.
    """
    after = {**before, "sha256": now["sha256"]}
    for key in ("scores", "training"):
        after.pop(key, None)
        after |= {key: now[key]} if now.get(key) else {}
    return None if error is not None or after == before else after


def ended_before(folder: Path) -> dict[str, Any]:
    """Return how the run ended that made the pool."""
    before = summary_in(folder) or {}
    try:
        return {key: before[key] for key in ("completed", "stop_reason")} | {"stopped_by": before.get("stopped_by")}
    except KeyError:
        reason = "unknown: it was stopped before it could write its summary"
        return {"completed": False, "stop_reason": reason, "stopped_by": None}


def stop_reason(by_stage: Mapping[str, Sequence[Row]], stopped: Stop | None = None) -> str:
    """Return why each stage ended, and the run if it was not done, in one line; empty where no stage has."""
    ends = {stage: rows[-1].get("ended") for stage, rows in by_stage.items() if rows}
    ended = [f"{stage}: {end}" for stage, end in ends.items() if end]
    return "; ".join([*ended, *([stopped.reason] if stopped else [])])


def hashes(folder: Path, declared: Mapping[str, Any], pool: Pool) -> dict[str, str]:
    """Return the SHA-256 of what the run was made of, and of every dataset file."""
    prompts = {stage: part.get("prompt") for stage, part in declared["recipe"].items()}
    seeds = [pool[name].row() for name in pool.of(HUMAN)]
    dataset = sorted((folder / "dataset").glob("*"))
    return {
        "config": digest(json.dumps(declared, ensure_ascii=False).encode()),
        "seeds": digest(json.dumps(seeds, ensure_ascii=False).encode()),
        "prompts": digest(json.dumps(prompts, ensure_ascii=False).encode()),
        **{f"dataset/{path.name}": digest_of(path) for path in dataset if path.is_file()},
    }
