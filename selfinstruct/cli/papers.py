"""The paper of a recipe: `recipe/<name>.bib` beside its YAML, and the experiment that has the paper's own values."""

from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from selfinstruct.cli.hints import CONF, composed_of, config_folders
from selfinstruct.storage.differences import leaves


def citation_of(recipe: str) -> str:
    """Return the BibTeX entry of a recipe's paper; an empty text where no config folder has one."""
    paths = [folder / f"recipe/{recipe}.bib" for folder in (*map(Path, config_folders()), CONF)]
    return next((path.read_text(encoding="utf-8") for path in paths if path.is_file()), "")


@cache
def settings_of(experiment: str) -> dict[str, Any]:
    """Return every key of the recipe, dotted, with its value as an experiment sets it."""
    config = composed_of([f"experiment={experiment}"])
    return dict(leaves(OmegaConf.to_container(config.recipe, resolve=True), "recipe"))
