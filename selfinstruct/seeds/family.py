"""Task families as they were read, whatever the layout of their files, and the layout of our own."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from selfinstruct.seeds.fields import LONGEST_ID
from selfinstruct.seeds.reading import parsed_at
from selfinstruct.task import HUMAN, Instance, Task
from selfinstruct.text.archives import UNREADABLE
from selfinstruct.text.encoding import MARK, misread
from selfinstruct.text.scoring import METRICS

Place: TypeAlias = Path | zipfile.Path
"""A file or folder, on disk or in an archive."""
EXECUTE = ".execute"
LARGEST = 100_000_000
"""Bytes that an archive may hold unpacked; the published one holds 16 million."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A family as it was read, whatever the layout."""

    name: str
    metric: str
    instructions: list[str]
    induce: list[list[str]]
    """Pairs to show: an input, and its outputs, the one to be shown first."""
    execute: list[list[str]]
    """Pairs held out: an input, and every output that is accepted."""
    is_classification: bool = False
    prompts: tuple[str, ...] = ()
    """Whole induction prompts, where some were published."""
    may_echo: bool = True
    """Whether an answer that repeats its input can be right."""

    def tasks(self) -> list[Task]:
        """Return the two tasks of the family."""
        known = {"family": self.name, "metric": self.metric, "instructions": self.instructions}
        shown = {**known, "set": "induce", **({"prompts": list(self.prompts)} if self.prompts else {})}
        held = {**known, "set": "execute", **({} if self.may_echo else {"may_echo": False})}
        return [self._task(self.name, self.induce, shown), self._task(self.name + EXECUTE, self.execute, held)]

    def _task(self, name: str, rows: list[list[str]], attributes: dict[str, Any]) -> Task:
        pairs = dict.fromkeys((row[0], output) for row in rows for output in row[1:])
        return Task(
            id=name,
            origin=HUMAN,
            instruction=self.instructions[0],
            is_classification=self.is_classification,
            instances=tuple(Instance(*pair) for pair in pairs),
            attributes=attributes,
        )


def parsed(place: Place, problems: list[str]) -> dict[str, Any]:
    """Return a JSON object; what keeps it from being one is noted, and it is empty then."""
    try:
        if place.exists() and not place.is_file():
            raise OSError("it is not a file")
        content = place.read_bytes()
    except (*UNREADABLE, KeyError) as error:
        problems.append(f"{place}: cannot be read ({error}).")
        return {}
    if bad := list(misread(content)):
        problems += [f"{place}:{number}: {mistake}." for number, mistake in bad]
        return {}
    value, mistakes = parsed_at(content.removeprefix(MARK).decode(), LARGEST)
    problems += [f"{place}{mistake}." for mistake in mistakes]
    return {} if mistakes else value


def mistakes_in_name(name: str) -> list[str]:
    """Return what keeps a family from having its name in the pool, beside those of its held-out pairs and of others."""
    found = (
        [] if name.strip() and len(name) <= LONGEST_ID else [f"a family's name must have 1 to {LONGEST_ID} characters"]
    )
    return found + ([f"{name!r} is called as held-out pairs are; rename the file"] if name.endswith(EXECUTE) else [])


def family_of(place: Place, name: str, problems: list[str]) -> Family | None:
    """Return a family in the layout of ours; what is wrong with it is noted."""
    file = place / f"{name}.json"
    before = len(problems)
    row = parsed(file, problems)
    if len(problems) > before:
        return None
    problems += [f"{file}: {text}." for text in mistakes(row)]
    return Family(name=name, **row) if len(problems) == before else None


def mistakes(row: dict[str, Any]) -> list[str]:
    """Return what is wrong with a family of ours."""
    keys = ("metric", "is_classification", "instructions", "induce", "execute")
    found = [f"{key!r} is missing" for key in keys if key not in row]
    found += [f"{key!r} is not a key of a family" for key in row if key not in keys]
    if found:
        return found
    if row["metric"] not in METRICS:
        found.append(f"'metric' must be one of {', '.join(METRICS)} (got {row['metric']!r})")
    if not isinstance(row["is_classification"], bool):
        found.append(f"'is_classification' must be true or false (got {row['is_classification']!r})")
    if not is_texts(row["instructions"], 1):
        found.append("'instructions' must be a list of texts that are not empty, one at least")
    for key in ("induce", "execute"):
        rows = row[key]
        if not isinstance(rows, list) or not rows or not all(is_texts(pair, 2) for pair in rows):
            found.append(f"{key!r} must be a list of [input, output, …], all of them texts that are not empty")
    return found


def is_texts(value: Any, least: int) -> bool:
    """Return whether a value is a list of so many texts, none of them empty."""
    return isinstance(value, list) and len(value) >= least and all(isinstance(x, str) and x.strip() for x in value)
