"""What may change when a run is resumed, and the config that its folder stores then.

A stage that has committed a round keeps its config, or its tasks would be of two experiments.  One that has none yet
may change, and so may the run's model while every stage that has asked has a model of its own.

The folder then stores the new config and its overrides, so that a new run of `config.json` gives the same pool.  Keys
that shape no round stay in it as they were, except in the parts that have changed.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from selfinstruct.storage.differences import FREE, differences, leaves
from selfinstruct.storage.folder import is_own, store_config, stored_config, stored_overrides
from selfinstruct.storage.journal import ROUNDS
from selfinstruct.storage.rows import lines_of

INTERPOLATION = re.compile(r"\$\{([^}]*)\}")


def refused_changes(folder: Path, declared: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each key that differs and has shaped a committed round of this folder."""
    if (stored := stored_config(folder)) is None:
        return []
    free = open_parts(stored, declared, stages_begun(folder))
    return [one.sentence for one in differences(stored, declared) if part_of(one.key) not in free]


def store_changes(
    folder: Path,
    declared: Mapping[str, Any],
    overrides: Sequence[str],
    *,
    flags: Mapping[str, str] | None = None,
    resolved: Mapping[str, Any] | None = None,
) -> None:
    """Store the config of a resumed run where it differs in more than what may always change.

    The folder of somebody else stays so: some of what it holds is still as it was.
    """
    if (kept := stored_config(folder)) is None or not (found := differences(kept, declared)):
        return
    changed = {part_of(one.key) for one in found}
    before = [word for word in stored_overrides(folder) if is_as_before(key_of(word), changed)]
    now = [word for word in overrides if not is_as_before(key_of(word), changed)]
    config, words = merged(kept, declared, changed), [*before, *now]
    store_config(folder, config, words, flags=flags, resolved=resolved, is_own=is_own(folder))


def is_as_before(key: str, changed: Collection[str]) -> bool:
    """Return whether a key shapes no round, and belongs to no part that has changed."""
    return FREE.fullmatch(key) is not None and part_of(key) not in changed


def stages_begun(folder: Path) -> set[str]:
    """Return the stages that have committed a round; what is wrong in the file is reported when it is opened."""
    found = set()
    for _, text in lines_of(folder / ROUNDS):
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            found.add(str(json.loads(text)["stage"]))
    return found


def part_of(key: str) -> str:
    """Return the part of a config that a key belongs to: its stage, or the first of its names."""
    names = key.split(".")
    return ".".join(names[:2]) if names[0] == "recipe" else names[0]


def open_parts(kept: Mapping[str, Any], declared: Mapping[str, Any], begun: Collection[str]) -> set[str]:
    """Return the parts that have shaped no round: stages without one, and the model if no other stage has asked it.

    A part to which one that must stay refers, by an interpolation, must stay as well.
    """
    both = [name for name in kept["recipe"] if name in declared["recipe"]]
    free = {f"recipe.{name}" for name in both if name not in begun}
    asked = [config["recipe"].get(name) for config in (kept, declared) for name in begun]
    if all(isinstance(stage, Mapping) and isinstance(stage.get("model"), Mapping) for stage in asked):
        free.add("model")
    named = {name for config in (kept, declared) for name in references(config, free)}
    return {part for part in free if part.split(".")[-1] not in named}


def references(config: Mapping[str, Any], free: Collection[str]) -> Iterator[str]:
    """Yield every name within an interpolation of the parts that must stay."""
    for key, value in leaves(config):
        if part_of(key) not in free and isinstance(value, str):
            for inside in INTERPOLATION.findall(value):
                yield from re.findall(r"\w+", inside)


def merged(
    kept: Mapping[str, Any], declared: Mapping[str, Any], changed: Collection[str], prefix: str = ""
) -> dict[str, Any]:
    """Return the new config, in which the keys that shape no round are as they were stored."""
    made: dict[str, Any] = {}
    for name in {**declared, **kept}:
        key, old, new = f"{prefix}{name}", kept.get(name), declared.get(name)
        if is_as_before(key, changed):
            made |= {name: old} if name in kept else {}
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            made[name] = merged(old, new, changed, f"{key}.")
        elif name in declared:
            made[name] = new
    return made


def key_of(word: str) -> str:
    """Return the key of an override."""
    return word.lstrip("+~").partition("=")[0]
