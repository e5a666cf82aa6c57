"""What W&B finds in the environment and in the run folder, where the config says nothing.

W&B's own users set `WANDB_MODE`, `WANDB_PROJECT` and `WANDB_ENTITY` once for all their programs, and `WANDB_DISABLED`
is what other trainers take to mean "off".  A key of the config that is not null wins over them: it belongs to the run.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Literal, cast

from selfinstruct.errors import SelfInstructError

Mode = Literal["online", "offline", "disabled"]

OLDER = {"dryrun": "offline", "run": "online"}
"""Names that W&B's modes once had, and that it still takes."""
TRUE = ("1", "true", "yes", "on")
ID = "id.txt"


def mode_of(configured: Mode | None) -> Mode:
    """Return the mode that the config or the environment names, or `offline`, which needs no account and no network.

    Raises SelfInstructError for a mode that W&B lacks.
    """
    if configured is not None:
        return configured
    if os.environ.get("WANDB_DISABLED", "").strip().lower() in TRUE:
        return "disabled"
    named = os.environ.get("WANDB_MODE", "").strip().lower() or "offline"
    found = OLDER.get(named, named)
    if found not in ("online", "offline", "disabled"):
        raise SelfInstructError(f"WANDB_MODE must be online, offline or disabled (got {named!r})")
    return cast(Mode, found)


def project_of(configured: str | None) -> str:
    """Return the project that the config or the environment names."""
    return configured or os.environ.get("WANDB_PROJECT", "").strip() or "selfinstruct"


def entity_of(configured: str | None) -> str | None:
    """Return the user or team that the config or the environment names; None for the account's own."""
    return configured or os.environ.get("WANDB_ENTITY", "").strip() or None


def kept_id(folder: Path, tracker: str = "wandb") -> str:
    """Return the run's id in W&B or another tracker, a new one where it has none."""
    path = folder / tracker / ID
    found = path.read_bytes().decode(errors="replace").strip() if path.is_file() else ""
    return found if re.fullmatch(r"[\w-]+", found, re.ASCII) else new_id(folder, tracker)


def new_id(folder: Path, tracker: str = "wandb") -> str:
    """Give the run another id, as where W&B could not start online with the one it had."""
    path = folder / tracker / ID
    path.parent.mkdir(parents=True, exist_ok=True)
    made = token_hex(4)
    path.write_text(made + "\n", encoding="utf-8")
    return made


def remove_unsent(folder: Path) -> None:
    """Remove the offline runs of this folder that were not uploaded."""
    for path in (folder / "wandb").glob("offline-run-*"):
        if not any(path.glob("*.synced")):
            if path.is_symlink():
                path.unlink()
            else:
                shutil.rmtree(path)


@contextmanager
def explained() -> Iterator[None]:
    """Raise what keeps W&B from starting as a SelfInstructError that says what to do."""
    try:
        yield
    except Exception as problem:
        remedy = "Set trackers.wandb.mode=offline, or leave it out with ~trackers.wandb."
        raise SelfInstructError(f"W&B cannot start: {problem}. {remedy}") from problem


@contextmanager
def staged_in(folder: Path) -> Iterator[None]:
    """Have W&B keep copies of what it will upload in the run folder, unless the user has chosen a place."""
    chosen = "WANDB_DATA_DIR" in os.environ
    os.environ.setdefault("WANDB_DATA_DIR", str(folder / "wandb" / "data"))
    try:
        yield
    finally:
        if not chosen:
            os.environ.pop("WANDB_DATA_DIR", None)  # another thread may have come first
