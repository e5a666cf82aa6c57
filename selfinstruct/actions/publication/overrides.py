"""Which overrides a capsule may contain.

A capsule's overrides are composed by Hydra, which can start launchers and callbacks by a `_target_`, read the
environment, and search for configs elsewhere; and a run can upload data.  So a capsule contains only what shapes the
data (recipe, seeds, model, formats, budget, random seed), in plain values; all other overrides of the run are left out
when the capsule is written, and refused when it is read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from selfinstruct.text.policy import ALLOW, is_allowed, leaves

ROOTS = ("recipe", "seeds", "model", "formats", "budget", "random_seed", "experiment")
"""The keys of a config that shape the data."""
GROUPS = ("sampler", "prompt", "filters", "few_shot", "model", "seeds")
"""The groups whose options may be put into a recipe."""
WORD = re.compile(r"(\+\+|\+|~)?(?P<key>[\w/.]+)(@(?P<package>[\w.]+))?(=(?P<value>.*))?", re.ASCII | re.DOTALL)
OPTION = re.compile(r"[\w/\[\], ]*", re.ASCII)
REFERENCE = re.compile(r"\$\{(?!\w[\w.]*\})|\$\{hydra\b")
"""An interpolation that is not a plain reference to another key, but calls a resolver (such as the environment)."""
LOCAL = re.compile(r"(recipe\.\w+\.)?model\.store|seeds\.path|budget\.minutes")
"""Keys whose values hold on one machine only, or on one day."""
TARGET = "_target_"


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
    return ((".".join(path), value) for path, value in leaves(node) if TARGET in path)
