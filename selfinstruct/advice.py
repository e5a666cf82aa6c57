"""What to tell a user whose config cannot be composed: Hydra's words, except where they mislead.

For a key that does not exist Hydra suggests `+key`, which would add one that nothing reads; here the keys are named
that may have been meant, and all of them at once.
"""

import re
import sys
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import Any

from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from selfinstruct import folder

HERE = Path(__file__).parent
CONF = HERE / "conf" if (HERE / "conf").is_dir() else HERE.parent / "conf"
"""The config tree, in a checkout or as installed."""


def plain(error: Exception) -> str:
    """An error's words; for a key that does not exist, the keys that may have been meant instead of Hydra's `+key`."""
    text = str(error)
    if re.match(r"Could not override '", text):
        return "\n".join(f"There is no key '{key}' in the config. {meant(key)}" for key in unknown_keys(text))
    if unknown := re.search(r"Could not load '(\w+)/[^']+'", text):
        known = sorted(path.stem for path in (CONF / unknown[1]).glob("*.yaml"))
        return f"{text.splitlines()[0]} There are: {', '.join(known)}." if known else text
    return text


def unknown_keys(text: str) -> list[str]:
    """All keys on the command line that the config does not have; Hydra's error names the first."""
    from hydra import compose, initialize_config_dir

    words, found = [word for word in sys.argv[1:] if not word.startswith("-")], []
    while unknown := re.match(r"Could not override '([^']+)'", text):
        found.append(unknown[1])
        words = [word for word in words if word.partition("=")[0] != unknown[1]]
        try:
            with initialize_config_dir(str(CONF), version_base="1.3"):
                compose("config", overrides=words)
        except (HydraException, OmegaConfBaseException) as error:
            text = str(error)
        else:
            text = ""
    return found


def recipe_of(experiment: str) -> dict[str, Any]:
    """Every key of the recipe, dotted, with its value as an experiment sets it."""
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    before, GlobalHydra.instance().hydra = GlobalHydra.instance().hydra, None  # asked while a config is composed
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose("config", overrides=[f"experiment={experiment}"])
    finally:
        GlobalHydra.instance().hydra = before
    return dict(folder.leaves(OmegaConf.to_container(config.recipe, resolve=True), "recipe"))


def meant(key: str) -> str:
    """What somebody may have meant who wrote a key that does not exist."""
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = OmegaConf.to_container(compose("config"), resolve=False)
    keys = [known for known in leaves(config) if not known.endswith("_target_")]
    last = key.rsplit(".", 1)[-1]
    all_names = sorted({known.rsplit(".", 1)[-1] for known in keys})
    names = [last] if last in all_names else get_close_matches(last, all_names, n=3, cutoff=0.7)
    near = [known for name in names for known in keys if known.rsplit(".", 1)[-1] == name]
    near.sort(key=lambda known: SequenceMatcher(None, known, key).ratio(), reverse=True)
    return f"Did you mean {' or '.join(near[:3])}?" if near else "`python run.py --cfg job` shows all keys."


def leaves(node: Any, prefix: str = "") -> Any:
    """Every key of a config, dotted."""
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        yield f"{prefix}{name}"
        yield from leaves(value, f"{prefix}{name}.")
