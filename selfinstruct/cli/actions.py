"""Where the actions of a composed config stand.

An option of `actions` is packaged at the top of the config, so that its keys are short (`plan.like=…`), and `actions`
refers to it (`plan: ${plan}`), which keeps the order in which actions are done.  A run gets them within `actions`.
"""

from collections.abc import Mapping
from typing import Any


def at_top(config: Mapping[str, Any]) -> list[str]:
    """Return the names of the actions to which `actions` refers, in a config whose interpolations are as written."""
    actions = config.get("actions")
    return [name for name, part in actions.items() if part == f"${{{name}}}"] if isinstance(actions, Mapping) else []


def gathered(config: Mapping[str, Any], tops: list[str]) -> dict[str, Any]:
    """Return a config in which the actions at the top stand within `actions` instead."""
    actions = {name: config.get(name) if name in tops else part for name, part in (config.get("actions") or {}).items()}
    return {key: value for key, value in config.items() if key not in tops} | {"actions": actions}
