"""What our own configs and the packages of launchers say, with which the configs of others are compared."""

from collections.abc import Mapping
from typing import Any, cast

from hydra.core.config_store import ConfigStore
from hydra.plugins.config_source import ConfigLoadError
from omegaconf import OmegaConf

from selfinstruct.cli.flags import NAME
from selfinstruct.cli.hints import CONF
from selfinstruct.text.policy import leaves


def launcher_defaults(choices: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the values that the package of the chosen launcher gives it; nothing for a launcher of a config folder."""
    try:
        node = ConfigStore.instance().load(f"hydra/launcher/{choices['hydra/launcher']}.yaml").node
    except (ConfigLoadError, KeyError):
        return {}
    return cast(dict[str, Any], OmegaConf.to_container(node, resolve=False))


def own_folders() -> dict[str, str]:
    """Return the values of our own config below `hydra`, by their keys."""
    own = OmegaConf.to_container(OmegaConf.load(CONF / f"{NAME}.yaml").hydra, resolve=False)
    return {".".join(path): value for path, value in leaves(own)}


def models() -> list[Mapping[str, Any]]:
    """Return our own options for `model`, each as its file holds it."""
    found = [OmegaConf.to_container(OmegaConf.load(path), resolve=False) for path in (CONF / "model").glob("*.yaml")]
    return cast(list[Mapping[str, Any]], found)
