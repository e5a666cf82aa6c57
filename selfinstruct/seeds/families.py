"""Seed tasks that are task families: pairs of input and output, some to induce an instruction from, some held out.

Instruction Induction (Honovich et al., 2022, section 2) shows a model a few pairs of a family, takes its guess of the
instruction behind them, and tries the guess on pairs that were held out.  A family becomes two tasks: one under its
name, with the pairs that prompts may show, and one with `.execute` behind it, with those that they may not.  Where
several outputs are right for an input, there are as many instances with it; the first is the one to be shown.

A family is a JSON file of ours, or the published data as it is (`published_families`), in a folder or a zip archive.
"""

from pathlib import Path, PurePosixPath
from typing import Any

from selfinstruct.errors import DataError
from selfinstruct.part import part
from selfinstruct.seeds.fields import LONGEST_ID
from selfinstruct.seeds.published_families import PUBLISHED, published
from selfinstruct.seeds.reading import object_in
from selfinstruct.task import HUMAN, Instance, Task
from selfinstruct.text.files import Files
from selfinstruct.text.scoring import METRICS

EXECUTE = ".execute"
KEYS = ("metric", "is_classification", "instructions", "induce", "execute")
REMEDY = "Set seeds.path=<folder or zip archive of task families>."


@part
class Families:
    """Reads task families."""

    path: Path
    """The folder or zip archive; a relative path starts where the command runs."""
    only: list[str] | None
    """The families to take, by name; null for all."""

    def load(self) -> list[Task]:
        """Return two tasks a family, in the order of their names; raises DataError with every mistake."""
        files = Files(self.path, ".json", REMEDY)
        found = files.names()
        root = next((match["root"] for name in found if (match := PUBLISHED.fullmatch(name))), None)
        if root is None:
            names = sorted(PurePosixPath(name).stem for name in found if "/" not in name)
        else:
            names = [match["name"] for name in found if (match := PUBLISHED.fullmatch(name)) and match["root"] == root]
        wanted = names if self.only is None else [name for name in names if name in self.only]
        known = f"there are: {', '.join(names) or 'none'}"
        problems = [f"{self.path}: has no family {x!r}; {known}." for x in self.only or () if x not in names]
        if not wanted and not problems:
            problems.append(
                f"{self.path}: no family is chosen; {known}. Set seeds.only, or {REMEDY[0].lower()}{REMEDY[1:]}"
            )
        tasks: list[Task] = []
        for name in wanted:
            row, mistakes = object_in(files, f"{name}.json") if root is None else published(files, root, name)
            if root is None and not mistakes:
                mistakes = [f"{files.place(f'{name}.json')}: {text}." for text in mistakes_in(row)]
            problems += [*(f"{self.path}: {text}." for text in mistakes_in_name(name)), *mistakes]
            if not mistakes:
                tasks += tasks_of(name, row)
        if problems:
            raise DataError(problems)
        return tasks


def tasks_of(name: str, family: dict[str, Any]) -> list[Task]:
    """Return the two tasks of a family that is as `mistakes_in` wants it, with the attributes of the published one."""
    about = {"family": name, "metric": family["metric"], "instructions": family["instructions"]}
    return [
        Task(
            id=name if kind == "induce" else name + EXECUTE,
            origin=HUMAN,
            instruction=family["instructions"][0],
            is_classification=family["is_classification"],
            instances=tuple(
                Instance(*pair) for pair in dict.fromkeys((row[0], x) for row in family[kind] for x in row[1:])
            ),
            attributes={**about, "set": kind, **family.get(f"{kind}_attributes", {})},
        )
        for kind in ("induce", "execute")
    ]


def mistakes_in_name(name: str) -> list[str]:
    """Return what keeps a family from having its name in the pool, beside those of its held-out pairs and of others."""
    if name.endswith(EXECUTE):
        return [f"{name!r} is called as held-out pairs are; rename the file"]
    return (
        [] if name.strip() and len(name) <= LONGEST_ID else [f"a family's name must have 1 to {LONGEST_ID} characters"]
    )


def mistakes_in(row: dict[str, Any]) -> list[str]:
    """Return what is wrong with a family of ours."""
    found = [f"{key!r} is missing" for key in KEYS if key not in row]
    found += [f"{key!r} is not a key of a family" for key in row if key not in KEYS]
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
