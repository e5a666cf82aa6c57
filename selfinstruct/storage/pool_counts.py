"""What a pool holds, in numbers, and who wrote it."""

from collections import Counter
from typing import Any

from selfinstruct.pool import Pool
from selfinstruct.task import UNKNOWN


def tasks(pool: Pool) -> dict[str, Any]:
    """Count what the pool holds."""
    found, gave_up = Counter[str](), Counter[str]()
    for task in pool:  # once, for they may lie on disk
        if task.is_human:
            continue
        found["made"] += 1
        found["classification"] += task.is_classification is True
        found["with_instances"] += bool(task.instances)
        found["instances"] += len(task.instances or ())
        found["unanswered"] += len(task.unanswered)
        gave_up.update(task.failed_stages.keys())
    return {
        "seeds": len(pool) - found["made"],
        **{name: found[name] for name in ("made", "classification", "with_instances", "instances")},
        "gave_up": dict(sorted(gave_up.items())),
        **({"unanswered": found["unanswered"]} if found["unanswered"] else {}),
    }


def authors(pool: Pool) -> list[str]:
    """Return every model that wrote something in the pool, seeds included; none has written what is on a shelf."""
    found = {} if pool.is_shelved else dict.fromkeys(name for task in pool for name in task.models.values())
    return [name for name in found if name != UNKNOWN]
