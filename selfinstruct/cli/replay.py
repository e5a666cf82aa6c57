"""Run a capsule again, offline, and tell whether the same comes out.

The capsule's overrides are composed as anybody's, so that whatever is changed on the way is changed in the ordinary
manner.  Then every model in the config gets a `Replay` before it, which has its name and identity and the recorded
replies, and the seeds are read from the capsule.  What the run writes is compared with what the capsule says was
written.

Rejected: to run the capsule's composed config as it stands, without ours; nothing of it could be changed by the words
that everybody knows, and a config from a stranger would be trusted with everything.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from selfinstruct.actions.publication.archive import Archive, opened
from selfinstruct.actions.publication.overrides import check_config, check_words
from selfinstruct.actions.publication.portable import check_folder, public, settled
from selfinstruct.actions.publication.replies import Recordings, recordings_of
from selfinstruct.actions.publication.seeds import Kept, seeds_in
from selfinstruct.actions.publication.verify import (
    changes,
    first_difference,
    not_held,
    other_code,
    results_of,
    told,
)
from selfinstruct.cli.strangers import reads_published
from selfinstruct.errors import SelfInstructError
from selfinstruct.run_info import RunInfo

if TYPE_CHECKING:
    from selfinstruct.run import Run

Config: TypeAlias = dict[str, Any]
REPLAY = "selfinstruct.model.replay.Replay"
OURS = ("actions=", "trackers=", "+replay=", "published=")
"""How the words begin that a replay adds to those of its capsule."""


def words_of(path: Path, has_folder: bool = False) -> list[str]:
    """The command line that runs a capsule; raises SelfInstructError for what is none, or may not be run.

    `has_folder` says whether a config folder is named on the command line, which a capsule may need.
    """
    with checked(path) as (_, kept):
        try:
            check_folder(kept.get("needs"), has_folder)
        except ValueError as error:
            raise SelfInstructError(f"replay={path} cannot be used: {error}.") from None
        where = json.dumps(str(path.resolve()), ensure_ascii=False)
        texts = [f"published={where}"] if reads_published(kept["config"]) else []
        return [*kept["overrides"], *texts, "actions=[generate,export]", "trackers=[console]", f"+replay={where}"]


@contextmanager
def checked(path: Path) -> Iterator[tuple[Archive, Config]]:
    """A capsule with its config, both checked; raises SelfInstructError for what may not be run."""
    with opened(path) as capsule:
        try:
            kept = capsule.object("config.json")
            check_words(kept.get("overrides"))
            if not isinstance(kept.get("config"), dict):
                raise ValueError("config.json holds no config")
            check_config(kept)
        except (ValueError, RecursionError) as error:
            raise SelfInstructError(f"replay={path} is refused: {error}.") from None
        yield capsule, kept


@contextmanager
def replayed(values: Config, capsule: str, start: RunInfo) -> Iterator[tuple[Config, Callable[["Run"], None]]]:
    """Yield the config that answers from a capsule, and a function that compares its finished run with the capsule."""
    with checked(Path(capsule)) as (archive, kept), ExitStack() as stack:
        try:
            recordings = stack.enter_context(recordings_of(archive))
            seeds, results = seeds_in(archive), results_of(archive)
        except (ValueError, RecursionError) as error:
            raise SelfInstructError(f"replay={capsule} is refused: {error}.") from None
        own = [word for word in start.overrides if word not in kept["overrides"] and not word.startswith(OURS)]
        changed = changes(kept["config"], settled(public(start.declared), start.config))
        if changed:  # who is refused, is known by the requests' names, and they may be others now
            recordings.refused.clear()
        has_seeds = any(word.lstrip("+~").startswith("seeds") for word in own)
        try:
            yield (
                answered(values, recordings, None if has_seeds else seeds),
                lambda run: tell(run, archive, results, changed, own),
            )
        except SelfInstructError as error:
            if not (missing := not_held(start.folder)) or told(missing) in str(error):
                raise
            raise SelfInstructError(f"{error}\n{told(missing)}") from None


def answered(values: Config, recordings: Recordings, seeds: Kept | None) -> Config:
    """The config with a `Replay` before every model, and the capsule's seeds."""

    def before(model: object) -> Config:
        return {"_target_": REPLAY, "model": model, "recordings": recordings}

    def stage(part: Config) -> Config:
        return part | {"model": before(part["model"])} if part.get("model") else part

    changed: Config = {
        "model": before(values["model"]),
        "recipe": {name: stage(part) for name, part in values["recipe"].items()},
    }
    if seeds is not None:
        changed["seeds"] = seeds
    return values | changed


def with_words(words: list[str], key_of: Callable[[str], str], has_folder: bool = False) -> list[str]:
    """A command line in whose `replay=<path>` stands all that the capsule says and the line does not."""
    place = next(number for number, word in enumerate(words) if word.startswith("replay="))
    before, after = words[:place], [word for word in words[place + 1 :] if not word.startswith("replay=")]
    given = set(map(key_of, before + after))
    path = Path(words[place].partition("=")[2].strip("'\""))
    return [*before, *(word for word in words_of(path, has_folder) if key_of(word) not in given), *after]


def tell(run: "Run", archive: Archive, results: Mapping[str, str], changed: list[str], own: list[str]) -> None:
    """Say that the same came out; raises SelfInstructError with the first difference, or with what is not held."""
    folder = run.start.folder
    difference = first_difference(archive, folder, results, "export" in run.actions)
    if difference is None:
        print(f"All {len(results)} files have the hashes that the capsule says: identical", flush=True)  # noqa: T201
        return
    missing = not_held(folder)
    if own:
        text = "Changed on the way: " + ("; ".join(changed) or " ".join(own)) + "."
        if missing:
            raise SelfInstructError(f"{text}\n{told(missing)}")
        print(f"{text} The capsule held the reply to every request.", flush=True)  # noqa: T201
        return
    notes = [f"This version's config is another: {'; '.join(changed)}."] if changed else []
    notes += [told(missing)] if missing else []
    raise SelfInstructError("\n".join([f"Not identical. {difference}", *notes, *other_code(archive)]))
