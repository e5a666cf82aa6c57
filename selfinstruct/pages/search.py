"""A view of tasks or rejections as its address says it: what is searched, which rows, in which order, from where on.

The address is the view: it can be kept, sent and opened again.  A view is read in pages by the place of the last row
shown, so that a later page costs no more than the first.  A text is looked for as it is typed; `%` and `_` are letters.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from selfinstruct.pages.index import Index, searchable, storable
from selfinstruct.pages.server import PageError

ROWS = 50
"""Rows of a page."""
DIGITS = 18
"""The most digits of a place, so that SQLite can hold it."""
RANGE = re.compile(r"(?P<from>\d*\.?\d+)?(?P<dash>-)?(?P<to>\d*\.?\d+)?")
LITERAL, ESCAPED = re.compile(r"[%_\\]"), r"\\\g<0>"
NOT_A_RANGE = "{name}={value} is not a number or a range. Write {name}=3, {name}=3-7, {name}=3- or {name}=-7."


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What can be asked of a table of the index, by the names that stand in an address."""

    table: str
    texts: str
    same: Mapping[str, str]
    """Names of values that are compared, each with its condition."""
    ranges: Mapping[str, str]
    """Names of numbers of which a range is asked, each with its column."""
    sorts: Mapping[str, str]
    """Names of orders, each with what is sorted by, the largest first; "" is the order of the file."""


CHILD_OF = "place IN (SELECT child FROM parents JOIN tasks AS above ON above.place = parent WHERE above.id = ?)"
TASKS = Kind(
    table="tasks",
    texts="task_texts",
    same={"origin": "origin = ?", "request": "request = ?", "parent": CHILD_OF},
    ranges={"round": "round", "depth": "depth", "near": "near", "words": "words"},
    sorts={
        "newest": "place",
        "near": "COALESCE(near, -1)",
        "far": "-COALESCE(near, 2)",
        "words": "words",
        "depth": "depth",
        "children": "(SELECT COUNT(*) FROM parents WHERE parent = place)",
    },
)
REJECTED = Kind(
    table="rejected",
    texts="rejected_texts",
    same={"filter": "filter = ?", "stage": "stage = ?", "request": "request = ?", "nearest": "nearest = ?"},
    ranges={"round": "round", "score": "score"},
    sorts={"newest": "place", "score": "COALESCE(score, -1)"},
)


@dataclass(frozen=True)
class View:
    """Some rows of a table, in an order; raises PageError for an address that says nothing of the kind."""

    kind: Kind
    query: Mapping[str, str]
    conditions: list[str] = field(init=False, default_factory=list)
    values: list[Any] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Read the address."""
        for name, condition in self.kind.same.items():
            if wanted := self.query.get(name):
                self.conditions.append(condition)
                self.values.append(storable(wanted))
        for name, column in self.kind.ranges.items():
            if wanted := self.query.get(name, "").strip():
                self._add_range(name, column, wanted)
        if self.query.get("sort", "") not in ("", *self.kind.sorts):
            raise PageError(f"sort={self.query['sort']} is not one of {', '.join(self.kind.sorts)}.", 400)

    def _add_range(self, name: str, column: str, wanted: str) -> None:
        found = RANGE.fullmatch(wanted)
        if found is None or (found["from"] is None and found["to"] is None):
            raise PageError(NOT_A_RANGE.format(name=name, value=wanted), 400)
        low, high = found["from"], found["to"] if found["dash"] else found["from"]
        if low is not None:
            self.conditions.append(f"{column} >= ?")
            self.values.append(float(low))
        if high is not None:
            self.conditions.append(f"{column} <= ?")
            self.values.append(float(high))

    def _source(self, index: Index) -> tuple[str, list[Any]]:
        """Return from where rows are selected, and the values of that."""
        conditions, values = ["TRUE", *self.conditions], [*self.values]
        if wanted := searchable(self.query.get("q", "").strip()):
            conditions.append("place IN (SELECT value FROM json_each(?))")
            values.append(index.matching(self.kind.texts, f"%{LITERAL.sub(ESCAPED, wanted)}%"))
        return f"{self.kind.table} WHERE {' AND '.join(conditions)}", values

    def count(self, index: Index) -> int:
        """Return how many rows there are in all."""
        source, values = self._source(index)
        query = f"SELECT COUNT(*) FROM {source}"  # noqa: S608
        if values and not self.conditions:  # all that was found
            query = "SELECT json_array_length(?)"
        return int(index.select(query, values)[0][0])

    def page(self, index: Index, rows: int = ROWS) -> tuple[list[tuple[int, int]], int | None]:
        """Return place and start of the rows of the page that the address asks for, and where the next one begins."""
        after = self.query.get("after", "")
        if after and not (after.isdecimal() and len(after) <= DIGITS):
            raise PageError(f"after={after} is not the place of a row.", 400)
        found = self._rows(index, int(after) if after else None, rows + 1)
        return found[:rows], found[rows - 1][0] if len(found) > rows else None

    def all(self, index: Index) -> Iterator[int]:
        """Yield the starts of all rows."""
        yield from (start for _, start in self._rows(index, None, -1))

    def _rows(self, index: Index, after: int | None, limit: int) -> list[tuple[int, int]]:
        key = self.kind.sorts.get(self.query.get("sort", ""))
        table, order = self.kind.table, "place" if key is None else f"{key} DESC, place DESC"
        begin, values = "TRUE", list[Any]()
        if after is not None and key is None:
            begin, values = "place > ?", [after]
        elif after is not None:
            begin = f"({key}, place) < ((SELECT {key} FROM {table} WHERE place = ?), ?)"  # noqa: S608
            values = [after, after]
        source, given = self._source(index)
        query = f"SELECT place, start FROM {source} AND {begin} ORDER BY {order} LIMIT ?"  # noqa: S608
        return index.select(query, [*given, *values, limit])
