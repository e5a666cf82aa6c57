"""A config as it takes effect: its stages ask only for the decoding parameters that their models are sent.

Two configs that differ in what is not sent are the same experiment.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

UNSUPPORTED = "unsupported"
STOP = "stop"
"""Replies are cut at stop strings, sent or not, so that they stay in the config."""


def effective(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config without what is not sent; interpolations are left as they are."""
    made = deepcopy(dict(config))
    recipe = made.get("recipe")
    stages = [stage for stage in recipe.values() if isinstance(stage, dict)] if isinstance(recipe, dict) else []
    for stage in stages:
        own = stage.get("model")
        if isinstance(prompt := stage.get("prompt"), dict):
            drop(prompt, unsupported(own if isinstance(own, dict) else made.get("model")))
    for model in (made.get("model"), *(stage.get("model") for stage in stages)):
        if isinstance(model, dict) and UNSUPPORTED in model:
            model[UNSUPPORTED] = [name for name in unsupported(model) if name == STOP]
    return made


def drop(prompt: dict[str, Any], names: list[str]) -> None:
    """Set to null what a prompt's model is not sent."""
    decoding = prompt.get("decoding")
    if not isinstance(decoding, dict):
        return
    decoding |= dict.fromkeys(name for name in names if name in decoding and name != STOP)
    if decoding.get("temperature") is None and "retry_temperature" in prompt:
        prompt["retry_temperature"] = None


def unsupported(model: object) -> list[str]:
    """Return what a model of a config is not sent."""
    found = model.get(UNSUPPORTED) if isinstance(model, dict) else None
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []
