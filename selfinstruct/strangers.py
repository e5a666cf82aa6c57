"""What the `hydra` part of a config may not say where files of somebody else were composed into it.

`selfinstruct.trust` has the rules, and `selfinstruct.shipped` what our own configs and the packages of launchers say.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from selfinstruct.shipped import launcher_defaults, own_folders
from selfinstruct.trust import refused, refused_of_strangers


def foreign_places(primary: Path) -> list[str]:
    """What is wrong with the search path of a primary config, which Hydra would follow while it composes."""
    try:
        places = OmegaConf.select(OmegaConf.load(primary), "hydra.searchpath")
        return list(refused({"searchpath": [str(place) for place in places or ()]}))
    except Exception:  # it is reported when it is composed, with all else
        return []


def refused_of(hydra: Mapping[str, Any]) -> Iterator[str]:
    """Everything in the `hydra` part that the user has to type, or to allow by name."""
    return refused_of_strangers(hydra, launcher_defaults(hydra["runtime"]["choices"]), own_folders())
