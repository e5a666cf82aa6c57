"""Run a capsule again, offline, and report whether the same comes out.

The capsule's overrides are composed like any others, so that keys are changed for a replay in the usual way.  Then
every model in the config gets a `Replay` before it, which has its name and fingerprint and the recorded replies, and
the seeds are read from the capsule.  The files that the run writes are compared with the hashes in the capsule: the
rounds first, for they name the place, then the dataset, then the files of which a capsule holds only the hash.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from selfinstruct.actions.publication.archive import Archive, opened
from selfinstruct.actions.publication.portable import check_config, check_folder, check_words, public, settled
from selfinstruct.actions.publication.replies import Recordings
from selfinstruct.actions.publication.vectors import Vectors
from selfinstruct.errors import ModelError, SelfInstructError
from selfinstruct.model.replay import NOT_HELD
from selfinstruct.round import MODEL
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.differences import compared
from selfinstruct.storage.digests import digest_of
from selfinstruct.storage.environment import versions
from selfinstruct.storage.journal import POOL, REJECTED, ROUNDS
from selfinstruct.storage.rows import task_of
from selfinstruct.task import Task

if TYPE_CHECKING:
    from selfinstruct.run import Run

Config: TypeAlias = dict[str, Any]
REPLAY = "selfinstruct.model.replay.Replay"
EMBEDDER = "selfinstruct.embedder.replay.ReplayedEmbedder"
OURS = ("actions=", "trackers=", "+replay=")
"""How the words begin that a replay adds to those of its capsule."""
TARGETS = re.compile(r"recipe\.\w+\.(until|saturation(\..*)?)|formats(\..*)?")
"""Keys that may change when a run is resumed, and that change its files."""
MOST_NAMED = 5
"""Requests named in a message; `rejected.jsonl` names all."""


class DifferentError(SelfInstructError):
    """A replay that finished with other files than its capsule has."""


@dataclass(frozen=True)
class Kept:
    """The seeds of a capsule."""

    tasks: list[Task]

    def load(self) -> list[Task]:
        """Return the stored tasks."""
        return self.tasks


def seeds_in(capsule: Archive) -> Kept:
    """Return the seeds of a capsule; raises SelfInstructError for ones that no run has written."""
    tasks = list(capsule.rows("seeds.jsonl", task_of))
    if len({task.id for task in tasks}) < len(tasks) or not all(task.is_human for task in tasks):
        raise SelfInstructError(f"{capsule.path}: seeds.jsonl holds an id twice, or a task that is not a seed.")
    return Kept(tasks)


def words_of(path: Path, has_folder: bool = False) -> list[str]:
    """Return the command line that runs a capsule; raises SelfInstructError for one that must not be run.

    `has_folder` says whether a config folder is named on the command line, which a capsule may need.
    """
    with checked(path, has_folder) as (_, kept):
        where = json.dumps(str(path.resolve()), ensure_ascii=False)
        return [*kept["overrides"], "actions=[generate,export]", "trackers=[console]", f"+replay={where}"]


@contextmanager
def checked(path: Path, has_folder: bool = True) -> Iterator[tuple[Archive, Config]]:
    """Open a capsule and check its config; raises SelfInstructError for one that must not be run."""
    with opened(path) as capsule:
        try:
            kept = capsule.object("config.json")
            check_words(kept.get("overrides"))
            if not isinstance(kept.get("config"), dict):
                raise ValueError("config.json holds no config")
            check_config(kept)
            check_folder(kept.get("needs"), has_folder)
        except (ValueError, RecursionError) as error:
            raise SelfInstructError(f"replay={path} is refused: {error}.") from None
        yield capsule, kept


@contextmanager
def replayed(values: Config, capsule: str, start: RunInfo) -> Iterator[tuple[Config, Callable[["Run"], None]]]:
    """Yield the config that answers from a capsule, and a function that compares its finished run with the capsule."""
    with checked(Path(capsule)) as (archive, kept):
        recordings, seeds, results = Recordings(archive), seeds_in(archive), results_of(archive)
        own = [word for word in start.overrides if word not in kept["overrides"] and not word.startswith(OURS)]
        changed = changes(kept["config"], settled(public(start.declared), start.config))
        if changed:  # refusals are found by the names of requests, which may now be other requests
            recordings.refused.clear()
        has_seeds = any(word.lstrip("+~").startswith("seeds") for word in own)
        try:
            yield (
                answered(values, recordings, Vectors(archive), None if has_seeds else seeds),
                lambda run: compare(run, archive, results, changed, own),
            )
        except DifferentError:
            raise
        except SelfInstructError as error:
            missing = unanswered(start.folder)
            if missing is None and not isinstance(error, ModelError):
                raise
            # not a ModelError, after which a run may be resumed: the capsule would answer no more
            raise SelfInstructError("\n".join(filter(None, [str(error), missing]))) from None


def answered(values: Config, recordings: Recordings, vectors: Vectors, seeds: Kept | None) -> Config:
    """Return the config with a `Replay` before every model and embedder, and the capsule's seeds."""

    def before(part: Config) -> Config:
        model = part.get("model")
        return part | {"model": {"_target_": REPLAY, "model": model, "recordings": recordings}} if model else part

    def with_vectors(part: Config) -> Config:
        model = part.get("embedder")
        return part | {"embedder": {"_target_": EMBEDDER, "model": model, "recordings": vectors}} if model else part

    def stage_before(stage: Config) -> Config:
        filters = {name: with_vectors(part) for name, part in (stage.get("filters") or {}).items()}
        return before(stage) | ({"filters": filters} if filters else {})

    stages = {name: stage_before(stage) for name, stage in values["recipe"].items()}
    return before(values) | {"recipe": stages} | ({} if seeds is None else {"seeds": seeds})


