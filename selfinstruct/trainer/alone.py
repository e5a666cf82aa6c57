"""A training alone: a model that was tuned on a file of rows, in a folder without a run.

`training.json` holds what shapes its result, so that such a folder needs no config of a run.  Files, and a base model
in a folder, are named with the beginning of their hash: two runs have files of the same name.
"""

from pathlib import Path
from typing import Any

from selfinstruct.storage.filter_settings import mapping
from selfinstruct.storage.folder import noted
from selfinstruct.storage.summary import summary_in
from selfinstruct.text.places import file_name
from selfinstruct.trainer.record import Record, is_same_training

DIGITS = 8
"""Of a hash, those that are shown."""


def config_of(folder: Path) -> dict[str, Any]:
    """Return what a training was started with, as a config; empty without one.

    Raises RunFolderError for a damaged record.
    """
    if (record := Record(folder).read()) is None:
        return {}
    start, result = record["started_with"], mapping(record.get("result"))
    trainer, hashes = mapping(start.get("trainer")), mapping(start.get("sha256"))
    composed = mapping(noted(folder, "config.yaml"))
    rows = mapping(result.get("dataset")).get("name") or mapping(composed.get("train")).get("dataset")
    files = {key: named(trainer[key], hashes.get(key)) for key in ("base_model", "chat_template") if key in trainer}
    return {
        "random_seed": start.get("random_seed"),
        "train": {"dataset": named(rows, hashes.get("dataset"))},
        "trainer": {**trainer, **files},
        "processes": start.get("processes"),
        "trackers": mapping(composed.get("trackers")),
    }


def named(path: object, digest: object) -> object:
    """Return the name of a file or folder with the beginning of its hash; anything without one as it is."""
    return path if digest is None else f"{file_name(str(path))} ({str(digest)[:DIGITS]})"


def summary_of(folder: Path, base_model: str) -> dict[str, Any]:
    """Return the summary of the training in a folder; empty where it is of an earlier one.

    Its models are the base model, and those that wrote what it learned from.
    """
    summary, result = summary_in(folder) or {}, Record(folder).result or {}
    if not summary or not is_same_training(mapping(summary.get("training")), result):
        return {}
    writers = mapping(result.get("dataset")).get("models") or ()
    return {**{key: value for key, value in summary.items() if key != "recipe"}, "models": [base_model, *writers]}
