"""A sheet of items to rate, frozen when it is made, and its key, which says where each item came from.

The id of an item is a hash of what it shows, and the items stand in the order of their ids, so that neither says
anything of a system.  Answers that are the same, letter by letter, are one item, which counts for each of its systems.
`sheet.json` is written last and never again; its hash stands in each line of a rater's file.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from pydantic import TypeAdapter, ValidationError

from selfinstruct.errors import RunFolderError
from selfinstruct.protocol import Protocol
from selfinstruct.rating.entries import Entry
from selfinstruct.storage.folder import replace_text
from selfinstruct.text.plain_files import check_plain

SHEET, KEY = "sheet.json", "key.json"
LENGTH = 16
"""Hexadecimal digits of an id."""
TURNED = {"left": "right", "right": "left"}
PRACTICE = "practice-"
"""How the ids of items begin that are not counted."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """What a rater sees at once."""

    id: str
    task: str
    """The same for all items of one task."""
    texts: Mapping[str, str]
    answers: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Everything that raters are shown, and nothing of where it came from."""

    protocol: Protocol
    random_seed: int
    together: bool
    """Whether all items of a task stand in a row."""
    items: Sequence[Item]

    @cached_property
    def sha256(self) -> str:
        """Return the hash of the sheet."""
        return digest(canonical(self._content))

    @property
    def _content(self) -> dict[str, Any]:
        return asdict(self)

    @cached_property
    def practice(self) -> dict[str, Item]:
        """Return the items that are rated first and not counted."""
        found = {}
        for number, example in enumerate(self.protocol.practice, 1):
            texts = {"instruction": example.instruction, "input": example.input, "reference": example.reference}
            shown = {name: text for name, text in texts.items() if text and name in list[str](self.protocol.shown)}
            name = f"{PRACTICE}{number}"
            found[name] = Item(id=name, task=name, texts=shown, answers=example.answers)
        return found

    @cached_property
    def all(self) -> dict[str, Item]:
        """Return every item by its id, those to practice on first."""
        return self.practice | {item.id: item for item in self.items}

    def store(self, folder: Path, key: Mapping[str, Any]) -> None:
        """Write key and sheet."""
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(folder / KEY, as_json({"sheet": self.sha256, **key}))
        replace_text(folder / SHEET, as_json({**self._content, "sha256": self.sha256}))


def made(
    protocol: Protocol, found: Iterable[Entry], random_seed: int, *, together: bool
) -> tuple[Sheet, dict[str, Any]]:
    """Return a sheet of some entries, and its key."""
    rng, found, visible = Random(f"{random_seed}/sides"), list(found), list[str](protocol.shown)
    items: dict[str, Item] = {}
    sources: dict[str, dict[str, Any]] = {}
    for entry in found:
        places = list(range(len(entry.answers)))
        rng.shuffle(places)
        answers = [entry.answers[place] for place in places]
        texts = {name: text for name, text in entry.texts.items() if name in visible}
        shown = canonical([protocol.name, texts, answers])
        item = Item(id=short(shown), task=short(canonical(texts)), texts=texts, answers=answers)
        items[item.id] = item
        source = sources.setdefault(item.id, {"of": [], "judges": {}})
        of = [entry.systems[place] for place in places]
        source["of"].append({"systems": of, "task": entry.task, "request": entry.request})
        is_turned = places == [1, 0]
        judged = {name: turned(grade) if is_turned and grade else grade for name, grade in entry.judged.items()}
        source["judges"] = {**judged, **source["judges"]}
    ordered = [items[name] for name in sorted(items)]
    systems = list(dict.fromkeys(name for entry in found for name in entry.systems))
    sheet = Sheet(protocol=protocol, random_seed=random_seed, together=together, items=ordered)
    return sheet, {"systems": systems, "items": {name: sources[name] for name in sorted(sources)}}


def turned(grade: str) -> str:
    """Return a grade of a pair whose answers have changed places."""
    return TURNED.get(grade, grade)


def stored(folder: Path) -> Sheet | None:
    """Return the sheet of a folder; None where it has none; raises RunFolderError for one that was changed."""
    path = folder / SHEET
    if not path.exists():
        return None
    check_plain(folder)
    try:
        content = json.loads(path.read_bytes())
        said = content.pop("sha256")
        sheet = TypeAdapter(Sheet).validate_python(content)
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RunFolderError(f"{path} cannot be read: it is not a sheet of this program.") from None
    if said != sheet.sha256:
        raise RunFolderError(f"{path} was changed since it was made. Restore it, or set rate.name to make another.")
    return sheet


def key_of(folder: Path, sheet: Sheet) -> dict[str, Any]:
    """Return the key of a sheet; raises RunFolderError where it is missing or of another sheet."""
    path = folder / KEY
    try:
        key = json.loads(path.read_bytes())
        if key["sheet"] == sheet.sha256 and key["items"].keys() == {item.id for item in sheet.items}:
            return dict(key)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise RunFolderError(f"{path} is not the key of {SHEET} beside it, so nobody knows what was rated. Restore it.")


def canonical(value: Any) -> str:
    """Return a value as JSON, the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def as_json(value: Any) -> str:
    """Return a value as JSON for a file; half a surrogate pair stays an escape."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode() + "\n"


def digest(text: str) -> str:
    """Return the SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def short(text: str) -> str:
    """Return an id made of a text."""
    return digest(text)[:LENGTH]
