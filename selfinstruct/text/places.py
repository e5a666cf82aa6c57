"""Texts that leave the machine, without the folders, servers and keys that are its owner's.

A report is sent to others.  What a config, a command or an error says of this machine is shortened there: of a path,
which may hold the name of a user, only its last part stays; of an address, nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from selfinstruct.text.secrets import KEY, SHAPE

PLACE = re.compile(
    r"(?<![\w/\\}.])(?:/(?:home|Users)/[\w.@+~' -]+(?:/[\w.@+~-]+)+"  # a user's name may have spaces
    r"|[A-Za-z]:[/\\]+Users[/\\]+[\w.@+~' -]+(?:[/\\]+[\w.@+~-]+)+"
    r"|\.{0,2}(?:/[\w.@+~-]+){2,}|~(?:/[\w.@+~-]+)+|(?:[A-Za-z]:[/\\]|\\\\)[^\s\"'<>,;:()]+)"
)
"""A path from the root of a file system or from a home folder, or one of Windows, within a text."""
FILE = "csv|html|ipynb|jsonl?|log|md|py|sqlite|te?xt?|toml|ya?ml|zip"
"""Endings of files, behind which stands the number of a line, and not that of a port."""
ADDRESS = re.compile(
    r"\b\w+://[^\s\"'<>]+|\blocalhost(?::\d+)?\b|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\[[0-9A-Fa-f:.]+(?:%\w+)?\]:\d+\b"
    rf"|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.(?!(?:{FILE}):)[A-Za-z][\w-]*:\d{{2,5}}\b"
    r"|(?<=\bhost )[\w-]+(?:\.[\w-]+)*:\d+\b"  # as libraries say it: cannot connect to host gpu:8000
)
ROOTED = re.compile(r"(?:\.{0,2}|~)/\S|[A-Za-z]:[/\\]|\\\\")
"""How a value begins that is a path."""
HOME = re.compile(r"(?:[A-Za-z]:)?[/\\](?:home|Users)[/\\][^/\\]+[/\\]?")
"""A home folder itself, whose last part is the name of a user."""
HIDDEN = "…"
OWN = frozenset({"key_env", "api_base", "entity", "trackers", "actions", "published", "hydra"})
"""Keys of a config that say how one person, on one machine, ran it."""


def file_name(path: str) -> str:
    """Return the last part of a path, without the folders of one machine; a reference to another key stays whole."""
    if HOME.fullmatch(path):
        return HIDDEN
    return path if path.startswith("${") and path.endswith("}") else re.split(r"[/\\]", path.rstrip("/\\"))[-1]


def without_places(text: str) -> str:
    """Return a text without keys and addresses, and with the last part only of every path."""
    return PLACE.sub(lambda found: file_name(found[0]), ADDRESS.sub(HIDDEN, SHAPE.sub(HIDDEN, text)))


def public(node: Any) -> Any:
    """Return a config without what is of one person or machine: keys, addresses, folders."""
    if isinstance(node, Mapping):
        return {name: public(value) for name, value in node.items() if not is_own(str(name))}
    if isinstance(node, list):
        return [public(value) for value in node]
    if not isinstance(node, str):
        return node
    return file_name(node) if ROOTED.match(node) and "\n" not in node else without_places(node)


def public_words(words: Iterable[str]) -> Iterator[str]:
    """Yield the overrides of a command line that are not of one person or machine."""
    for word in words:
        key, equal, value = word.partition("=")
        if not any(map(is_own, re.split(r"[./@+~]", key))):
            yield f"{key}{equal}{public(value)}"


def is_own(key: str) -> bool:
    """Return whether the value of a key is of one person or machine, or is a secret."""
    return key in OWN or bool(KEY.search(key))
