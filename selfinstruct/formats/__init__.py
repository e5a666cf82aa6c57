"""The shape of exported rows.

A format names its file and turns the pool into rows, one JSON object a line: the same pool gives the same bytes.  Where
each object has to be a file of its own, the format names a zip.  A format that can be read back has a reader of its
name among the seeds, and its docstring says what it does not hold.

To add one: `conf/formats/<name>.yaml`, nesting under its own name, and one module here.
"""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from selfinstruct.pool import Pool


@runtime_checkable
class Format(Protocol):
    """Turns the pool into the files of a dataset."""

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Return each file's name in `dataset/` (`.jsonl`, or `.zip` for a file a row), and its rows in order."""
        ...
