"""The shape of exported rows.

A format names its file and turns the pool into rows, one JSON object a line.  It is a pure function of the pool: the
same pool gives the same bytes.

To add one: `conf/formats/<name>.yaml`, nesting under its own name, and one module here.
"""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

from selfinstruct.pool import Pool


@runtime_checkable
class Format(Protocol):
    """Turns the pool into the files of a dataset."""

    def files(self, pool: Pool, random_seed: int) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """Each file's name in `dataset/`, and its rows in order."""
        ...
