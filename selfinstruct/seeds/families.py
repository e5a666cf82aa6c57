"""Seed tasks that are task families: pairs of input and output, some to induce an instruction from, some held out.

Instruction Induction (Honovich et al., 2022, section 2) shows a model a few pairs of a family, takes its guess of the
instruction behind them, and tries the guess on pairs that were held out.  A family becomes two tasks: one under its
name, with the pairs that prompts may show, and one with `.execute` behind it, with those that they may not.  The
instruction of both is the first that a person gave; all of them, and how answers are scored, stand in the attributes.
Where several outputs are right for an input, there are as many instances with it; the first is the one to be shown.

A family is a JSON file of ours, or the published data as it is (`published_families.py`); either lies in a folder or in
a zip archive.
"""

import zipfile
from pathlib import Path

from selfinstruct.errors import DataError
from selfinstruct.part import part
from selfinstruct.seeds import published_families
from selfinstruct.seeds.assembly import problems_of
from selfinstruct.seeds.family import LARGEST, Place, family_of, mistakes_in_name
from selfinstruct.task import Task
from selfinstruct.text.archives import UNREADABLE


@part
class Families:
    """Reads task families."""

    path: Path
    """The folder or zip archive; a relative path starts where the command runs."""
    only: list[str] | None
    """The families to take, by name; null for all."""

    def problems(self) -> list[str]:
        """Return every mistake in the files."""
        return problems_of(self.load)

    def load(self) -> list[Task]:
        """Return two tasks a family, in the order of their names; raises DataError with every mistake."""
        place = opened(self.path)
        problems: list[str] = []
        root = published_families.root(place)
        read = published_families.read if root else family_of
        files = sorted(set(names(published_families.files(root) if root else place)))
        wanted = files if self.only is None else [name for name in files if name in self.only]
        known = ", ".join(files)
        problems += [
            f"{self.path}: has no family {x!r}; there are: {known}." for x in self.only or () if x not in files
        ]
        if not files:
            problems.append(f"{self.path}: holds no families. Set seeds.path=<folder or zip archive of task families>.")
        elif not wanted and not problems:
            problems.append(f"{self.path}: seeds.only names no family; there are: {known}.")
        problems += [f"{self.path}: {text}." for name in wanted for text in mistakes_in_name(name)]
        families = [read(root or place, name, problems) for name in wanted]
        if problems:
            raise DataError(problems)
        return [task for family in families if family is not None for task in family.tasks()]


def opened(path: Path) -> Place:
    """Return a folder, or what is in an archive; raises DataError where there is neither."""
    reason = "it is neither a folder nor a zip archive"
    try:
        if path.is_dir():
            return path
        if zipfile.is_zipfile(path):
            archive = zipfile.ZipFile(path)
            if (size := sum(item.file_size for item in archive.infolist())) <= LARGEST:
                return zipfile.Path(archive)
            reason = f"it holds {size:,} bytes; task families may have {LARGEST:,}"
    except UNREADABLE as error:
        reason = str(error)
    raise DataError([f"{path}: cannot be read ({reason}). Set seeds.path=<folder or zip archive of task families>."])


def names(place: Place) -> list[str]:
    """Return the names of the JSON files in a folder, without those that are hidden."""
    found = (item.name for item in place.iterdir())
    return [name.removesuffix(".json") for name in found if name.endswith(".json") and not name.startswith(".")]
