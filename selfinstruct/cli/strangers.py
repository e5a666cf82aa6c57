"""Whether files of others were composed into a config, and what its `hydra` part may not say where they were.

`selfinstruct.text.policy` has the rules.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hydra.core.config_store import ConfigStore
from hydra.plugins.config_source import ConfigLoadError
from omegaconf import OmegaConf

from selfinstruct.cli.flags import NAME
from selfinstruct.cli.hints import CONF
from selfinstruct.storage.differences import leaves
from selfinstruct.text import policy
from selfinstruct.text.policy import refused, refused_of_strangers

if TYPE_CHECKING:
    from selfinstruct.run_info import RunInfo


def foreign_places(primary: Path) -> list[str]:
    """Return what is wrong with the search path of a primary config, which Hydra would follow while it composes."""
    if primary.parent == CONF:
        return []
    try:
        places = OmegaConf.select(OmegaConf.load(primary), "hydra.searchpath")
        return list(refused({"searchpath": [str(place) for place in places or ()]}))
    except Exception:  # it is reported when it is composed, with all else
        return []


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
    return {".".join(path): value for path, value in policy.leaves(own)}


def refused_of(hydra: Mapping[str, Any], typed: Collection[str]) -> Iterator[str]:
    """Everything in the `hydra` part that the user has to type, or to allow by name; `typed` are the keys typed."""
    return refused_of_strangers(hydra, launcher_defaults(hydra["runtime"]["choices"]), own_folders(), typed)


def is_foreign(start: "RunInfo", hydra: Any) -> bool:
    """Return whether texts of a job's config may be others', by its `hydra` part and what is known of the run.

    They are its user's where all was composed of our own files and of words that the user typed.  Packages are not
    counted: what the user has installed, or allowed by name, runs code anyway.
    """
    files = [source["path"] for source in hydra["runtime"]["config_sources"] if source["schema"] == "file"]
    is_ours = all(Path(path).resolve() == CONF.resolve() for path in files)
    return not (start.is_own and is_ours) or any("${published" in str(value) for _, value in leaves(start.declared))
