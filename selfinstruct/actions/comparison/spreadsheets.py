"""The comparison as rows of CSV: every key that differs, and every figure with all its digits."""

import json
from collections.abc import Iterable

from selfinstruct.actions.comparison.comparing import Comparison
from selfinstruct.actions.comparison.figures import EXPLAINED
from selfinstruct.actions.comparison.grouping import SEED, written
from selfinstruct.actions.comparison.scores import differences
from selfinstruct.storage.differences import ABSENT


def every_run(comparison: Comparison) -> list[list[object]]:
    """Return a row for each run with every figure, after a row of headers."""
    names = ordered(name for run in comparison.runs for name in run.figures)
    heads = ["run", "folder", "status", "offline", "models", *comparison.keys, *(f"figures.{name}" for name in names)]
    rows: list[list[object]] = [[*heads]]
    for run in comparison.runs:
        about = [run.label, run.folder.as_posix(), run.status, written(run.is_offline), " ".join(run.models)]
        values = [raw(run.values[key]) for key in comparison.keys]
        rows.append([*about, *values, *(run.figures.get(name) for name in names)])
    return rows


def every_group(comparison: Comparison) -> list[list[object]]:
    """Return a row for each group with every figure and its interval, after a row of headers."""
    names = ordered(name for group in comparison.groups for name in group.figures)
    shared = [key for key in comparison.keys if key != SEED]
    kinds = ("mean", "low", "high")
    rows: list[list[object]] = [["runs", *shared, *(f"figures.{name}.{kind}" for name in names for kind in kinds)]]
    for group in comparison.groups:
        cells = [getattr(group.figures.get(name), kind, None) for name in names for kind in kinds]
        rows.append([group.label, *(raw(group.runs[0].values[key]) for key in shared), *cells])
    return rows


def every_overlap(comparison: Comparison) -> list[list[object]]:
    """Return a row for each pair of runs, after a row of headers."""
    return [["run", "other", "near", "identical"], *([*pair, *found] for pair, found in comparison.overlaps.items())]


def every_score(comparison: Comparison) -> list[list[object]]:
    """Return a row for each figure of each benchmark of each run, after a row of headers."""
    rows: list[list[object]] = [["run", "model", "benchmark", "figure", "value", "low", "high", "items"]]
    for one in comparison.evaluations:
        about = [one.label, " ".join(one.models), one.benchmark]
        rows += [[*about, key, found.value, found.low, found.high, one.count] for key, found in one.figures.items()]
    return rows


def every_difference(comparison: Comparison) -> list[list[object]]:
    """Return a row for each difference between two runs, after a row of headers."""
    rows: list[list[object]] = [
        ["run", "other", "benchmark", "figure", "difference", "low", "high", "decisive", "items"]
    ]
    for one in differences(comparison.evaluations):
        ends = one.interval or (None, None)
        about = [one.first, one.second, one.benchmark, one.figure]
        rows.append([*about, one.mean, *ends, one.decisive, one.items])
    return rows


def whole(comparison: Comparison) -> dict[str, list[list[object]]]:
    """Return the tables that hold every figure, by name."""
    scored = {"scores": every_score(comparison), "differences": every_difference(comparison)}
    return {
        **(scored if comparison.evaluations else {}),
        "runs": every_run(comparison),
        "groups": every_group(comparison),
        "overlap": every_overlap(comparison),
    }


def ordered(names: Iterable[str]) -> list[str]:
    """Return names without duplicates, the explained ones first."""
    known = dict.fromkeys(names)
    return [*(name for name in EXPLAINED if name in known), *(name for name in known if name not in EXPLAINED)]


def raw(value: object) -> object:
    """Return a config's value for a cell of CSV."""
    if value is ABSENT:
        return None
    return value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
