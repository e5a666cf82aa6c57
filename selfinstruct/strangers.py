"""What the `hydra` part of a config may not say where files of somebody else were composed into it.

`selfinstruct.trust` has the rules.  Here is what only Hydra knows: the defaults of a launcher, as its package registers
them, and our own folders.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from hydra.core.config_store import ConfigStore
from hydra.plugins.config_source import ConfigLoadError
from omegaconf import OmegaConf

from selfinstruct.advice import CONF
from selfinstruct.flags import NAME
from selfinstruct.trust import leaves, refused, refused_of_strangers


def foreign_places(primary: Path) -> list[str]:
    """What is wrong with the search path of a primary config, which Hydra would follow while it composes."""
    try:
        places = OmegaConf.select(OmegaConf.load(primary), "hydra.searchpath")
        return list(refused({"searchpath": [str(place) for place in places or ()]}))
    except Exception:  # it is told when it is composed, with all else
        return []


def refused_of(hydra: Mapping[str, Any]) -> Iterator[str]:
    """Everything in the `hydra` part that the user has to type, or to allow by name."""
    own = OmegaConf.to_container(OmegaConf.load(CONF / f"{NAME}.yaml").hydra, resolve=False)
    ours = {".".join(path): value for path, value in leaves(own)}
    return refused_of_strangers(hydra, launcher_defaults(hydra["runtime"]["choices"]), ours)


def launcher_defaults(choices: Mapping[str, str | None]) -> dict[str, Any]:
    """The values that the package of the chosen launcher gives it; nothing for a launcher of a config folder."""
    try:
        node = ConfigStore.instance().load(f"hydra/launcher/{choices['hydra/launcher']}.yaml").node
    except (ConfigLoadError, KeyError):
        return {}
    return cast(dict[str, Any], OmegaConf.to_container(node, resolve=False))
