"""Whether a replay made the files of its capsule, and if not, where they first differ.

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
from selfinstruct.storage.differences import ABSENT, Kind, compared, shown
from selfinstruct.storage.journal import POOL, REJECTED, ROUNDS
from selfinstruct.storage.summary import digest_of, git, versions

TARGETS = re.compile(r"recipe\.\w+\.(until|saturation(\..*)?)|formats(\..*)?")
"""Keys that may change when a run is resumed, and that change its files."""
MOST_NAMED = 5
"""Requests named in a message; `rejected.jsonl` names all."""


def results_of(archive: Archive) -> dict[str, str]:
    """Return the SHA-256 of each file that the run wrote; raises ValueError where the capsule does not have them."""
    results = archive.object("provenance.json").get("results")
    if not isinstance(results, dict) or not {POOL, REJECTED, ROUNDS} <= set(results):
        raise ValueError("provenance.json does not have the hashes of the run's files")
    return results


def first_difference(archive: Archive, folder: Path, results: Mapping[str, str], has_dataset: bool) -> str | None:
    """Return where the files of a run first differ from those of the capsule; None if they do not."""
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
    return f"The first difference is in {differing[0]}: its SHA-256 differs."


def in_rounds(archive: Archive, path: Path) -> str | None:
    """Return the first figure of the first round that differs."""
    with path.open("rb") as file:
        now = [json.loads(text) for text in file]
    for old, new in zip_longest(archive.rows(ROUNDS), now):
        if old is None or new is None:
            row, which = (old, "only the capsule has") if new is None else (new, "the capsule does not have")
            return f"The first difference: {which} round {row.get('round')} of {row.get('stage')}."
        if difference := next(compared(old, new), None):
            return f"The first difference is in round {old.get('round')} of {old.get('stage')}: {difference.text}."
    return None


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return every key that shapes the data and differs from the capsule, with both values."""
    return [
        found.text
        for found in compared(old, new)
        if not found.key.startswith(("seeds.", "replay")) and (TARGETS.fullmatch(found.key) or found.kind is Kind.FIXED)
    ]


def unanswered(folder: Path) -> str | None:
    """Return a sentence that names the requests of a run which its capsule did not answer; None if there are none."""
    path, names = folder / REJECTED, []
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            rows = [json.loads(text) for text in file if NOT_HELD in text]
        names = [row["request"] for row in rows if row["filter"] == MODEL and row["reason"] == NOT_HELD]
    if not names:
        return None
    count = f"{len(names):,} request{'' if len(names) == 1 else 's'}"
    more = f" and {len(names) - MOST_NAMED:,} more; rejected.jsonl names all" if len(names) > MOST_NAMED else ""
    return f"The capsule holds no reply to {count}: {', '.join(names[:MOST_NAMED])}{more}. The run continued without."


def other_code(archive: Archive) -> list[str]:
    """Return a sentence on the versions that differ from those that wrote the capsule; nothing if none does."""
    software = archive.object("provenance.json").get("software")
    now = {"versions": versions(), "git": git()}
    found = compared(software if isinstance(software, dict) else {}, now)
    differing = [
        f"{one.key} {shown(one.old)}, here {shown(one.new)}"
        for one in found
        if one.old is not ABSENT and one.new is not ABSENT
    ]
    return [f"The code version differs: {'; '.join(differing)}."] if differing else []
