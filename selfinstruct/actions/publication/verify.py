"""Whether a replay made the files of its capsule, and if not, where they first differ.

The rounds are compared first, for they name the place; then the dataset; then the files that a capsule holds by their
hashes only.
"""

import json
import re
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from selfinstruct.actions.publication.archive import Archive
from selfinstruct.errors import SelfInstructError
from selfinstruct.model.replay import NOT_HELD
from selfinstruct.round import MODEL
from selfinstruct.storage.differences import Kind, compared
from selfinstruct.storage.journal import POOL, REJECTED, ROUNDS
from selfinstruct.storage.summary import digest_of, versions

TARGETS = re.compile(r"recipe\.\w+\.(until|saturation(\..*)?)|formats(\..*)?")
"""Keys that may change when a run is resumed, and that change its files."""
MOST_NAMED = 5
"""Requests named in a message; `rejected.jsonl` names all."""


def results_of(archive: Archive) -> dict[str, str]:
    """Return the SHA-256 of each file that the run wrote; raises SelfInstructError where the capsule has none."""
    results = archive.object("provenance.json").get("results")
    if not isinstance(results, dict) or not {POOL, REJECTED, ROUNDS} <= set(results):
        raise SelfInstructError(f"{archive.path}: provenance.json does not have the hashes of the run's files.")
    return results


def first_difference(archive: Archive, folder: Path, results: Mapping[str, str], has_dataset: bool) -> str | None:
    """Return where the files of a run first differ from those of the capsule; None if they do not."""
    names = [name for name in results if has_dataset or not name.startswith("dataset/")]
    differing = [name for name in names if not (folder / name).is_file() or digest_of(folder / name) != results[name]]
    for name in (ROUNDS, *archive.dataset):
        if name in differing and (folder / name).is_file():
            with archive.open(name) as before, (folder / name).open("rb") as now:
                for number, (old, new) in enumerate(zip_longest(before, now, fillvalue=b"{}"), 1):
                    if old != new:
                        return f"The first difference is in {name}, line {number}{figure(old, new)}."
    return f"The first difference is in {differing[0]}: its SHA-256 differs." if differing else None


def figure(old: bytes, new: bytes) -> str:
    """Return the first key of two rows that differs, as the end of a sentence; empty for what is no row."""
    try:
        difference = next(compared(json.loads(old), json.loads(new)), None)
    except (ValueError, AttributeError):
        return ""
    return f": {difference.text}" if difference else ""


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return every key that shapes the data and differs from the capsule, with both values."""
    return [
        found.text
        for found in compared(old, new)
        if not found.key.startswith(("seeds.", "replay")) and (TARGETS.fullmatch(found.key) or found.kind is Kind.FIXED)
    ]


def unanswered(folder: Path) -> str | None:
    """Return a sentence that names the requests of a run which its capsule did not answer; None if there are none."""
    if not (folder / REJECTED).is_file():
        return None
    with (folder / REJECTED).open(encoding="utf-8") as file:
        rows = [json.loads(text) for text in file if NOT_HELD in text]
    names = [row["request"] for row in rows if row["filter"] == MODEL and row["reason"] == NOT_HELD]
    more = " and others; rejected.jsonl names all" if len(names) > MOST_NAMED else ""
    first = ", ".join(names[:MOST_NAMED])
    return f"The capsule holds no reply to {len(names):,} of the requests: {first}{more}." if names else None


def other_versions(archive: Archive) -> list[str]:
    """Return a sentence on the package versions that differ from those that wrote the capsule; nothing if none does."""
    software = archive.object("provenance.json").get("software")
    old = software.get("versions") if isinstance(software, dict) else None
    found = [one.text for one in compared(old, versions())] if isinstance(old, dict) else []
    return [f"Versions differ: {'; '.join(found)}."] if found else []
