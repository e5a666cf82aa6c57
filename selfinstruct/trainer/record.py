"""The record of a training, `training.json`: what it was started with, and what it came to.

It is written before the first step.  A training that is to be resumed with other settings is refused, for a schedule of
other steps, or other data, would make of it something that nobody has declared.  Where there is nothing to resume yet,
because no checkpoint was written, the settings may change: a batch that did not fit into memory can be made smaller.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import ConfigError, RunFolderError
from selfinstruct.storage.differences import leaves
from selfinstruct.storage.digests import digest_of
from selfinstruct.storage.folder import replace_text
from selfinstruct.storage.summary import summary_in
from selfinstruct.trainer import MERGED, MODEL, STEPS, Training
from selfinstruct.trainer.checkpoints import CHECKPOINTS, latest
from selfinstruct.trainer.processes import process_count
from selfinstruct.trainer.saving import fingerprint, hashes

if TYPE_CHECKING:
    from selfinstruct.trainer.supervised import Supervised

RECORD = "training.json"
FILES = f"{RECORD}, {STEPS}, {CHECKPOINTS}, {MODEL} and {MERGED}"
REFUSED = (
    "{key} is {now}, but the training in {folder} was started with {before}. Set it back, or remove {files} there to"
    " train anew."
)
REFUSED_COUNT = (
    "The training in {folder} was started with {before} processes, but this is a launch of {now}. Set the launcher's"
    " option to as many: accelerate launch --num_processes {before}, or torchrun --nproc_per_node {before}. Or remove"
    " {files} there to train anew."
)
ONE_COUNT = (
    "The training in {folder} was started in one process, but this is a launch of {now}. Start it without a launcher,"
    " or remove {files} there to train anew."
)
CHANGED = {
    "dataset": "train.dataset={dataset} has changed",
    "base_model": "The files in trainer.base_model={base_model} have changed",
    "chat_template": "The file trainer.chat_template={chat_template} has changed",
}
"""What differs where a hash does."""
SINCE = (
    " since the training in {folder} was started (SHA-256 {before}…, now {now}…). Restore it, or remove {files} there"
    " to train anew."
)
DAMAGED = "{path} {reason}. Remove {files} in its folder to train anew."
ALTERED = (
    "{model} is not as the training wrote it: {names}. Restore it from a copy, or remove {files} in its folder to train"
    " anew."
)


def started_with(trainer: "Supervised", training: Training) -> dict[str, Any]:
    """Return what a training is started with, which may not change until it is finished."""
    base, template = Path(trainer.base_model), trainer.chat_template
    return {
        "trainer": trainer.settings(),
        "random_seed": training.random_seed,
        "processes": process_count(),
        "sha256": {
            "dataset": digest_of(training.dataset),
            "base_model": fingerprint(base) if base.is_dir() else None,
            "chat_template": None if template is None else digest_of(template),
        },
    }


class Record:
    """The record of the training in a run folder."""

    def __init__(self, folder: Path, dataset: Path | None = None) -> None:
        """Take the run folder, and the file that is trained on, for messages; nothing is read yet."""
        self._folder, self._dataset = folder, dataset
        self._path = folder / RECORD

    def read(self) -> dict[str, Any] | None:
        """Return what is recorded; None where no training was started; raises RunFolderError for a damaged file."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise self._damaged(f"cannot be read ({error})") from None
        if not isinstance(found, dict) or not isinstance(found.get("started_with"), dict):
            raise self._damaged("is not the record of a training")
        result = found.get("result")
        if result is not None and not (isinstance(result, dict) and isinstance(result.get("sha256"), dict)):
            raise self._damaged("does not say what the training came to")
        return found

    def _damaged(self, reason: str) -> RunFolderError:
        return RunFolderError(DAMAGED.format(path=self._path, reason=reason, files=FILES))

    def refused(self, settings: Mapping[str, Any]) -> list[str]:
        """Return a sentence for each setting that keeps the training from being resumed."""
        found = self.read()
        if found is None or ("result" not in found and latest(self._folder) is None):
            return []
        before = dict(found["started_with"])
        if "result" in found:  # a model that is finished can be merged and scored by one process
            before["processes"] = settings["processes"]
        return list(self._differences(before, json.loads(json.dumps(settings))))

    def _differences(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
        old, new = dict(leaves(with_one_method(before, now))), dict(leaves(with_one_method(now, before)))
        said = {"folder": self._folder, "files": FILES, "dataset": self._dataset}
        said |= {name: now["trainer"].get(name) for name in ("base_model", "chat_template")}
        for key in {**old, **new}:
            if old.get(key) != new.get(key):
                yield sentence(key, old.get(key), new.get(key), said)

    def start(self, settings: Mapping[str, Any]) -> None:
        """Write down what a training is started with; raises ConfigError where another is to be resumed here."""
        if problems := self.refused(settings):
            raise ConfigError(problems)
        found = self.read()
        if found is None or "result" not in found:
            self._write({"started_with": settings})

    def finish(self, settings: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Write down what a finished training came to."""
        self._write({"started_with": settings, "result": result})

    @property
    def result(self) -> dict[str, Any] | None:
        """Return what a finished training came to; None for one that is not finished."""
        return (self.read() or {}).get("result")

    def check_model(self) -> None:
        """Raise RunFolderError where the model of a finished training is no longer as it was written."""
        if (found := self.result) is not None:
            now = hashes(self._folder / MODEL)
            if names := sorted(
                name for name in {**found["sha256"], **now} if found["sha256"].get(name) != now.get(name)
            ):
                said = {"model": self._folder / MODEL, "names": ", ".join(names), "files": FILES}
                raise RunFolderError(ALTERED.format(**said))

    def _write(self, found: Mapping[str, Any]) -> None:
        replace_text(self._path, json.dumps(found, indent=2, ensure_ascii=False) + "\n")


def remembered(folder: Path) -> tuple[dict[str, Any], dict[str, dict[str, float | None]]]:
    """Return what the training in a run folder came to, and the scores of its model; both empty without one.

    Scores of a run that trains nothing are returned as well; those of an earlier model are not.
    """
    training, before = Record(folder).result or {}, summary_in(folder) or {}
    known, scores = (one if isinstance(one := before.get(key), dict) else {} for key in ("training", "scores"))
    return ({**training, **known}, dict(scores)) if is_same_training(known, training) else (training, {})


def is_same_training(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two trainings gave the same model; so do two that do not exist."""
    return bool(one.get("sha256") == other.get("sha256"))


def with_one_method(settings: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with only the name of their method, where other settings have another method."""
    mine, theirs = (dict(found.get("trainer") or {}) for found in (settings, other))
    names = [one.get("name") if isinstance(one := found.get("method"), Mapping) else None for found in (mine, theirs)]
    return {**settings, "trainer": mine if names[0] == names[1] else {**mine, "method": names[0]}}


def sentence(key: str, before: Any, now: Any, said: Mapping[str, Any]) -> str:
    """Return what differs, and what to do about it."""
    if key == "processes":
        return (ONE_COUNT if before == 1 else REFUSED_COUNT).format(now=now, before=before, **said)
    if not key.startswith("sha256."):
        return REFUSED.format(key=key, now=json.dumps(now), before=json.dumps(before), **said)
    what = CHANGED[key.removeprefix("sha256.")].format(**said)
    return what + SINCE.format(now=str(now)[:12], before=str(before)[:12], **said)
