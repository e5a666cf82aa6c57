"""Whether a file that is to be published holds a key.

It does if it holds the value of a secret environment variable, or text in the shape of a known kind of key.  A model
may write a made-up key into an example; a user who has checked it allows it by its fingerprint, which reveals nothing.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from selfinstruct.model.secrets import Secrets
from selfinstruct.storage.summary import digest
from selfinstruct.text.secrets import SHAPE

FINGERPRINT = 12
"""Characters of a hash that identify a text."""


def fingerprint(text: str) -> str:
    """Return a short hash that names a text without revealing it."""
    return digest(text.encode())[:FINGERPRINT]


def leaks(folder: Path, harmless: list[str]) -> list[str]:
    """Return a sentence for each secret in the files of a folder, with its places and what to do about it."""
    known = {text for secret in Secrets().known for text in (secret, json.dumps(secret)[1:-1])}
    places: dict[tuple[str, str], list[str]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open(encoding="utf-8", errors="replace") as file:  # a zip of a format, whose files are not compressed
            for number, text in enumerate(file, 1):
                for mark in marks(text, known):
                    places.setdefault(mark, []).append(f"{path.relative_to(folder).as_posix()}:{number}")
    return [sentence(where, *mark) for mark, where in places.items() if mark[0] not in harmless]


def marks(text: str, known: set[str]) -> Iterator[tuple[str, str]]:
    """Yield the fingerprint and the kind of everything in a text that seems to be a secret."""
    for secret in known:
        if secret in text:
            yield fingerprint(secret), "the value of a secret environment variable"
    for match in SHAPE.finditer(text):
        yield fingerprint(match[0]), "what looks like a key or a password"


def sentence(places: list[str], mark: str, kind: str) -> str:
    """Return a finding as a sentence."""
    more = f" and {len(places) - 1:,} other lines" if len(places) > 1 else ""
    return f"{places[0]}{more}: {kind}. If it is not a secret, add its fingerprint {mark} to 'harmless'."
