"""Our own options for `model`, with which those of others are compared."""

from collections.abc import Mapping
from typing import Any, cast

from omegaconf import OmegaConf

from selfinstruct.cli.hints import CONF


def models() -> list[Mapping[str, Any]]:
    """Return our own options for `model`, each as its file holds it."""
    found = [OmegaConf.to_container(OmegaConf.load(path), resolve=False) for path in (CONF / "model").glob("*.yaml")]
    return cast(list[Mapping[str, Any]], found)
