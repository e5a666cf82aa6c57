"""What earlier executions of a run left for W&B.

A resumed run is one run in W&B, too.  Online it is resumed under its id.  Offline nothing can be resumed: W&B
would begin a second file, and what it had not yet written when the first process was killed would be in neither.  So
the unfinished file is removed, and the new one begins with every round that was committed: the journal has them all.
"""

import re
import shutil
from pathlib import Path
from secrets import token_hex

ID = "id.txt"


def kept_id(folder: Path) -> str:
    """The run's id in W&B; a new one when it begins."""
    path = folder / "wandb" / ID
    found = path.read_bytes().decode(errors="replace").strip() if path.is_file() else ""
    return found if re.fullmatch(r"[\w-]+", found, re.ASCII) else new_id(folder)


def new_id(folder: Path) -> str:
    """Another id for the run, as for one that W&B has begun online and could not."""
    path = folder / "wandb" / ID
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
