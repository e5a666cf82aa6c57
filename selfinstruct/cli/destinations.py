"""Where a config sends what a run made: the hub's repository, and the W&B project.

A folder of somebody else may say that a run is uploaded when it is resumed or looked at, and to whom.  So each value
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
    for name, tracker in parts(config, "trackers", WANDB):
        if is_online(tracker.get("mode")):
            values = {key: tracker.get(key) for key in PLACES}
            found |= {f"trackers.{name}.{key}": value for key, value in values.items() if value is not None}
    return found


def pushes(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return each key and value that decides where a push goes, and with which token."""
    found: dict[str, Any] = {}
    for name, action in parts(config, "actions", PUSH):
        found |= of_push(name, action, config)
    return found


def parts(config: Mapping[str, Any], group: str, target: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each part of a group that is of this class, by its name."""
    for name, part in (config.get(group) or {}).items():
        if isinstance(part, Mapping) and part.get("_target_") == target:
            yield name, part


def of_push(name: str, action: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides where a push goes, by the key at which the user types it; nothing for a dry run."""
    keys = {key: f"actions.{name}.{key}" for key in OWN_PUSH}
    values = {key: action.get(key) for key in OWN_PUSH}
    typed = config.get("push")
    for key, value in values.items():
        if value == f"${{push.{key}}}" and isinstance(typed, Mapping):
            keys[key], values[key] = f"push.{key}", typed.get(key)
    if values["dry_run"] is True:
        return {}
    return {keys[key]: value for key, value in values.items() if value != OWN_PUSH[key]}


def is_online(mode: Any) -> bool:
    """Return whether W&B sends anything in a mode of the config; one that is not known yet counts as sending."""
    try:
        return mode_of(mode) not in ("offline", "disabled")
    except SelfInstructError:  # reported when the run starts
        return True
