"""A capsule as a run that can be looked at: read as a stranger's, checked whole once, and never unpacked to disk.

It holds seeds, dataset, rounds and replies, but neither what was rejected nor which request a task came from.  So its
tasks are those of the dataset, put together again from the rows of one format.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from selfinstruct.actions.publication.archive import Archive, opened
from selfinstruct.actions.publication.replies import ANSWER, PartLine, ReplyLine
from selfinstruct.errors import SelfInstructError
from selfinstruct.pages.library import Reader, changed
from selfinstruct.request import Completion
from selfinstruct.storage.hashes import POOL, SIZE
from selfinstruct.storage.journal import REJECTED, line
from selfinstruct.storage.replies import Reply
from selfinstruct.storage.rows import Row, round_row, task_of
from selfinstruct.task import Instance, Task


class CapsuleSource:
    """Where a capsule lies."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def stamp(self) -> object:
        """Return size and time of the zip."""
        return changed(self.path)

    def reader(self) -> Reader:
        """Read what a capsule says; raises SelfInstructError for what is none, or was changed."""
        self.__dict__.pop("_pool", None)
        with opened(self.path, "view.runs") as archive:
            return CapsuleReader(archive)

    def open(self, name: str) -> IO[bytes]:
        """Open the tasks as `pool.jsonl`; there are no rejections."""
        return io.BytesIO(self._pool if name == POOL else b"")

    @cached_property
    def _pool(self) -> bytes:
        with read_again(self.path) as archive:
            return pool_of(archive)


class CapsuleReader:
    """What a capsule says of a run."""

    def __init__(self, archive: Archive) -> None:
        self._path = archive.path
        size = len(pool_of(archive))
        rows = list(archive.rows("rounds.jsonl", round_row))
        self.rows: list[Row] = [row | {f"{SIZE}{POOL}": size, f"{SIZE}{REJECTED}": 0} for row in rows]
        self.timings: list[Row] = []
        found = archive.object("config.json").get("config")
        self.config: dict[str, Any] = found if isinstance(found, dict) else {}
        made = archive.object("provenance.json")
        with archive.open("README.md") as file:
            card = file.read(1 << 20).decode("utf-8", "replace")
        self.summary = {"recipe": made.get("recipe"), "models": made.get("models"), "card": card}

    @contextmanager
    def replies(self) -> Iterator["CapsuleReplies"]:
        """Open the replies."""
        with read_again(self._path) as archive:
            yield CapsuleReplies(archive)


class CapsuleReplies:
    """The replies of an open capsule."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def of(self, stage: str, round_: int) -> dict[str, list[Reply]]:
        """Return the replies of a round by request; a request that was sent twice has its last draw last."""

        def wanted(_: bytes, row: Row) -> ReplyLine | None:
            is_of_round = (row.get("stage"), row.get("round")) == (stage, round_)
            return ReplyLine.model_validate(row) if is_of_round else None

        lines = [found for found in self._archive.rows("replies.jsonl", wanted) if found is not None]
        parts = {part.name: part.text for part in self._archive.rows("prompts.jsonl", part_of)}
        replies: dict[str, list[Reply]] = {}
        for one in lines:
            replies.setdefault(one.request, []).append(reply_of(one, parts))
        return replies


def part_of(_: bytes, row: Row) -> PartLine:
    """Return a text that lines of a capsule share."""
    return PartLine.model_validate(row)


def reply_of(one: ReplyLine, parts: Mapping[str, str]) -> Reply:
    """Return a reply as a run would have stored it."""
    try:
        system, head = (None if name is None else parts[name] for name in (one.system, one.head))
        decoding, identity = parts[one.decoding], parts[one.identity]
    except KeyError as error:
        raise SelfInstructError(f"The capsule names {error}, which is not in prompts.jsonl.") from None
    completion = Completion(**{name: getattr(one, name) for name in ANSWER})
    prompt = (head or "") + one.rest
    return Reply(one.stage, one.round, one.request, one.key, one.draw, identity, system, prompt, decoding, completion)


@contextmanager
def read_again(path: Path) -> Iterator[Archive]:
    """Open a capsule that was checked before; what it claims to hold is checked each time."""
    try:
        with zipfile.ZipFile(path) as source:
            yield Archive(path, source)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise SelfInstructError(f"{path} cannot be read: {error}.") from None


def pool_of(archive: Archive) -> bytes:
    """Return the tasks of a capsule as lines of `pool.jsonl`: the seeds, then those of the dataset."""
    tasks = {task.id: task for task in archive.rows("seeds.jsonl", task_of)}
    for name in archive.dataset:
        found = made(archive, name) if name.endswith(".jsonl") else {}
        if found:
            tasks |= {key: task for key, task in found.items() if key not in tasks}
            break
    return "".join(line(task.row()) for task in tasks.values()).encode()


def made(archive: Archive, name: str) -> dict[str, Task]:
    """Return the tasks of a file of the dataset by id; nothing for a format that does not name them."""
    found: dict[str, Task] = {}
    for row in archive.rows(name, lambda _, row: row):
        key, fields = row.get("id"), fields_of(row)
        if not isinstance(key, str) or fields is None:
            return {}
        pair = Instance(fields["input"], fields["output"])
        known = found.get(key)
        instances = (*(known.instances or ()), pair) if known else (pair,)
        origin, models = str(row.get("origin", "dataset")), row.get("models") or []
        by = {origin: ", ".join(map(str, models))} if isinstance(models, list) and models else {}
        found[key] = Task(id=key, origin=origin, instruction=fields["instruction"], instances=instances, models=by)
    return found


def fields_of(row: Row) -> dict[str, str] | None:
    """Return instruction, input and output of a row; None for one of another shape."""
    fields = {"instruction": row.get("instruction"), "input": row.get("input", ""), "output": row.get("output")}
    return fields if all(isinstance(text, str) for text in fields.values()) else None
