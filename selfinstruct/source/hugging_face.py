"""A dataset of the Hugging Face hub, or one saved on disk, by `datasets` (`pip install 'selfinstruct[datasets]'`).

It is streamed, and code that comes with a dataset is never run.  `revision` must name a commit, and stands for the
bytes of the dataset when a run is resumed.  Classes are read by their names.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from selfinstruct.errors import DataError
from selfinstruct.part import part
from selfinstruct.source import REMEDY, Mistake, Row
from selfinstruct.source.labels import labels_of
from selfinstruct.text.files import Files

MISSING = "source=hugging_face needs datasets, which is not installed: pip install 'selfinstruct[datasets]'."


@part
class HuggingFace:
    """Reads one split of a dataset, as one task."""

    path: str
    """Its name on the hub, or a folder that `save_to_disk` has written."""
    name: str | None
    """Its configuration; null where it has but one."""
    split: str
    """The part of it that is read."""
    revision: str | None
    """The commit on the hub; not for a folder."""

    def tasks(self) -> list[str]:
        """Return the dataset alone; raises DataError without `datasets`, or without a commit."""
        try:
            import datasets  # noqa: F401
        except ImportError:
            raise DataError([MISSING]) from None
        if self.revision is None and not Path(self.path).is_dir():
            raise DataError([f"{self.path}: what it holds may change. Set the source's revision to a commit."])
        return [self.path]

    def digest(self) -> str:
        """Return the SHA-256 of what names the data, and for a folder of the files."""
        found = Files(Path(self.path), ".arrow", REMEDY).digest() if Path(self.path).is_dir() else ""
        return hashlib.sha256(
            "\0".join(map(str, (self.path, self.name, self.split, self.revision, found))).encode()
        ).hexdigest()

    def rows(self, task: str) -> Iterator[Row | Mistake]:
        """Yield the rows of the split, or why there are none."""
        number = 0
        try:
            rows = self._loaded()
            labels = labels_of(getattr(rows, "features", None))
            for values in rows:
                number += 1
                yield Row(self.path, f"{self.path}#{number}", values, labels)
        except Exception as error:  # whatever the hub, the network or the files have to say
            first = (str(error) or type(error).__name__).splitlines()[0]
            yield Mistake(self.path, f"cannot be read after row {number} ({first})")

    def _loaded(self) -> Iterable[dict[str, Any]]:
        import datasets

        rows: Iterable[dict[str, Any]]
        if Path(self.path).is_dir():
            found = datasets.load_from_disk(self.path)
            rows = found[self.split] if isinstance(found, datasets.DatasetDict) else found
        else:
            rows = datasets.load_dataset(self.path, self.name, split=self.split, revision=self.revision, streaming=True)
        return rows
