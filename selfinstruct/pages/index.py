"""A run as a table in memory, in which tasks and rejections are found: by words, by origin, by their neighbors.

It is filled from what the run has committed and from nothing else, and follows a growing run by reading what was added.
A row holds where its line stands in the file, so that a page reads only the lines that it shows.  What is searched is
kept in lower case, and a text is found wherever it stands in another: this is right in every script.  SQLite's own
full text search was rejected: its words are those of European languages.

The memory goes with the process; nothing is written anywhere.
"""

import json
import sqlite3
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import IO, Any, Protocol, TypeAlias

from selfinstruct.errors import RunFolderError
from selfinstruct.pages.descent import Descent, Made
from selfinstruct.round import Rejection
from selfinstruct.storage.hashes import POOL, SIZE
from selfinstruct.storage.history import rejection_of
from selfinstruct.storage.journal import REJECTED
from selfinstruct.storage.rows import Row, read, task_of
from selfinstruct.task import Task

TABLES = """
CREATE TABLE tasks (
    place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, origin TEXT NOT NULL, round INTEGER NOT NULL,
    request TEXT NOT NULL, depth INTEGER NOT NULL, near REAL, words INTEGER NOT NULL, start INTEGER NOT NULL);
CREATE TABLE task_texts (place INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE parents (parent INTEGER, child INTEGER, PRIMARY KEY (parent, child)) WITHOUT ROWID;
CREATE TABLE changes (task INTEGER, round INTEGER, start INTEGER, PRIMARY KEY (task, round)) WITHOUT ROWID;
CREATE TABLE rejected (
    place INTEGER PRIMARY KEY, stage TEXT NOT NULL, round INTEGER NOT NULL, request TEXT NOT NULL,
    filter TEXT NOT NULL, score REAL, nearest TEXT, task TEXT, start INTEGER NOT NULL);
CREATE TABLE rejected_texts (place INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE INDEX task_request ON tasks (request);
CREATE INDEX rejected_request ON rejected (request);
CREATE INDEX rejected_nearest ON rejected (nearest);
CREATE INDEX rejected_task ON rejected (task);
"""
AT_ONCE = 500
"""Lines that are read before another thread may ask."""
FILES = (POOL, REJECTED)
Found: TypeAlias = tuple[int, int, Any]
"""Where a line starts, the place of its round, and what it holds."""


class Lines(Protocol):
    """Where the lines of a run come from: its folder, or a capsule."""

    def open(self, name: str) -> IO[bytes]:
        """Open `pool.jsonl` or `rejected.jsonl`."""
        ...


