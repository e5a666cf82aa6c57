"""What is wrong in annotated data, found by reading all of it, and shown so that no file hides another.

A file of another kind has a mistake on each of its lines.  So the lines that are shown are shared out among the files
that have any, and what is left of a file is counted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Set

from selfinstruct.errors import DataError
from selfinstruct.source import Mistake, Row, Source

LINES = 20
"""Mistakes that are shown of all files together."""


class Mistakes:
    """The mistakes of a file: the first of them, and how many there are."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[str] = []

    def add(self, text: str) -> None:
        """Count a mistake."""
        self.count += 1
        if self.count <= LINES:
            self._first.append(text)

    def shown(self, task: str, most: int) -> list[str]:
        """Return so many mistakes, and a line that says how many more there are."""
        if self.count <= most + 1:
            return self._first
        return [*self._first[:most], f"{task}: and {self.count - most:,} more mistakes."]


def shared_out(found: Mapping[str, Mistakes]) -> list[str]:
    """Return the mistakes of all files, each file with its share of the lines."""
    odd = {task: mistakes for task, mistakes in found.items() if mistakes.count}
    share = max(1, LINES // max(1, len(odd)) - 1)
    return [text for task, mistakes in odd.items() for text in mistakes.shown(task, share)]


def mistakes_in(source: Source, task: str, columns: Set[str]) -> Mistakes:
    """Return what is wrong in a task, to the place where it cannot be read any further."""
    found = Mistakes()
    try:
        for text in wrong(source, task, columns):
            found.add(text)
    except DataError as error:
        for text in error.problems:
            found.add(text)
    return found


def wrong(source: Source, task: str, columns: Set[str]) -> Iterator[str]:
    """Yield what is wrong in a task; a column that is missing once, with the first row that lacks it."""
    lacking: Counter[str] = Counter()
    first: dict[str, Row] = {}
    for row in source.rows(task):
        if isinstance(row, Mistake):
            yield f"{row.place}: {row.text}."
            continue
        for column in columns - row.values.keys():
            lacking[column] += 1
            first.setdefault(column, row)
    for column, row in sorted(first.items()):
        rows = f", and in {lacking[column] - 1:,} more rows" if lacking[column] > 1 else ""
        yield f"{row.name}: column {column!r} is missing{rows}; there are: {', '.join(map(str, row.values))}."
