"""What of a run's config a capsule holds, and what it may hold.

A capsule's overrides are composed by Hydra, which can start launchers and callbacks by a `_target_`, read the
environment, and search for configs elsewhere; and a run can upload data.  So a capsule contains only what shapes the
data, in plain values; all other overrides are left out when it is written, and refused when it is read.

What a config reads outside itself, environment variables and published prompts, is written out.  Parts of another
package and files of another config folder are not in a capsule: it holds data only.  So a run that has them is written
as a capsule only where its author allows it; the capsule then says what else is needed, and a replay asks for it.
"""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.storage.differences import OUTSIDE, leaves
from selfinstruct.text import policy
from selfinstruct.text.command import hydra_word
from selfinstruct.text.places import file_name
from selfinstruct.text.policy import ALLOW, OURS, is_allowed

if TYPE_CHECKING:
    from selfinstruct.run_info import RunInfo

ROOTS = ("recipe", "seeds", "model", "formats", "budget", "random_seed", "structured", "experiment")
"""The keys of a config that shape the data."""
GROUPS = ("sampler", "prompt", "filters", "few_shot", "model", "embedder", "seeds")
"""The groups whose options may be put into a recipe."""
WORD = re.compile(r"(\+\+|\+|~)?(?P<key>[\w/.]+)(@(?P<package>[\w.]+))?(=(?P<value>.*))?", re.ASCII | re.DOTALL)
OPTION = re.compile(r"[\w/\[\], ]*", re.ASCII)
REFERENCE = re.compile(r"\$\{(?!\w[\w.]*\})|\$\{hydra\b")
"""An interpolation that is not a plain reference to another key, but calls a resolver (such as the environment)."""
LOCAL = re.compile(
    r"((recipe\.\w+\.)?model|recipe\.\w+\.filters\.\w+\.embedder)\.store|seeds\.(path|first|second|test_tasks)|budget\.minutes"
)
"""Keys whose values hold on one machine only, or on one day."""
NOT_DATA = ("actions", "trackers", "published", "trainer", "benchmarks", "protocol", "spacy_model")
"""Keys of a config that do not shape the dataset."""
TARGET = "_target_"
SHIPPED = "${conf:"
"""How the path of a file begins that comes with the program, wherever that lies."""
SEEDS = "seeds.jsonl"
"""The file of a capsule that holds the seeds."""


def kept(words: Sequence[str]) -> list[str]:
    """Return the overrides of a run that belong in its capsule."""
    return [word for word in words if shapes_data(word) and not LOCAL.fullmatch(word.lstrip("+~").partition("=")[0])]


def shapes_data(word: str) -> bool:
    """Return whether an override sets something that shapes the data."""
    if not (found := WORD.fullmatch(word)):
        return False
    root = re.split(r"[./]", found["package"] or found["key"])[0]
    group = re.split(r"[./]", found["key"])[0]
    return root in ROOTS and (found["package"] is None or group in (*GROUPS, *ROOTS))


def check_words(words: object) -> None:
    """Raise ValueError for the first override that a capsule may not contain."""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError("config.json: 'overrides' is not a list of words")
    for word in words:
        if problem := problem_of(word):
            raise ValueError(f"its override {word[:80]!r} {problem}")


def problem_of(word: str) -> str | None:
    """Return why an override is not allowed in a capsule; None for one that is."""
    found = WORD.fullmatch(word)
    if TARGET in word:
        return f"sets a {TARGET}, and a capsule holds data only"
    if found is None or not shapes_data(word):
        return "sets something else than recipe, seeds, model, formats, budget and random seed"
    value = found["value"] or ""
    if REFERENCE.search(value):
        return "would read something outside the config"
    chooses = "." not in found["key"] and found["key"] != "random_seed"
    if ".." in found["key"] or (chooses and not OPTION.fullmatch(value)):
        return "does not name an option of a group"
    return None


def check_config(config: Mapping[str, Any]) -> None:
    """Raise ValueError for a config that would run other code than ours, or than what the user allows."""
    for key, target in targets(config):
        if not isinstance(target, str) or not is_allowed(target):
            raise ValueError(
                f"config.json: {key} is {str(target)[:60]!r}, and a capsule holds data only. If you trust that package,"
                f" install it and allow it by name: {ALLOW}=<package>"
            )


def targets(node: object) -> Iterator[tuple[str, object]]:
    """Yield every `_target_` of a config, with its key."""
    return ((".".join(path), value) for path, value in policy.leaves(node) if TARGET in path)


def public(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config without what was said for one command, or for one machine, only."""
    return {key: value for key, value in config.items() if key not in NOT_DATA}


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