class Index:
    """The tasks and rejections of a run; safe to use from several threads."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._lock = threading.RLock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._database.executescript(f"PRAGMA temp_store = MEMORY; PRAGMA case_sensitive_like = ON; {TABLES}")
        self._forget()

    def _forget(self) -> None:
        self._places: dict[str, int] = {}
        self._depths: list[int] = []
        self._above: list[tuple[int, ...]] = []
        self._rejections = 0
        self._counted = {name: Counter[str]() for name in ("origin", "filter", "stage")}
        self._search: tuple[Any, str] = None, "[]"
        self._read = dict.fromkeys(FILES, 0)
        self._numbers = dict.fromkeys(FILES, 0)
        self._last: tuple[int, Row | None] = (0, None)
        for table in ("tasks", "task_texts", "parents", "changes", "rejected", "rejected_texts"):
            self._database.execute(f"DELETE FROM {table}")  # noqa: S608

    def is_at(self, rounds: Sequence[Row]) -> bool:
        """Return whether it holds what these rounds have committed, and nothing else."""
        return self._last == (len(rounds), rounds[-1] if rounds else None)

    def follow(self, rounds: Sequence[Row]) -> None:
        """Read what these rounds have committed and was not read before; raises RunFolderError for damaged lines."""
        known, last = self._last
        if known > len(rounds) or (last is not None and rounds[known - 1] != last):  # another run stands in the folder
            with self._lock:
                self._forget()
                known = 0
        self._follow(POOL, rounds, known, self._add_tasks)
        self._follow(REJECTED, rounds, known, self._add_rejections)
        self._last = (len(rounds), rounds[-1] if rounds else None)

    def _follow(self, name: str, rounds: Sequence[Row], known: int, add: Callable[[Sequence[Found]], None]) -> None:
        end = rounds[-1].get(f"{SIZE}{name}", 0) if rounds else 0
        if self._read[name] >= end:
            return
        with self._lines.open(name) as file:
            found = self._committed(file, name, rounds, known)
            while some := list(islice(found, AT_ONCE)):
                with self._lock:
                    self._database.execute("BEGIN")
                    add(some)
                    self._database.execute("COMMIT")

    def _committed(self, file: IO[bytes], name: str, rounds: Sequence[Row], known: int) -> Iterator[Found]:
        """Yield each new line of a file: where it starts, the place of its round, and what it holds."""
        of: Callable[[bytes, Row], Any] = task_of if name == POOL else found_rejection
        start = self._read[name]
        file.seek(start)
        for place in range(known, len(rounds)):
            while start < rounds[place].get(f"{SIZE}{name}", 0):
                if not (text := file.readline()):
                    raise RunFolderError(f"{name} is shorter than rounds.jsonl says it was.")
                self._numbers[name] += 1
                yield start, place, read(f"{name}:{self._numbers[name]}", text, of)
                start += len(text)
                self._read[name] = start

    def _add_tasks(self, found: Sequence[Found]) -> None:
        tasks, texts, parents, changes = [], [], list[tuple[int, int]](), []
        for start, round_, task in found:
            is_new = task.id not in self._places
            place = self._places.setdefault(task.id, len(self._places))
            if is_new:
                self._counted["origin"][task.origin] += 1
                above = tuple({self._places[parent] for parent in task.parents if parent in self._places})
                self._above.append(above)
                self._depths.append(1 + max((self._depths[one] for one in above), default=0) if task.parents else 0)
                parents += ((one, place) for one in above)
            changes.append((place, -1 if is_new and task.is_human else round_, start))
            near = task.most_similar[0][1] if task.most_similar else None
            words = len(task.instruction.split())
            known = (place, storable(task.id), storable(task.origin), task.round, storable(task.request))
            tasks.append((*known, self._depths[place], near, words, start))
            pairs = (text for pair in task.instances or () for text in (pair.input, pair.output))
            texts.append((place, searchable("\n".join((task.id, task.instruction, *pairs)))))
        self._insert("tasks", tasks)
        self._insert("task_texts", texts)
        self._insert("parents", parents)
        self._insert("changes", changes)

    def _add_rejections(self, found: Sequence[Found]) -> None:
        rows, texts = [], []
        for start, _, (stage, number, item) in found:
            nearest, score = item.nearest or (None, None)
            self._counted["filter"][item.filter] += 1
            self._counted["stage"][stage] += 1
            names = map(storable, (stage, number, item.request, item.filter, score, nearest, item.task))
            rows.append((self._rejections, *names, start))
            texts.append((self._rejections, searchable(f"{text_of(item)}\n{item.reason}")))
            self._rejections += 1
        self._insert("rejected", rows)
        self._insert("rejected_texts", texts)

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._database.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)  # noqa: S608

    def share_read(self, rounds: Sequence[Row]) -> float:
        """Return how much of what these rounds have committed was read, from 0 to 1."""
        ends = [rounds[-1].get(f"{SIZE}{name}", 0) if rounds else 0 for name in FILES]
        return sum(self._read.values()) / total if (total := sum(ends)) else 1.0

    def descent(self) -> Descent:
        """Return the tasks by what they descend from."""
        with self._lock:
            found = self._database.execute("SELECT id, request FROM tasks ORDER BY place").fetchall()
            names = [name for name, _ in found]
            return Descent(
                Made(name, [names[parent] for parent in above], request)
                for (name, request), above in zip(found, self._above, strict=True)
            )

    def counted(self, name: str) -> Counter[str]:
        """Return how many tasks have each `origin`, or rejections each `filter` or `stage`, in order of appearance."""
        with self._lock:
            return self._counted[name].copy()

    def select(self, query: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._lock:
            return self._database.execute(query, values).fetchall()

    def matching(self, texts: str, words: str) -> str:
        """Return the places of the texts that hold some words, as a list in JSON; the last search is remembered."""
        key = texts, words, self._last[0], self._read[POOL], self._read[REJECTED]
        if self._search[0] != key:
            found = self.select(f"SELECT place FROM {texts} WHERE text LIKE ? ESCAPE '\\'", [words])  # noqa: S608
            self._search = key, json.dumps([place for (place,) in found])
        return self._search[1]

    def raw(self, name: str, starts: Sequence[int]) -> Iterator[bytes]:
        """Yield the lines of a file that start at these places."""
        with self._lines.open(name) as file:
            for start in starts:
                file.seek(start)
                yield file.readline()

    def tasks(self, ids: Sequence[str]) -> list[Task]:
        """Return the tasks with these ids as they are now, in this order; those that are not known are left out."""
        names = json.dumps(list(map(storable, ids)))
        starts = dict(self.select("SELECT id, start FROM tasks WHERE id IN (SELECT value FROM json_each(?))", [names]))
        return self.tasks_at([starts[name] for name in ids if name in starts])

    def tasks_at(self, starts: Sequence[int]) -> list[Task]:
        """Return the tasks whose lines start at these places."""
        return [read(POOL, text, task_of) for text in self.raw(POOL, starts)]

    def rejections_at(self, starts: Sequence[int]) -> list[tuple[str, int, Rejection]]:
        """Return the rejections whose lines start at these places, each with its stage and round."""
        return [read(REJECTED, text, found_rejection) for text in self.raw(REJECTED, starts)]


def found_rejection(text: bytes, row: dict[str, Any]) -> tuple[str, int, Rejection]:
    """Return the rejection of a line, with its stage and round."""
    return str(row["stage"]), int(row["round"]), rejection_of(text, row)


def text_of(item: Rejection) -> str:
    """Return what was rejected, as one text."""
    candidate = item.candidate
    if candidate is None:
        return item.text
    pair = candidate.instance
    return "\n".join((candidate.instruction, *((pair.input, pair.output) if pair else ()))).strip("\n")


def searchable(text: str) -> Any:
    """Return a text as it is searched: upper and lower case are the same, and so are two ways to write a letter."""
    return storable(unicodedata.normalize("NFC", text).casefold())


def storable(value: Any) -> Any:
    """Return a value as SQLite takes it: half a surrogate pair is no text of UTF-8."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode()
