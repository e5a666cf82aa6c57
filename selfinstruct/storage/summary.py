"""What `summary.json` says of a run: how it ended, what it made, what it cost, and what it was made of.

Every count is computed from what is committed.  Where a price is unknown the cost is null, never 0.
"""

import hashlib
import json
import platform
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Any

from selfinstruct.budget import Stop
from selfinstruct.pool import Pool
from selfinstruct.round import CACHED, IGNORED
from selfinstruct.run_info import RunInfo
from selfinstruct.storage import vectors
from selfinstruct.storage.coverage import coverage
from selfinstruct.storage.diversity import diversity
from selfinstruct.storage.folder import replace_text, stored_config, stored_values
from selfinstruct.storage.provenance import seed_writers
from selfinstruct.task import HUMAN, UNKNOWN, Task, stand_ins
from selfinstruct.text.verb_pairs import found_by

SUMMARY = "summary.json"
COUNTED = ("asked", "failed", "candidates", "parsed", "kept")
SPENT = ("prompt_tokens", "completion_tokens", "cost_usd")
PACKAGES = ("selfinstruct", "hydra-core", "omegaconf", "pydantic", "jinja2", "litellm", "wandb", "rapidfuzz", "numpy")
OF_TASKS = ("seeds_written_by", "diversity", "verbs_found_by")
"""What a training without a run of its own has nothing to say of."""
SHELVED = 1_000
"""Tasks of a pool on disk whose diversity is measured, about."""

Row = Mapping[str, Any]


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
        "seeds_written_by": {} if pool.is_shelved else dict(seed_writers(pool)),
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


def is_same_training(one: Row, other: Row) -> bool:
    """Return whether two trainings gave the same model; so do two that do not exist."""
    return bool(one.get("sha256") == other.get("sha256"))


def ended_before(folder: Path) -> dict[str, Any]:
    """Return how the run ended that made the pool."""
    before = summary_in(folder) or {}
    try:
        return {key: before[key] for key in ("completed", "stop_reason")} | {"stopped_by": before.get("stopped_by")}
    except KeyError:
        reason = "unknown: it was stopped before it could write its summary"
        return {"completed": False, "stop_reason": reason, "stopped_by": None}


def authors(pool: Pool) -> list[str]:
    """Return every model that wrote something in the pool, seeds included; none has written what is on a shelf."""
    found = {} if pool.is_shelved else dict.fromkeys(name for task in pool for name in task.models.values())
    return [name for name in found if name != UNKNOWN]


def stop_reason(by_stage: Mapping[str, Sequence[Row]], stopped: Stop | None = None) -> str:
    """Return why each stage ended, and the run if it was not done, in one line; empty where no stage has."""
    ends = {stage: rows[-1].get("ended") for stage, rows in by_stage.items() if rows}
    ended = [f"{stage}: {end}" for stage, end in ends.items() if end]
    return "; ".join([*ended, *([stopped.reason] if stopped else [])])


def totals(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures of some rounds, added up."""
    rejected: Counter[str] = Counter()
    for row in rows:
        rejected.update({key[9:]: count for key, count in row.items() if key.startswith("rejected/")})
    return {
        **{key: sum(row[key] for row in rows) for key in COUNTED},
        **{key: known(row[key] for row in rows) for key in SPENT},
        **{key: count for key in (CACHED, IGNORED) if (count := sum(row.get(key, 0) for row in rows))},
        "rejected": dict(sorted(rejected.items())),
    }


def known(values: Iterable[float | None]) -> float | None:
    """Return the sum; None as soon as one value is not known."""
    found = list(values)
    return None if None in found else sum(value for value in found if value is not None)


def seconds(timings: Sequence[Row]) -> float:
    """Return how long some rounds took."""
    return float(round(sum(row["seconds"] for row in timings), 3))


def tasks(pool: Pool) -> dict[str, Any]:
    """Count what the pool holds."""
    found, gave_up = Counter[str](), Counter[str]()
    for task in pool:  # once, for they may lie on disk
        if task.is_human:
            continue
        found["made"] += 1
        found["classification"] += task.is_classification is True
        found["with_instances"] += bool(task.instances)
        found["instances"] += len(task.instances or ())
        found["unanswered"] += len(task.unanswered)
        gave_up.update(task.failed_stages.keys())
    return {
        "seeds": len(pool) - found["made"],
        **{name: found[name] for name in ("made", "classification", "with_instances", "instances")},
        "gave_up": dict(sorted(gave_up.items())),
        **({"unanswered": found["unanswered"]} if found["unanswered"] else {}),
    }


def versions() -> dict[str, str | None]:
    """Return the versions of what shapes a result; null for what is not installed."""
    found: dict[str, str | None] = dict.fromkeys(PACKAGES)
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def git() -> dict[str, Any]:
    """Return the commit of the code and whether it was changed since; nulls where it is not part of a checkout."""
    package = Path(__file__).parents[1]

    def ask(*words: str) -> str | None:
        try:
            command = ["git", "-C", str(package), *words]
            return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603
        except (OSError, subprocess.SubprocessError):
            return None

    if ask("ls-files", "__init__.py") != "__init__.py":  # installed into somebody else's checkout, say
        return {"commit": None, "dirty": None}
    changes = ask("status", "--porcelain", "--untracked-files=no", ".")
    return {"commit": ask("rev-parse", "HEAD"), "dirty": None if changes is None else bool(changes)}


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


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hex."""
    return hashlib.sha256(content).hexdigest()


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
