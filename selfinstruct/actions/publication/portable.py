"""What a config refers to outside itself, and what stands for it in a capsule.

A variable of the environment has another value on another machine, so its value is written out.  A published prompt is
read from the replayer's copy of a repository, which need not exist: its text is in the capsule's resolved config, and a
replay reads it there.  Parts of another package and files of another config folder are not in a capsule: to carry them
was rejected, since a capsule holds data only and code has a better home in a repository.  So a run that has them is
written as a capsule only where its author allows it; the capsule then says what else is needed, and a replay asks for
it.
"""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.actions.card.facts import file_name
from selfinstruct.actions.publication.archive import opened
from selfinstruct.actions.publication.overrides import LOCAL, ROOTS, targets
from selfinstruct.errors import SelfInstructError
from selfinstruct.storage.differences import leaves
from selfinstruct.text.command import hydra_word
from selfinstruct.text.policy import ALLOW, OURS

if TYPE_CHECKING:
    from selfinstruct.run_info import RunInfo

ENVIRONMENT = "${oc.env:"
SHIPPED = "${conf:"
"""How the path of a file begins that comes with the program, wherever that lies."""
SEEDS = "seeds.jsonl"
"""The file of a capsule that holds the seeds."""
TEXT = re.compile(r"\$\{published:\$\{published\},([^,{}]+)(?:,([^,{}]+))?(?:,(\d+))?\}")
"""How the YAML of a published prompt names a text: file, name and place."""
FOLDERS = ("config_dir", "config_path")


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
    """Return the config as it was written, but with the values of environment variables."""
    return {
        key: settled(value, resolved[key])
        if isinstance(value, Mapping)
        else (resolved[key] if ENVIRONMENT in str(value) else value)
        for key, value in declared.items()
    }


def settled_words(words: list[str], declared: Mapping[str, Any], resolved: Mapping[str, Any]) -> list[str]:
    """Return the overrides of a run, with the values of the environment variables that its config reads."""
    values = dict(leaves(resolved))
    for key, value in leaves(declared):
        if ENVIRONMENT in str(value) and isinstance(values[key], str) and is_shared(key):
            typed = next((word for word in words if word.lstrip("+").partition("=")[0] == key), f"{key}=")
            words = [*(word for word in words if word != typed), f"{typed.partition('=')[0]}={quoted(values[key])}"]
    return words


def is_shared(key: str) -> bool:
    """Return whether a key shapes the data on every machine."""
    return key.split(".")[0] in ROOTS and not LOCAL.fullmatch(key)


def quoted(text: str) -> str:
    """Return a text as Hydra reads it as one, digits too."""
    return f'"{text}"' if text.isdigit() else hydra_word(text)


def needs_of(start: "RunInfo") -> dict[str, Any]:
    """Return the packages and the config folder that a run's config is made of, besides those of the program."""
    names = {str(target).split(".")[0] for _, target in targets(public(start.declared), "")}
    folder = next((Path(start.flags[flag]).name for flag in FOLDERS if flag in start.flags), None)
    return {"packages": sorted(names - {OURS}), "config_folder": folder, "config_name": start.flags.get("config_name")}


def named(needs: Mapping[str, Any]) -> str:
    """Return what is needed besides the program, for a sentence; an empty text for nothing."""
    packages = [f"the package {name}" for name in needs["packages"]]
    folder = [f"the config folder {needs['config_folder']}"] if needs["config_folder"] else []
    return " and ".join([*packages, *folder])


def command(needs: Mapping[str, Any], program: str, capsule: str) -> str:
    """Return the command that replays a capsule with what it needs."""
    allowed = [f"{ALLOW}={','.join(needs['packages'])}"] if needs["packages"] else []
    folder = [f"--config-dir {shlex.quote(str(needs['config_folder']))}"] if needs["config_folder"] else []
    name = [f"--config-name {shlex.quote(str(needs['config_name']))}"] if needs["config_name"] else []
    return " ".join([*allowed, program, *folder, *name, shlex.quote(f"replay={hydra_word(capsule)}")])


def check_folder(needs: object, has_folder: bool) -> None:
    """Raise ValueError for a capsule whose config files are missing."""
    folder = needs.get("config_folder") if isinstance(needs, Mapping) else None
    if folder and not has_folder:
        raise ValueError(
            f"it was made with config files that are not in it. Add your copy of its authors' config folder,"
            f" {str(folder)[:60]!r}: --config-dir <folder>"
        )


def text_of(capsule: Path, file: str, name: str | None = None, place: int = 0) -> str:
    """Return a published text that a capsule holds; raises ValueError where it does not."""
    found = texts_in(capsule).get((file, name, place))
    if found is None:
        raise ValueError(f"the capsule {capsule} holds no text of {file}; set published=<folder>, a copy of it")
    return found


def texts_in(capsule: Path) -> dict[tuple[str, str | None, int], str]:
    """Return the published texts of a capsule by file, name and place."""
    try:
        with opened(capsule) as archive:
            kept = archive.object("config.json")
    except SelfInstructError as error:
        raise ValueError(str(error)) from None
    values = dict(leaves(kept.get("resolved")))
    found = ((values.get(key), TEXT.fullmatch(str(value))) for key, value in leaves(kept.get("config")))
    return {(at[1], at[2], int(at[3] or 0)): text for text, at in found if at and isinstance(text, str)}