def with_words(words: list[str], key_of: Callable[[str], str], has_folder: bool = False) -> list[str]:
    """Return a command line in whose `replay=<path>` stands all that the capsule says and the line does not."""
    place = next(number for number, word in enumerate(words) if word.startswith("replay="))
    before, after = words[:place], [word for word in words[place + 1 :] if not word.startswith("replay=")]
    given = set(map(key_of, before + after))
    path = Path(words[place].partition("=")[2].strip("'\""))
    return [*before, *(word for word in words_of(path, has_folder) if key_of(word) not in given), *after]


def compare(run: "Run", archive: Archive, results: Mapping[str, str], changed: list[str], own: list[str]) -> None:
    """Print that the same came out; raises DifferentError with the first difference, or with unanswered requests."""
    difference = first_difference(archive, run.start.folder, results, "export" in run.actions)
    missing = unanswered(run.start.folder)
    overridden = "Overridden for this replay: " + ("; ".join(changed) or " ".join(own)) + "."
    if difference is None:
        print(f"All {len(results)} files have the hashes of the capsule: identical", flush=True)  # noqa: T201
    elif own and missing is None:
        print(f"{overridden} The capsule held the reply to every request.", flush=True)  # noqa: T201
    elif own:
        raise DifferentError(f"{overridden}\n{missing}")
    else:
        notes = [f"The config of this version differs: {'; '.join(changed)}."] if changed else []
        notes += [missing] if missing else []
        raise DifferentError("\n".join([f"Not identical. {difference}", *notes, *other_versions(archive)]))


def results_of(archive: Archive) -> dict[str, str]:
    """Return the SHA-256 of each file that the run wrote; raises SelfInstructError where the capsule has none."""
    results = archive.object("provenance.json").get("results")
    if not isinstance(results, dict) or not {POOL, REJECTED, ROUNDS} <= set(results):
        raise SelfInstructError(f"{archive.path}: provenance.json does not have the hashes of the run's files.")
    return results


def first_difference(archive: Archive, folder: Path, results: Mapping[str, str], has_dataset: bool) -> str | None:
    """Return where the files of a run first differ from those of the capsule; None if they do not."""
    names = [name for name in results if has_dataset or not name.startswith("dataset/")]
    differing = [name for name in names if not (folder / name).is_file() or digest_of(folder / name) != results[name]]
    for name in (ROUNDS, *archive.dataset):
        if name in differing and (folder / name).is_file():
            with archive.open(name) as before, (folder / name).open("rb") as now:
                for number, (old, new) in enumerate(zip_longest(before, now, fillvalue=b"{}"), 1):
                    if old != new:
                        return f"The first difference is in {name}, line {number}{figure(old, new)}."
    return f"The first difference is in {differing[0]}: its SHA-256 differs." if differing else None


def figure(old: bytes, new: bytes) -> str:
    """Return the first key of two rows that differs, as the end of a sentence; empty for what is no row."""
    try:
        difference = next(compared(json.loads(old), json.loads(new)), None)
    except (ValueError, AttributeError):
        return ""
    return f": {difference.text}" if difference else ""


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return every key that shapes the data and differs from the capsule, with both values."""
    return [
        found.text
        for found in compared(old, new)
        if not found.key.startswith(("seeds.", "replay")) and (TARGETS.fullmatch(found.key) or not found.is_free)
    ]


def unanswered(folder: Path) -> str | None:
    """Return a sentence that names the requests of a run which its capsule did not answer; None if there are none."""
    if not (folder / REJECTED).is_file():
        return None
    with (folder / REJECTED).open(encoding="utf-8") as file:
        rows = [json.loads(text) for text in file if NOT_HELD in text]
    names = [row["request"] for row in rows if row["filter"] == MODEL and row["reason"] == NOT_HELD]
    more = " and others; rejected.jsonl names all" if len(names) > MOST_NAMED else ""
    first = ", ".join(names[:MOST_NAMED])
    return f"The capsule holds no reply to {len(names):,} of the requests: {first}{more}." if names else None


def other_versions(archive: Archive) -> list[str]:
    """Return a sentence on the package versions that differ from those that wrote the capsule; nothing if none does."""
    software = archive.object("provenance.json").get("software")
    old = software.get("versions") if isinstance(software, dict) else None
    found = [one.text for one in compared(old, versions())] if isinstance(old, dict) else []
    return [f"Versions differ: {'; '.join(found)}."] if found else []
