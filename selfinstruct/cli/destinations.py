"""Where a config sends what a run made: the hub's repository, and the W&B project.

A folder of others may say that a run is uploaded when it is resumed or looked at, and to whom.  So each value
that decides this must be typed again, as long as something is sent at all: a push that is not a dry run, and W&B that
is not offline.  A value that our own YAML has decides nothing.

What is not known before the config is resolved, such as a mode that the environment names, counts as sending.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.trackers.environment import mode_of

PUSH = "selfinstruct.actions.push.Push"
OWN_PUSH = {"repo": None, "private": True, "dry_run": True, "token_env": "HF_TOKEN"}
"""What our own YAML says of a push."""
WANDB = "selfinstruct.trackers.wandb.Wandb"
PLACES = ("project", "entity", "mode")
"""The keys of W&B that say where a run is logged; null leaves that to the user's environment."""


def destinations(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return each key and value of a composed config that decides where something is sent."""
    found = pushes(config)
    for place, tracker in parts_of(config.get("trackers"), WANDB, "trackers"):
        if is_online(tracker.get("mode")):
            found |= {f"{place}.{key}": value for key in PLACES if (value := tracker.get(key)) is not None}
    return found


def pushes(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return each key and value that decides where a push goes, and with which token."""
    return {
        f"{place}.{key}": value
        for place, action in parts_of(config, PUSH)
        for key in OWN_PUSH
        if action.get("dry_run") is not True and (value := action.get(key)) != OWN_PUSH[key]
    }


def parts_of(node: Any, target: str, key: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every part of a class, wherever it stands in a config, by its dotted key."""
    if isinstance(node, Mapping):
        if node.get("_target_") == target:
            yield key, node
        for name, value in node.items():
            yield from parts_of(value, target, f"{key}.{name}" if key else str(name))


def is_online(mode: Any) -> bool:
    """Return whether W&B sends anything in a mode of the config; one that is not known yet counts as sending."""
    try:
        return mode_of(mode) not in ("offline", "disabled")
    except SelfInstructError:  # reported when the run starts
        return True
