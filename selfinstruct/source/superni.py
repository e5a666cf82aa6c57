"""Super-NaturalInstructions (Wang et al., 2022): a JSON file a task, with a definition, examples and instances.

The columns are `definition`, `positive_examples`, `negative_examples`, `categories`, and of each instance `input` and
`output`, a list of everything that is right.  One file at a time is in memory; the largest has 30 million bytes.
"""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from selfinstruct.part import part
from selfinstruct.source import REMEDY, Mistake, Row
from selfinstruct.text.files import Files
from selfinstruct.text.json_objects import read_object

LISTS = {
    "positive_examples": "Positive Examples",
    "negative_examples": "Negative Examples",
    "categories": "Categories",
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
        name, place = PurePosixPath(task), self._files.place(task)
        file, mistakes, broken = read_object(self._files, task)
        if not file:
            yield from (Mistake(place if broken is None else f"{place}:{broken}", text) for text in mistakes)
            return
        about = {column: file.get(key, []) for column, key in LISTS.items()}
        about["definition"] = joined(file.get("Definition", ""))
        instances = file.get("Instances")
        wrong = [] if about["definition"] else ["'Definition' must be text that is not empty, or a list of texts"]
        wrong += [f"{key} must be a list" for key in LISTS if not isinstance(about[key], list)]
        if not isinstance(instances, list) or not instances:
            wrong.append("'Instances' must be a list that is not empty")
        if wrong or not isinstance(instances, list):
            yield from (Mistake(place, text) for text in wrong)
            return
        for number, value in enumerate(instances, 1):
            if text := mistake_in(value):
                yield Mistake(place, f"instance {number} {text}")
            else:
                own = {"input": value["input"] or "", "output": listed(value["output"])}
                yield Row(name.stem, f"{name.name}#{number}", {**about, **own})


def joined(value: Any) -> str:
    """Return a text, or a list of texts, as one; empty for anything else."""
    texts = listed(value)
    found = "\n".join(texts) if all(isinstance(text, str) for text in texts) else ""
    return found if found.strip() else ""


def listed(value: Any) -> list[Any]:
    """Return a list as it is, anything else as the one item of a list."""
    return value if isinstance(value, list) else [value]


def mistake_in(instance: Any) -> str | None:
    """Return what is wrong with an instance."""
    if not isinstance(instance, dict):
        return "must be an object with 'input' and 'output'"
    if not isinstance(instance.get("input", 0), str | None):  # null: the definition says all
        return "has no 'input' that is text"
    outputs = listed(instance.get("output"))
    return None if all(isinstance(output, str) for output in outputs) else "has an 'output' that is not text"
