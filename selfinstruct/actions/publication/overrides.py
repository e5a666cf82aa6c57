"""Which words of a command line a capsule may bring, and which it may not.

A capsule's overrides are composed by Hydra, and Hydra can be told to do much: to start launchers and callbacks by a
`_target_`, to read the environment, to search for configs elsewhere; and a run can be told to upload.  So a capsule
brings only what shapes the data (recipe, seeds, model, formats, budget, random seed), in plain values; whatever else
was on the command line when the run was made is left out when the capsule is written, and refused when it is read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from selfinstruct.text.policy import ALLOW, is_allowed

ROOTS = ("recipe", "seeds", "model", "formats", "budget", "random_seed", "experiment")
"""The keys of a config that shape the data."""
GROUPS = ("sampler", "prompt", "filters", "few_shot", "model", "seeds")
"""The groups whose options may be put into a recipe."""
WORD = re.compile(r"(\+\+|\+|~)?(?P<key>[\w/.]+)(@(?P<package>[\w.]+))?(=(?P<value>.*))?", re.ASCII | re.DOTALL)
OPTION = re.compile(r"[\w/\[\], ]*", re.ASCII)
REFERENCE = re.compile(r"\$\{(?!\w[\w.]*\})|\$\{hydra\b")
"""An interpolation that is no plain reference to another key, but asks a resolver (the environment, say)."""
LOCAL = re.compile(r"(recipe\.\w+\.)?model\.store|seeds\.path|budget\.minutes")
"""What holds on one machine only, or on one day."""
TARGET = "_target_"


def kept(words: Iterable[str]) -> list[str]:
    """The overrides of a run that belong into its capsule."""
    return [word for word in words if shapes_data(word) and not LOCAL.fullmatch(word.lstrip("+~").partition("=")[0])]


def shapes_data(word: str) -> bool:
    """Whether an override is about what shapes the data."""
    if not (found := WORD.fullmatch(word)):
        return False
    root = re.split(r"[./]", found["package"] or found["key"])[0]
    group = re.split(r"[./]", found["key"])[0]
    return root in ROOTS and (found["package"] is None or group in (*GROUPS, *ROOTS))


def check_words(words: object) -> list[str]:
    """The overrides of a stranger's capsule; raises ValueError for the first that it may not bring."""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError("config.json: 'overrides' is no list of words")
    for word in words:
        if problem := problem_of(word):
            raise ValueError(f"its override {word[:80]!r} {problem}")
    return words


def problem_of(word: str) -> str | None:
    """Why a capsule may not bring this override, if so."""
    found = WORD.fullmatch(word)
    if TARGET in word:
        return f"sets a {TARGET}, and a capsule holds data only"
    if found is None or not shapes_data(word):
        return "is about something else than recipe, seeds, model, formats, budget and random seed"
    value = found["value"] or ""
    if REFERENCE.search(value):
        return "would read something outside the config"
    chooses = "." not in found["key"] and found["key"] != "random_seed"
    if ".." in found["key"] or (chooses and not OPTION.fullmatch(value)):
        return "names no option of a group"
    return None


def check_config(config: Mapping[str, Any]) -> None:
    """Raises ValueError for a config that would run other code than ours, or than what the user allows."""
    for key, target in targets(config, ""):
        if not isinstance(target, str) or not is_allowed(target):
            raise ValueError(
                f"config.json: {key} is {str(target)[:60]!r}, and a capsule holds data only. If you trust that package,"
                f" install it and allow it by name: {ALLOW}=<package>"
            )


def targets(node: object, key: str) -> Iterator[tuple[str, object]]:
    """Every `_target_` of a config, with its key."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            place = f"{key}.{name}" if key else str(name)
            if name == TARGET:
                yield place, value
            else:
                yield from targets(value, place)
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from targets(item, f"{key}.{number}")
