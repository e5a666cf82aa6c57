"""What a config refers to outside itself, and what stands for it in a capsule.

A variable of the environment has another value on another machine, and a published prompt is read from a copy of a
repository, so the values of both are written out.  Parts of another package and files of another config folder are not
in a capsule: it holds data only, and code has a better home in a repository.  So a run that has them is written as a
capsule only where its author allows it; the capsule then says what else is needed, and a replay asks for it.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.actions.card.facts import file_name
from selfinstruct.actions.publication.overrides import LOCAL, ROOTS, targets
from selfinstruct.storage.differences import OUTSIDE, leaves
from selfinstruct.text.command import hydra_word
from selfinstruct.text.policy import ALLOW, OURS

if TYPE_CHECKING:
    from selfinstruct.run_info import RunInfo

SHIPPED = "${conf:"
"""How the path of a file begins that comes with the program, wherever that lies."""
SEEDS = "seeds.jsonl"
"""The file of a capsule that holds the seeds."""


def public(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config without what was said for one command, or for one machine, only."""
    return {key: value for key, value in config.items() if key not in ("actions", "trackers", "published")}


def without_places(config: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    """Return a config that names no folder of this machine: seeds are the capsule's own, and a store has its name."""
    made: dict[str, Any] = {}
    for name, value in config.items():
        place = f"{key}.{name}" if key else name
        if isinstance(value, Mapping):
            made[name] = without_places(value, place)
        elif not isinstance(value, str) or not LOCAL.fullmatch(place) or value.startswith(SHIPPED):
            made[name] = value
        else:
            made[name] = SEEDS if place == "seeds.path" else file_name(value)
    return made


def settled(declared: Mapping[str, Any], resolved: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config as it was written, but with the values of what it reads outside itself."""
    return {
        key: settled(value, resolved[key])
        if isinstance(value, Mapping)
        else (resolved[key] if OUTSIDE.search(str(value)) else value)
        for key, value in declared.items()
    }


def settled_words(words: list[str], declared: Mapping[str, Any], resolved: Mapping[str, Any]) -> list[str]:
    """Return the overrides of a run, with the values of what its config reads outside itself."""
    values = dict(leaves(resolved))
    for key, value in leaves(declared):
        is_shared = key.split(".")[0] in ROOTS and not LOCAL.fullmatch(key)
        if is_shared and OUTSIDE.search(str(value)) and isinstance(values[key], str):
            text = f'"{values[key]}"' if values[key].isdigit() else hydra_word(values[key])
            typed = next((word for word in words if word.lstrip("+").partition("=")[0] == key), f"{key}=")
            words = [*(word for word in words if word != typed), f"{typed.partition('=')[0]}={text}"]
    return words


def needs_of(start: "RunInfo") -> dict[str, Any]:
    """Return the packages and the config folder that a run's config is made of, besides those of the program."""
    names = {str(target).split(".")[0] for _, target in targets(public(start.declared))}
    folder = next((Path(start.flags[flag]).name for flag in ("config_dir", "config_path") if flag in start.flags), None)
    return {"packages": sorted(names - {OURS}), "config_folder": folder, "config_name": start.flags.get("config_name")}


def named(needs: Mapping[str, Any]) -> str:
    """Return what is needed besides the program, for a sentence; an empty text for nothing."""
    packages = [f"the package {name}" for name in needs["packages"]]
    folder = [f"the config folder {needs['config_folder']}"] if needs["config_folder"] else []
    return " and ".join([*packages, *folder])


def command(needs: Mapping[str, Any], program: str, capsule: str) -> str:
    """Return the command that replays a capsule with what it needs."""
    allowed = [f"{ALLOW}={','.join(needs['packages'])}"] if needs["packages"] else []
    flags = [
        f"--{key.replace('folder', 'dir').replace('_', '-')} {shlex.quote(str(needs[key]))}"
        for key in ("config_folder", "config_name")
        if needs[key]
    ]
    return " ".join([*allowed, program, *flags, shlex.quote(f"replay={hydra_word(capsule)}")])


def check_folder(needs: object, has_folder: bool) -> None:
    """Raise ValueError for a capsule whose config files are missing."""
    folder = needs.get("config_folder") if isinstance(needs, Mapping) else None
    if folder and not has_folder:
        raise ValueError(
            f"it was made with config files that are not in it. Add your copy of its authors' config folder,"
            f" {str(folder)[:60]!r}: --config-dir <folder>"
        )
