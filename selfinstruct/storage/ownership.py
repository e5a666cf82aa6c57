"""Whose run folder it is: one that a run of this user has written is recognized by a seal in its `config.json`.

A resumed run sends a key to a server, and both the name of the key's variable and the address of the server stand in
the folder.  A folder may come from somebody else, who could have any variable of the environment sent anywhere.  So a
run seals what it stores, by an HMAC with a random secret in the user's state folder.  A folder with a valid seal is
resumed as it is; of any other, key, address and store must be typed again (`selfinstruct.cli.retyping`), and a run that
was resumed from it gets no seal.  A run that is killed before it has stored its config has what Hydra wrote down, which
is sealed by a file of its own; killed again while Hydra writes that anew, it has to be typed again.

Rejected: the owner of the files, who is the user as soon as an archive is unpacked, and the path of the folder, which
changes when a folder is moved.
"""

import hashlib
import hmac
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

SEAL = "seal"
"""The key in `config.json` of the seal of all its other keys, but for its hash."""
SECRET = "seal.key"  # noqa: S105
START = ".hydra/seal"
"""The file that holds the seal of what Hydra wrote down."""
SIZE = 32
"""Bytes of a secret."""


def state_folder() -> Path | None:
    """Return the folder in which this program remembers something between runs; None for a user without a home."""
    given = os.environ.get("XDG_STATE_HOME", "")
    if given and Path(given).is_absolute():  # as its specification says
        return Path(given) / "selfinstruct"
    try:
        return Path.home() / ".local/state/selfinstruct"
    except RuntimeError:
        return None


def stored_secret() -> bytes | None:
    """Return the user's secret; None where it is missing or cannot be read."""
    with suppress(OSError):
        if (folder := state_folder()) is not None and len(found := (folder / SECRET).read_bytes()) == SIZE:
            return found
    return None


def secret() -> bytes | None:
    """Return the user's secret, made at the first call; None where it cannot be stored, as in a read-only home."""
    if (found := stored_secret()) is not None or (folder := state_folder()) is None:
        return found
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number, name = tempfile.mkstemp(dir=folder)  # which only the user can read
        try:
            with os.fdopen(number, "wb") as file:
                file.write(os.urandom(SIZE))
            os.link(name, folder / SECRET)  # whole, and only where no other process was faster
        finally:
            os.unlink(name)
    return stored_secret()


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Add the user's seal to what is stored; where there is no secret, it stays without one."""
    kept = {key: value for key, value in content.items() if key != SEAL}
    return kept if (key := secret()) is None else {**kept, SEAL: seal_of(kept, key)}


def is_sealed(stored: Mapping[str, Any]) -> bool:
    """Return whether what is stored has a seal that this user made."""
    seal, key = stored.get(SEAL), stored_secret()
    content = {name: value for name, value in stored.items() if name != SEAL}
    if key is None or not isinstance(seal, str):
        return False
    return hmac.compare_digest(seal.encode(), seal_of(content, key).encode())


def seal_of(content: Mapping[str, Any], key: bytes) -> str:
    """Return the seal of what is stored."""
    return hmac.new(key, json.dumps(content).encode(), hashlib.sha256).hexdigest()


def note_start(folder: Path) -> None:
    """Seal what Hydra wrote into a run folder when the user's run started; where it cannot be, it stays without."""
    with suppress(OSError):
        (folder / START).write_text(str(sealed(_started(folder)).get(SEAL, "")), encoding="utf-8")


def is_start_own(folder: Path) -> bool:
    """Return whether a run of this user has started in a folder, by what Hydra wrote into it."""
    try:
        return is_sealed({**_started(folder), SEAL: (folder / START).read_text(encoding="utf-8")})
    except (OSError, ValueError):
        return False


def _started(folder: Path) -> dict[str, str]:
    """Return what Hydra wrote down of the command line."""
    return {name: (folder / ".hydra" / name).read_text(encoding="utf-8") for name in ("overrides.yaml", "hydra.yaml")}
