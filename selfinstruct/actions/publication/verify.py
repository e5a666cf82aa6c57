"""Whether two runs are the same, and if not, where they part.

The figures of each round are compared first, for they name the place; then the dataset, line by line; then the files
that a capsule holds by their hashes only.
"""

import json
import re
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from selfinstruct.actions.publication.archive import Archive
from selfinstruct.model.replay import NOT_HELD
from selfinstruct.round import MODEL
from selfinstruct.storage.differences import ABSENT, Kind, compared, leaves, shown
from selfinstruct.storage.journal import POOL, REJECTED, ROUNDS
from selfinstruct.storage.summary import digest_of, git, versions

TARGETS = re.compile(r"recipe\.\w+\.(until|saturation(\..*)?)|formats(\..*)?")
"""What a run that goes on may change, and what changes its files all the same."""
MOST_NAMED = 5
"""Requests named in a message; `rejected.jsonl` names all."""


def results_of(archive: Archive) -> dict[str, str]:
    """What the capsule says was written: file to SHA-256."""
    results = archive.object("provenance.json").get("results")
    if not isinstance(results, dict) or not {POOL, REJECTED, ROUNDS} <= set(results):
        raise ValueError("provenance.json does not say what was written")
    return results


def first_difference(archive: Archive, folder: Path, results: Mapping[str, str], has_dataset: bool) -> str | None:
    """Where the files of a run first differ from what the capsule says; None if they do not."""
    names = [name for name in results if has_dataset or not name.startswith("dataset/")]
    differing = [name for name in names if not (folder / name).is_file() or digest_of(folder / name) != results[name]]
    if not differing:
        return None
    if ROUNDS in differing and (found := in_rounds(archive, folder / ROUNDS)):
        return found
    for name in filter(archive.dataset.__contains__, differing):
        with archive.open(name) as before, (folder / name).open("rb") as now:
            for number, (one, other) in enumerate(zip_longest(before, now), 1):
                if one != other:
                    return f"The first difference is in {name}, line {number}."
    return f"The first difference is in {differing[0]}: it has another SHA-256."


def in_rounds(archive: Archive, path: Path) -> str | None:
    """The first figure of the first round that differs."""
    with path.open("rb") as file:
        now = [json.loads(text) for text in file]
    for old, new in zip_longest(archive.rows(ROUNDS), now):
        if old is None or new is None:
            row, which = (old, "only the capsule has") if new is None else (new, "the capsule does not have")
            return f"The first difference: {which} round {row.get('round')} of {row.get('stage')}."
        for key in {**old, **new}:
            if old.get(key, ABSENT) != new.get(key, ABSENT):
                figures = f"{shown(old.get(key, ABSENT))} and is {shown(new.get(key, ABSENT))}"
                return (
                    f"The first difference is in round {old.get('round')} of {old.get('stage')}: {key} was {figures}."
                )
    return None


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Every key that shapes the data and is another than in the capsule."""
    return [
        found.text
        for found in compared(old, new)
        if not found.key.startswith(("seeds.", "replay")) and (TARGETS.fullmatch(found.key) or found.kind is Kind.FIXED)
    ]


def not_held(folder: Path) -> list[str]:
    """The requests of a run that its capsule did not answer, in the order met."""
    path = folder / REJECTED
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        rows = (json.loads(text) for text in file if NOT_HELD in text)
        return [row["request"] for row in rows if row["filter"] == MODEL and row["reason"] == NOT_HELD]


def told(missing: list[str]) -> str:
    """Which requests a capsule does not hold."""
    more = f" and {len(missing) - MOST_NAMED:,} more; rejected.jsonl names all" if len(missing) > MOST_NAMED else ""
    return (
        f"The capsule holds no reply to {len(missing):,} requests: {', '.join(missing[:MOST_NAMED])}{more}."
        " The run went on without them."
    )


def other_code(archive: Archive) -> list[str]:
    """What of the code is not as it was when the capsule was written."""
    software = archive.object("provenance.json").get("software")
    before = software if isinstance(software, dict) else {}
    old, new = dict(leaves(before)), dict(leaves({"versions": versions(), "git": git()}))
    differing = [
        f"{key} {shown(old[key])}, here {shown(new[key])}" for key in new if old.get(key, new[key]) != new[key]
    ]
    return [f"The code is another: {'; '.join(differing)}."] if differing else []
