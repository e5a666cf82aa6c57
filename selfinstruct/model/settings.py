"""What every model behind a network is told, checked without asking it: its key, its address, its price.

A key never enters a config: the config names the environment variable that holds it.
"""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from selfinstruct.model.arguments import misplaced
from selfinstruct.model.replies import Price


def key_in(variable: str | None) -> str | None:
    """The key in an environment variable, if there is one."""
    return os.environ.get(variable, "").strip() or None if variable else None


def problems_of_key(model: str, variable: str | None, required: bool) -> list[str]:
    """Why a key that is needed is not there."""
    if not required or key_in(variable):
        return []
    if variable is None:
        return [f"model.key_env is null, but {model} needs a key; name the environment variable it is in."]
    return [f"The environment variable {variable} is not set; {model} needs its key there."]


def problems_of_values(api_base: str | None, price: Price, extra: Mapping[str, Any]) -> list[str]:
    """What is wrong with address, price and further parameters."""
    found = []
    if api_base is not None and not is_url(api_base):
        found.append(f"model.api_base must be a URL such as http://127.0.0.1:8000/v1 (got {api_base!r}).")
    if (price.prompt is None) != (price.completion is None):
        found.append("model.price must give both prompt and completion, or neither.")
    return found + misplaced("model.extra", extra)


def is_url(text: str) -> bool:
    """Whether a text is the address of a server."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
