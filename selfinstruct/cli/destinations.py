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
    for name, tracker in (config.get("trackers") or {}).items():
        if is_part(tracker, WANDB) and is_online(tracker.get("mode")):
            values = {key: tracker.get(key) for key in PLACES}
            found |= {f"trackers.{name}.{key}": value for key, value in values.items() if value is not None}
    return found


def pushes(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return each key and value that decides where a push goes, and with which token."""
    found: dict[str, Any] = {}
    for place, action in mappings(config):
        if is_part(action, PUSH) and action.get("dry_run") is not True:
            values = {key: action.get(key) for key in OWN_PUSH}
            found |= {f"{place}.{key}": value for key, value in values.items() if value != OWN_PUSH[key]}
    return found


def mappings(node: Any, key: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every mapping of a config by its dotted key: an action may refer to a part that stands anywhere."""
    if isinstance(node, Mapping):
        yield key, node
        for name, value in node.items():
            yield from mappings(value, f"{key}.{name}" if key else str(name))


def is_part(value: Any, target: str) -> bool:
    """Return whether a value of a config is a part of this class."""
    return isinstance(value, Mapping) and value.get("_target_") == target


def is_online(mode: Any) -> bool:
    """Return whether W&B sends anything in a mode of the config; one that is not known yet counts as sending."""
    try:
        return mode_of(mode) not in ("offline", "disabled")
    except SelfInstructError:  # reported when the run starts
        return True
