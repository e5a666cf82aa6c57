"""The checkpoints of a training, and the record of what is trained: what a training that was killed resumes from.

`training.json` is written before the first step, and says what a training was started with.  One that differs is
refused, for a schedule of other steps, or other data, would make of it something that nobody has declared.

A checkpoint counts once `complete.json` lies in it, which is written last.  Only then are older ones removed, so that
there is always one to resume from, and never more than two.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selfinstruct.errors import ConfigError, RunFolderError
from selfinstruct.storage.differences import leaves
from selfinstruct.storage.folder import replace_text
from selfinstruct.trainer import MERGED, MODEL, STEPS

CHECKPOINTS, RECORD, COMPLETE = "checkpoints", "training.json", "complete.json"
REFUSED = (
    "{key} is {now}, but the training in {folder} was started with {before}. Set it back, or remove {files} there to"
    " train anew."
)
FILES = f"{RECORD}, {STEPS}, {CHECKPOINTS}, {MODEL} and {MERGED}"


class Record:
    """What a training was started with, and what it came to."""

    def __init__(self, folder: Path) -> None:
        """Take the run folder."""
        self._folder = folder
        self._path = folder / RECORD

    def read(self) -> dict[str, Any] | None:
        """Return what is recorded; None where no training was started; raises RunFolderError for a damaged file."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise RunFolderError(f"{self._path} cannot be read ({error}). Remove {FILES} to train anew.") from None
        if not isinstance(found, dict) or not isinstance(found.get("started_with"), dict):
            raise RunFolderError(f"{self._path} is not the record of a training. Remove {FILES} to train anew.")
        return found

    def refused(self, settings: Mapping[str, Any]) -> list[str]:
        """Return a sentence for each setting that differs from those that the training was started with."""
        before = (self.read() or {}).get("started_with", settings)
        return list(self._differences(before, settings))

    def _differences(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> Any:
        old, new = dict(leaves(before)), dict(leaves(json.loads(json.dumps(now))))
        for key in {**old, **new}:
            if old.get(key) != new.get(key):
                values = {"now": json.dumps(new.get(key)), "before": json.dumps(old.get(key))}
                yield REFUSED.format(key=key, folder=self._folder, files=FILES, **values)

    def start(self, settings: Mapping[str, Any]) -> None:
        """Write down what a training is started with; raises ConfigError where another was started here."""
        if problems := self.refused(settings):
            raise ConfigError(problems)
        if self.read() is None:
            self._write({"started_with": settings})

    def finish(self, settings: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Write down what a finished training came to."""
        self._write({"started_with": settings, "result": result})

    @property
    def result(self) -> dict[str, Any] | None:
        """Return what a finished training came to; None for one that is not finished."""
        found = (self.read() or {}).get("result")
        return found if isinstance(found, dict) else None

    def _write(self, found: Mapping[str, Any]) -> None:
        replace_text(self._path, json.dumps(found, indent=2, ensure_ascii=False) + "\n")


def latest(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """Return the last complete checkpoint in a run folder with what is noted of it; None where there is none."""
    found = []
    for path in (folder / CHECKPOINTS).glob(f"checkpoint-*/{COMPLETE}"):
        try:
            note = json.loads(path.read_text(encoding="utf-8"))
            found.append((int(note["step"]), path.parent, note))
        except (OSError, ValueError, KeyError, TypeError):  # it is not complete then
            continue
    return max(found, key=lambda one: one[0])[1:] if found else None


def complete(checkpoint: Path, note: Mapping[str, Any]) -> None:
    """Note that a checkpoint is whole, and remove all others."""
    replace_text(checkpoint / COMPLETE, json.dumps(note) + "\n")
    for path in checkpoint.parent.glob("checkpoint-*"):
        if path != checkpoint:
            shutil.rmtree(path, ignore_errors=True)


def resumed(folder: Path) -> tuple[Path | None, dict[str, Any]]:
    """Return the checkpoint to resume from, if any, and what is noted of it.

    What lies beyond it is removed: unfinished checkpoints, and lines of `training.jsonl` of later steps.
    """
    found = latest(folder)
    checkpoint, note = found if found else (None, {"step": 0, "tokens": 0, "seconds": 0.0})
    for path in (folder / CHECKPOINTS).glob("checkpoint-*"):
        if path != checkpoint:
            shutil.rmtree(path, ignore_errors=True)
    kept = [line for line in lines(folder) if line["step"] <= note["step"]]
    replace_text(folder / STEPS, "".join(f"{json.dumps(line)}\n" for line in kept))
    return checkpoint, note


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
        if not line.endswith("\n") or not isinstance(row, dict) or not isinstance(row.get("step"), int):
            break
        found.append(row)
    return found


def remove(folder: Path) -> None:
    """Remove the checkpoints of a finished training."""
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
