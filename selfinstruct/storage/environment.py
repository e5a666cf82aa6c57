"""What a run was made with: the versions of the packages, and the commit of the code."""

import subprocess
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("selfinstruct", "hydra-core", "omegaconf", "pydantic", "jinja2", "litellm", "wandb", "rapidfuzz", "numpy")


def versions() -> dict[str, str | None]:
    """Return the versions of what shapes a result; null for what is not installed."""
    found: dict[str, str | None] = dict.fromkeys(PACKAGES)
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def git() -> dict[str, Any]:
    """Return the commit of the code and whether it was changed since; nulls where it is not part of a checkout."""
    package = Path(__file__).parents[1]

    def ask(*words: str) -> str | None:
        try:
            command = ["git", "-C", str(package), *words]
            return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()  # noqa: S603
        except (OSError, subprocess.SubprocessError):
            return None

    if ask("ls-files", "__init__.py") != "__init__.py":  # installed into somebody else's checkout, say
        return {"commit": None, "dirty": None}
    changes = ask("status", "--porcelain", "--untracked-files=no", ".")
    return {"commit": ask("rev-parse", "HEAD"), "dirty": None if changes is None else bool(changes)}
