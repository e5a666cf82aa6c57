"""Whether a file that is to be published holds a key.

It does if it holds the value of a secret environment variable, or text in the shape of a known kind of key.  A model
may write a made-up key into an example; a user who has checked it allows it by its fingerprint, which reveals nothing.
"""

import json
from pathlib import Path

from selfinstruct.model.secrets import Secrets
from selfinstruct.storage.summary import digest
from selfinstruct.text.secrets import SHAPE


def fingerprint(text: str) -> str:
    """Return a short hash that names a text without revealing it."""
    return digest(text.encode())[:12]


def leaks(folder: Path, harmless: list[str]) -> list[str]:
    """Return a sentence for each secret in the files of a folder, with its places and what to do about it."""
    known = {text for secret in Secrets().known for text in (secret, json.dumps(secret)[1:-1])}
    places: dict[tuple[str, str], list[str]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open(encoding="utf-8", errors="replace") as file:  # a zip of a format, whose files are not compressed
            for number, text in enumerate(file, 1):
                found = [(secret, "the value of a secret environment variable") for secret in known if secret in text]
                found += [(match[0], "what looks like a key or a password") for match in SHAPE.finditer(text)]
                for secret, kind in found:
                    mark = fingerprint(secret), kind
                    places.setdefault(mark, []).append(f"{path.relative_to(folder).as_posix()}:{number}")
    return [
        f"{where[0]} (lines in all: {len(where):,}): {kind}. If it is not a secret, add {mark} to 'harmless'."
        for (mark, kind), where in places.items()
        if mark not in harmless
    ]
