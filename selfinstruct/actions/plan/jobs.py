"""Which runs of a sweep are finished, and what is left.

The name of a folder has every override, `actions=[plan]` too, so it does not identify a run.  A job is found by its
config: among the folders of the sweep, the one whose finished run started with the same.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from selfinstruct.errors import SelfInstructError
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.differences import differences
from selfinstruct.storage.folder import CONFIG, stored_config

PLAN = "plan.json"
PLANS = "plan"
"""The folder in a sweep's that holds the plans of jobs without a run."""


def done_in(start: RunInfo, targets: Mapping[str, int | None]) -> Path | None:
    """Return the folder of a finished run with this config: its own, or another of its sweep."""
    others = [] if start.group is None else sorted(path for path in start.folder.parent.iterdir() if path.is_dir())
    return next((folder for folder in [start.folder, *others] if is_done(folder, start, targets)), None)


def is_done(folder: Path, start: RunInfo, targets: Mapping[str, int | None]) -> bool:
    """Return whether a folder holds a finished run of this config with these targets."""
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        kept = stored_config(folder)
        if kept is None or not summary["completed"] or differences(kept, start.declared):
            return False
        return all(
            summary["stages"][name]["kept"] == target or kept["recipe"][name].get("until") == target
            for name, target in targets.items()
            if target is not None
        )
    except (OSError, ValueError, KeyError, TypeError, SelfInstructError):
        return False


def sweep(start: RunInfo) -> str:
    """Return the sum of all jobs of the sweep that were planned so far, in one line."""
    folder, plans = start.folder.parent, []
    apart = [path for path in (folder / PLANS).glob("*.json") if not (folder / path.stem / PLAN).exists()]
    for path in sorted([*folder.glob(f"*/{PLAN}"), *apart]):
        with suppress(OSError, ValueError):
            plans.append(json.loads(path.read_text(encoding="utf-8")))
    done = [Path(plan["done"]).name for plan in plans if plan["done"]]
    left = [plan["total"] for plan in plans if not plan["done"]]
    requests = sum(total["requests"]["expected"] for total in left)
    costs = [total["cost_usd"] for total in left]
    cost = "unknown (set model.price)" if None in costs else f"${sum(cost['expected'] for cost in costs):,.2f}"
    finished = f"finished: {', '.join(done)}" if done else "none of them finished"
    return f"Jobs of the sweep planned so far: {len(plans)}, {finished}; left: {requests:,.0f} requests, cost {cost}."


def place_of(start: RunInfo) -> Path:
    """Return where a plan is written: a job of a sweep that has no run yet leaves no folder among the runs."""
    if start.group is None or (start.folder / CONFIG).exists():
        return start.folder / PLAN
    return start.folder.parent / PLANS / f"{start.folder.name}.json"
