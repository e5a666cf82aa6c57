"""Annotated data as Parquet, by pyarrow, which `pip install 'selfinstruct[parquet]'` brings."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import Field

from selfinstruct.errors import DataError
from selfinstruct.part import part
from selfinstruct.source import REMEDY, Mistake, Row
from selfinstruct.source.labels import labels_in
from selfinstruct.text.files import Files

MISSING = "source=parquet needs pyarrow, which is not installed: pip install 'selfinstruct[parquet]'."


@part
class Parquet:
    """Reads Parquet files: one, or all in a folder, each a task."""

    path: Path
    """The file or folder; a relative path starts where the command runs."""
    rows_at_once: Annotated[int, Field(ge=1)]
    """Rows in memory while a file is read."""

    @cached_property
    def _files(self) -> Files:
        return Files(self.path, ".parquet", REMEDY)

    def tasks(self) -> list[str]:
        """Return the names of the files; raises DataError without pyarrow."""
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            raise DataError([MISSING]) from None
        if self._files.is_zip:
            raise DataError([f"{self.path}: Parquet is not read from an archive. Unpack it, and set the path."])
        return self._files.names()

    def digest(self) -> str:
        """Return the SHA-256 of the files."""
        return self._files.digest()

    def rows(self, task: str) -> Iterator[Row | Mistake]:
        """Yield the rows of a file, or that it is none."""
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

        name, number = PurePosixPath(task), 0
        try:
            with ParquetFile(self._files.file(task)) as file:
                labels = labels_in(file.schema_arrow.metadata)
                for batch in file.iter_batches(batch_size=self.rows_at_once):
                    for values in batch.to_pylist():
                        number += 1
                        yield Row(name.stem, f"{name.name}#{number}", values, labels)
        except (ArrowException, OSError, ValueError, OverflowError) as error:  # the last two: a value without a type
            yield Mistake(self._files.place(task), f"cannot be read after row {number} ({error})")
