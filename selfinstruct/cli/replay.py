"""Run a capsule again, offline, and report whether the same comes out.

The capsule's overrides are composed like any others, so that keys are changed for a replay in the usual way.  Then
every model in the config gets a `Replay` before it, which has its name and fingerprint and the recorded replies, and
the seeds are read from the capsule.  The files that the run writes are compared with the hashes in the capsule.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from selfinstruct.actions.publication.archive import Archive, opened
from selfinstruct.actions.publication.portable import check_config, check_folder, check_words, public, settled
from selfinstruct.actions.publication.replies import Recordings
from selfinstruct.actions.publication.verify import changes, first_difference, other_versions, results_of, unanswered
from selfinstruct.errors import SelfInstructError
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.rows import task_of
from selfinstruct.task import Task

if TYPE_CHECKING:
    from selfinstruct.run import Run

Config: TypeAlias = dict[str, Any]
REPLAY = "selfinstruct.model.replay.Replay"
OURS = ("actions=", "trackers=", "+replay=")
"""How the words begin that a replay adds to those of its capsule."""


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
                answered(values, recordings, None if has_seeds else seeds),
                lambda run: compare(run, archive, results, changed, own),
            )
        except DifferentError:
            raise
        except SelfInstructError as error:
            if (missing := unanswered(start.folder)) is None:
                raise
            raise SelfInstructError(f"{error}\n{missing}") from None


def answered(values: Config, recordings: Recordings, seeds: Kept | None) -> Config:
    """Return the config with a `Replay` before every model, and the capsule's seeds."""

    def before(part: Config) -> Config:
        model = part.get("model")
        return part | {"model": {"_target_": REPLAY, "model": model, "recordings": recordings}} if model else part

    stages = {name: before(stage) for name, stage in values["recipe"].items()}
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
