"""What `${name:…}` stands for in our configs; importing this module makes the names known to OmegaConf."""

from typing import Any

from omegaconf import OmegaConf

from selfinstruct.cli import naming  # noqa: F401  (it has the resolver of folder names)
from selfinstruct.cli.hints import CONF
from selfinstruct.cli.traces import shelf, subdir
from selfinstruct.text.secrets import variable


def published_text(folder: str | None, file: str, *place: Any) -> str:
    """Return a text of a published repository; raises ValueError without it."""
    from selfinstruct.prompt.published import published

    return published(folder, file, *place)


OmegaConf.register_new_resolver("oc.env", variable, replace=True)
OmegaConf.register_new_resolver("published", published_text, replace=True)
OmegaConf.register_new_resolver("hydra_subdir", subdir, replace=True)
OmegaConf.register_new_resolver("shelf", shelf, replace=True)
OmegaConf.register_new_resolver("conf", lambda path: str(CONF / path), replace=True)
