"""What every model behind a network is told, checked without asking it: its key, its address, its price.

A key never enters a config: the config names the environment variable that holds it.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from selfinstruct.model.replies import Price
from selfinstruct.model.reserved import misplaced

PLACES = {
    "credentials": "belong into the environment variable that model.key_env names",
    "a query": "belongs into model.extra if the server reads it from the request, as in model.extra.api_version=<date>",
}
"""Where a part that an address may not hold belongs."""


def key_in(variable: str | None) -> str | None:
    """The key in an environment variable, if there is one."""
    return os.environ.get(variable, "").strip() or None if variable else None


def keys_within(config: Any) -> Iterator[str]:
    """Yield every key that a config names by its variable, in whatever place."""
    if isinstance(config, Mapping):
        for name, value in config.items():
            if name == "key_env" and isinstance(value, str) and (key := key_in(value)):
                yield key
            yield from keys_within(value)
    elif isinstance(config, list):
        for value in config:
            yield from keys_within(value)


def problems_of_key(model: str, variable: str | None, required: bool) -> list[str]:
    """Why a key that is needed is not there."""
    if not required or key_in(variable):
        return []
    if variable is None:
        return [f"model.key_env is null, but {model} needs a key; name the environment variable it is in."]
    return [f"The environment variable {variable} is not set; {model} needs its key there."]


def problems_of_values(api_base: str | None, price: Price, extra: Mapping[str, Any]) -> list[str]:
    """What is wrong with address, price and further parameters."""
    found = [] if api_base is None else problems_of_address(api_base)
    if (price.prompt is None) != (price.completion is None):
        found.append("model.price must give both prompt and completion, or neither.")
    return found + misplaced("model.extra", extra)


def problems_of_address(api_base: str) -> list[str]:
    """Return what an address may not hold, with the address to write instead; nothing that may be a secret is shown."""
    if not is_url(api_base.strip()):
        shown = "an address with credentials" if "@" in api_base else repr(api_base)
        return [f"model.api_base must be a URL such as http://127.0.0.1:8000/v1 (got {shown})."]
    whole = "".join(sign for sign in api_base if sign.isprintable() and not sign.isspace())
    parts = urlsplit(whole)
    checks = {
        "blanks": whole != api_base,
        "credentials": "@" in parts.netloc,
        "a query": "?" in whole,
        "a fragment": "#" in whole,
    }
    if not (found := [what for what, is_there in checks.items() if is_there]):
        return []
    better = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    places = [f"; {what} {PLACES[what]}" for what in found if what in PLACES]
    return [f"model.api_base holds {' and '.join(found)}. Set model.api_base={better}{''.join(places)}."]


def is_url(text: str) -> bool:
    """Whether a text is the address of a server."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
