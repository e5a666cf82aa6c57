"""The run folder as a whole: one process at a time, and one config from the first round to the last.

A run stores the config that it started with in `config.json` (Hydra writes `.hydra/` anew at every start), and one that
differs is refused (`selfinstruct.storage.differences`).  A run that is killed before that has what Hydra wrote down.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from selfinstruct.errors import RunFolderError
from selfinstruct.storage.hashes import LENGTH
from selfinstruct.storage.ownership import is_sealed, is_start_own, sealed
from selfinstruct.storage.remedies import LOCK, refusal, unwritable
from selfinstruct.text.plain_files import odd_kind

CONFIG = "config.json"
FLAGS = ("config_path", "config_name", "config_dir")
"""The flags of the command line without which a run's config cannot be composed again."""
HASH = "sha256"
"""The key in `config.json` of the hash of all its other keys."""
FOREIGN = "it is not what a run writes"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep every other process out of a run folder, by SQLite's lock; raises RunFolderError if one is in it."""
    try:
        connection = sqlite3.connect(folder / LOCK, timeout=0, isolation_level=None)
    except sqlite3.Error as error:
        raise unwritable(folder / LOCK, error) from None
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        connection.close()
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or refusal(folder / LOCK):
            raise unwritable(folder / LOCK, error) from None
        raise RunFolderError(f"{folder} is in use by another process. Wait for it, or choose another folder.") from None
    try:
        yield
    finally:
        connection.close()


def is_held(folder: Path) -> bool:
    """Return whether a process is at work in a run folder, without keeping one out or leaving a file."""
    if odd_kind(folder / LOCK) is not None or not (folder / LOCK).is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{(folder / LOCK).absolute().as_uri()}?mode=ro", timeout=0, uri=True)) as lock:
            lock.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.Error as error:
        return error.sqlite_errorcode == sqlite3.SQLITE_BUSY
    return False


def replace_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all; raises RunFolderError where it cannot be written."""
    with replacing(path) as file:
        file.write(text.encode())


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write, which takes the place of another when all of it is on disk, also where the power fails.

    Raises RunFolderError where it cannot be written.
    """
    part_path = path.with_name(path.name + ".part")
    try:
        part_path.unlink(missing_ok=True)  # what a run left that was killed; or a link, which is not followed
        with part_path.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part_path, path)
    except OSError as error:
        raise unwritable(path, error) from None
    finally:
        with suppress(OSError):
            part_path.unlink(missing_ok=True)


def store_config(
    folder: Path,
    declared: Mapping[str, Any],
    overrides: Sequence[str],
    *,
    flags: Mapping[str, str] | None = None,
    resolved: Mapping[str, Any] | None = None,
    is_own: bool = True,
) -> None:
    """Write down a config, as declared and resolved, with the words and flags as typed; sealed if the user's own."""
    found = {"overrides": overrides, "flags": flags or {}, "config": declared, "resolved": resolved or declared}
    kept = hashed(sealed(found) if is_own else found)
    replace_text(folder / CONFIG, json.dumps(kept, indent=2, ensure_ascii=False) + "\n")


def stored_config(folder: Path) -> dict[str, Any] | None:
    """Return the config that the folder's run began with, if any; raises RunFolderError if it cannot be read."""
    kept = _kept(folder)
    if kept is None:
        return None
    config = cast(dict[str, Any], kept["config"])
    recipe = config.get("recipe")
    is_recipe = isinstance(recipe, dict) and all(isinstance(stage, dict) for stage in recipe.values())
    if not is_recipe or type(config.get("random_seed")) not in (int, str):  # str: an interpolation
        raise RunFolderError(f"{folder / CONFIG} cannot be read ({FOREIGN}).")
    return config


def stored_overrides(folder: Path) -> list[str]:
    """Return what was overridden when the folder's run began, by Hydra's own note if it had not stored its config."""
    kept = _kept(folder)
    found = noted(folder, "overrides.yaml") if kept is None else kept["overrides"]
    return [word for word in found if isinstance(word, str)] if isinstance(found, list) else []


def stored_values(folder: Path) -> dict[str, Any]:
    """Return the stored config with its interpolations resolved; empty where an older version stored none."""
    resolved = (_kept(folder) or {}).get("resolved")
    return resolved if isinstance(resolved, dict) else {}


def stored_flags(folder: Path) -> dict[str, str] | None:
    """Return the flags by which the folder's run was composed; None where the run has not kept its config."""
    if (kept := _kept(folder)) is None:
        return None
    flags = kept.get("flags", {})  # older versions kept none
    if not isinstance(flags, dict) or not all(isinstance(flags.get(name, ""), str) for name in FLAGS):
        raise RunFolderError(f"{folder / CONFIG} cannot be read ({FOREIGN}).")
    return {name: flags[name] for name in FLAGS if flags.get(name)}


def is_own(folder: Path) -> bool:
    """Return whether a run of this user has stored the folder's config; raises RunFolderError if it cannot be read."""
    kept = {key: value for key, value in (_kept(folder) or {}).items() if key != HASH}
    return is_sealed(kept) if kept else is_start_own(folder)


def noted(folder: Path, name: str) -> Any:
    """Return what Hydra wrote into a file when the run's process started; None where it cannot be read."""
    import yaml  # type: ignore[import-untyped]

    path = folder / ".hydra" / name
    try:
        return None if odd_kind(path) else yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _kept(folder: Path) -> dict[str, Any] | None:
    path = folder / CONFIG
    try:
        if (kind := odd_kind(path)) is not None:
            raise ValueError(f"it is a {kind}")
        found = json.loads(path.read_text(encoding="utf-8"))
        if HASH in found and found[HASH] != hashed(found)[HASH]:
            raise ValueError("it has changed since the run wrote it; restore it from a copy")
        if isinstance(found["config"], dict) and all(isinstance(word, str) for word in found["overrides"]):
            return cast(dict[str, Any], found)
        raise ValueError(FOREIGN)
    except FileNotFoundError:
        return None
    except (KeyError, TypeError):
        raise RunFolderError(f"{path} cannot be read ({FOREIGN}).") from None
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        raise RunFolderError(f"{path} cannot be read ({error}).") from None


def hashed(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Add a hash to what is kept, by which a changed byte is found also in values that a run may change."""
    content = {key: value for key, value in kept.items() if key != HASH}
    text = json.dumps(content)
    return {**content, HASH: hashlib.sha256(text.encode()).hexdigest()[:LENGTH]}
