"""The checkpoints of a training: what a training that was killed resumes from.

A checkpoint counts once `complete.json` lies in it, which is written last, when all other files are on disk.  Only then
are older ones removed, so that there is always one to resume from, and never more than two.
"""

import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfinstruct.storage.folder import replace_text
from selfinstruct.trainer import STEPS

LOG = logging.getLogger(__name__)

CHECKPOINTS, COMPLETE = "checkpoints", "complete.json"
DAMAGED = "{path} is damaged, so it is not used: the training resumes from an earlier checkpoint, or starts anew."


@dataclass(frozen=True, slots=True)
class Note:
    """How far a training was when its checkpoint was written."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    """How long it took until then, in all processes one after the other that worked on it."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint that is whole."""

    folder: Path
    note: Note


def noted(checkpoint: Path) -> Checkpoint | None:
    """Return a checkpoint with its note; None where it is not whole."""
    try:
        found = json.loads((checkpoint / COMPLETE).read_text(encoding="utf-8"))
        note = Note(int(found["step"]), int(found["tokens"]), float(found["seconds"]))
        return Checkpoint(checkpoint, note) if found["bytes"] == sizes(checkpoint) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def latest(folder: Path) -> Checkpoint | None:
    """Return the last checkpoint in a run folder that is whole; None where there is none."""
    found = map(noted, sorted((folder / CHECKPOINTS).glob("checkpoint-*")))
    return max((one for one in found if one is not None), key=lambda one: one.note.step, default=None)


def sizes(checkpoint: Path) -> dict[str, int]:
    """Return the sizes of the files of a checkpoint."""
    found = (path for path in checkpoint.rglob("*") if path.is_file() and path.name != COMPLETE)
    return {path.relative_to(checkpoint).as_posix(): path.stat().st_size for path in sorted(found)}


def complete(checkpoint: Path, note: Note) -> None:
    """Note that a checkpoint is whole, and remove all others."""
    found = {"step": note.step, "tokens": note.tokens, "seconds": note.seconds, "bytes": sizes(checkpoint)}
    replace_text(checkpoint / COMPLETE, json.dumps(found) + "\n")
    remove_others(checkpoint.parent, checkpoint)


def remove_others(checkpoints: Path, kept: Path | None) -> None:
    """Remove all checkpoints but one."""
    for path in checkpoints.glob("checkpoint-*"):
        if path != kept:
            shutil.rmtree(path, ignore_errors=True)


def resumed(folder: Path) -> Checkpoint | None:
    """Return the checkpoint to resume from, if any.

    What lies beyond it is removed: unfinished checkpoints, and lines of `training.jsonl` of later steps.
    """
    found = latest(folder)
    for path in (folder / CHECKPOINTS).glob(f"checkpoint-*/{COMPLETE}"):
        if noted(path.parent) is None:
            LOG.warning(DAMAGED.format(path=path.parent))
    remove_others(folder / CHECKPOINTS, None if found is None else found.folder)
    last = 0 if found is None else found.note.step
    kept = [line for line in lines(folder) if line["step"] <= last]
    replace_text(folder / STEPS, "".join(f"{json.dumps(line)}\n" for line in kept))
    return found


def lines(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of `training.jsonl`, up to one that is not whole."""
    found: list[dict[str, Any]] = []
    try:
        text = (folder / STEPS).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return found
    for line in text.splitlines(keepends=True):
        try:
            row = json.loads(line)
        except ValueError:
            break
        if not line.endswith("\n") or not isinstance(row, Mapping) or not isinstance(row.get("step"), int):
            break
        found.append(dict(row))
    return found


def remove(folder: Path) -> None:
    """Remove the checkpoints of a finished training."""
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
