"""What a run's config says, read with suspicion: a run folder may be a stranger's."""

from typing import Any

from selfinstruct.storage.folder import stored_values
from selfinstruct.storage.reader import RunReader


def part(run: RunReader, stage: str, *keys: str) -> dict[str, Any]:
    """Return a part of a stage's config, with its interpolations resolved; empty where there is none."""
    found: Any = stored_values(run.folder) or run.config
    for key in ("recipe", stage, *keys):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def number(values: dict[str, Any], key: str) -> float | None:
    """Return a number of a config; None for anything else."""
    found = values.get(key)
    return None if isinstance(found, bool) or not isinstance(found, int | float) else found


def growing(run: RunReader) -> str | None:
    """Return the stage that made the most tasks, which is the one that may run dry; None where none made any."""
    made: dict[str, int] = {}
    for task in run.pool:
        if not task.is_human:
            made[task.origin] = made.get(task.origin, 0) + 1
    stages = {row["stage"] for row in run.rows if row["kept"]}
    return max((stage for stage in made if stage in stages), key=made.__getitem__, default=None)
