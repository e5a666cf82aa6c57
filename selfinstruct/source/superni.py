"""Super-NaturalInstructions (Wang et al., 2022): a JSON file a task, with a definition, examples and instances.

The columns are `definition`, `positive_examples`, `negative_examples`, `categories`, and of each instance `input` and
`output`, a list of everything that is right.  A file is read in two passes, first what is above the instances, so that
no file is ever in memory as a whole.
"""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from selfinstruct.part import part
from selfinstruct.source import REMEDY, Mistake, Row
from selfinstruct.source.members import Malformed, members
from selfinstruct.text.files import Files

INSTANCES = "Instances"
COLUMNS = {
    "Definition": "definition",
    "Positive Examples": "positive_examples",
    "Negative Examples": "negative_examples",
    "Categories": "categories",
}


@part
class SuperNI:
    """Reads task files: one, or all in a folder or a zip archive."""

    path: Path
    """The file, folder or archive; a relative path starts where the command runs."""

    @cached_property
    def _files(self) -> Files:
        return Files(self.path, ".json", REMEDY)

    def tasks(self) -> list[str]:
        """Return the names of the files."""
        return self._files.names()

    def digest(self) -> str:
        """Return the SHA-256 of the files."""
        return self._files.digest()

    def rows(self, task: str) -> Iterator[Row | Mistake]:
        """Yield the instances of a file, and what is wrong in it."""
        place, name = self._files.place(task), PurePosixPath(task)
        try:
            about = self._about(task)
            if wrong := mistakes_above(about):
                yield from (Mistake(place, text) for text in wrong)
                return
            number = 0
            for key, value, line in members(self._files.lines(task), INSTANCES):
                if key != INSTANCES:
                    continue
                number += 1
                if text := mistake_in(value):
                    yield Mistake(f"{place}:{line}", f"instance {number} {text}")
                else:
                    own = {"input": value["input"] or "", "output": listed(value["output"])}
                    yield Row(name.stem, f"{name.name}#{number}", {**about, **own})
        except Malformed as error:
            yield Mistake(f"{place}:{error.line}", str(error))
            return
        if not number:
            yield Mistake(place, f"'{INSTANCES}' is missing or empty")

    def _about(self, task: str) -> dict[str, Any]:
        """Return what a file says above its instances, or, where it does so, below them."""
        found: dict[str, Any] = {"positive_examples": [], "negative_examples": [], "categories": []}
        left = set(COLUMNS)
        for key, value, _ in members(self._files.lines(task), INSTANCES):
            if key in COLUMNS:
                left.discard(key)
                found[COLUMNS[key]] = joined(value) if key == "Definition" else value
            if not left:
                break
        return found


def joined(value: Any) -> str | None:
    """Return a text, or a list of texts, as one; None for anything else."""
    return "\n".join(listed(value)) if all(isinstance(text, str) for text in listed(value)) else None


def listed(value: Any) -> list[Any]:
    """Return a list as it is, anything else as the one item of a list."""
    return value if isinstance(value, list) else [value]


def mistakes_above(about: dict[str, Any]) -> list[str]:
    """Return what is wrong with what a file says of its task."""
    definition = about.get("definition", "")
    wrong = [] if definition is None or definition.strip() else ["'Definition' is missing or empty"]
    wrong += ["'Definition' must be text, or a list of texts"] if definition is None else []
    lists = ("positive_examples", "negative_examples", "categories")
    return wrong + [f"{key} must be a list" for key in lists if not isinstance(about[key], list)]


def mistake_in(instance: Any) -> str | None:
    """Return what is wrong with an instance."""
    if not isinstance(instance, dict):
        return "must be an object with 'input' and 'output'"
    if not isinstance(instance.get("input", 0), str | None):  # null: the definition says all
        return "has no 'input' that is text"
    outputs = listed(instance.get("output"))
    return None if all(isinstance(output, str) for output in outputs) else "has an 'output' that is not text"
