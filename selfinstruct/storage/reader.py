"""Record: a run folder, read and never changed, also while another process is at work in it.

A run opens its journal to go on, and cuts off what no round has committed.  Whoever only looks must not do that: here
what lies beyond the last committed round is passed over.  The store of replies is opened read-only; where no process
has it open it is read as a file that nobody changes, since SQLite would leave two files of its own beside it otherwise.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import RunFolderError
from selfinstruct.pool import Pool
from selfinstruct.request import Completion
from selfinstruct.round import Rejection, Round
from selfinstruct.storage import history as past
from selfinstruct.storage.completions import hash_of
from selfinstruct.storage.folder import kept_config
from selfinstruct.storage.hashes import ROUNDS, checked
from selfinstruct.storage.journal import FILES, POOL, TIMINGS, Journal, has_rounds
from selfinstruct.storage.rows import check_none_lost, rounds_of
from selfinstruct.storage.schema import FORMAT, reading, version_of
from selfinstruct.task import Task
from selfinstruct.text.plain_files import check_plain

if TYPE_CHECKING:
    from selfinstruct.run import Run

STORE = "completions.sqlite"
RESTORE = "Restore the file from a copy."
REPLY = "text, finish_reason, prompt_tokens, completion_tokens, cost_usd, seconds, model"
COLUMNS = f"request, key, draw, identity, system, prompt, decoding, {REPLY}"
IN_ROUND = "WHERE request > ? AND request < ? ORDER BY time"


@dataclass(frozen=True, slots=True)
class Reply:
    """A request as it was sent, and what came back."""

    request: str
    key: str
    draw: int
    identity: str
    """Everything about the model that shapes a reply, as JSON."""
    system: str | None
    prompt: str
    decoding: str
    """How the model chose its words, as JSON."""
    completion: Completion

    @property
    def number(self) -> int:
        """The request's number in its round."""
        return number_of(self.request)


def number_of(request: str) -> int:
    """The number of a request in its round."""
    return int(request.rsplit("/", 1)[1])


def no_run(run: "Run", action: object) -> list[str]:
    """Return what is wrong where an action works on a run, is the first to do so, and the folder holds none."""
    if next(iter(run.actions.values()), None) is not action or has_rounds(run.start.folder):
        return []
    return [f"{run.start.folder} holds no run. Name the folder of one: hydra.run.dir=<folder>."]


class RunReader:
    """What a run has committed, and every reply that it was given."""

    def __init__(self, folder: Path) -> None:
        check_plain(folder)
        if not (folder / ROUNDS).is_file() or not has_rounds(folder):
            raise RunFolderError(f"{folder} holds no rounds of a run. Name a run's folder.")
        try:
            self._journal = Journal(folder)
            self._journal.rounds = rounds_of(folder / ROUNDS)
            check_none_lost(folder, self._journal.rounds)
            self._journal.timings = whole_rows(folder / TIMINGS)
            self.seeds = list(read_seeds(folder / POOL))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunFolderError(f"{folder}: its files cannot be read ({error}).") from None
        self.folder = folder
        self.config: dict[str, Any] = kept_config(folder) or {}
        """The config that the run began with."""

    @cached_property
    def rounds(self) -> list[Round]:
        """Every committed round, whole, in order."""
        try:
            rounds = list(past.rounds(self._journal))
            for name in FILES:
                checked(self.folder / name, self._journal.rounds)
            return rounds
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunFolderError(f"{self.folder}: its files cannot be read ({error}).") from None

    @cached_property
    def pool(self) -> Pool:
        """The tasks as they are now."""
        return self.pool_before(len(self.rounds))

    def pool_before(self, place: int) -> Pool:
        """The tasks as they were before the round at a place of `rounds`."""
        tasks = {task.id: task for task in self.seeds}
        for round_ in self.rounds[:place]:
            tasks.update({task.id: task for task in round_.tasks})
        return Pool(tasks.values())

    def of(self, stage: str) -> list[Round]:
        """The rounds of a stage."""
        return [round_ for round_ in self.rounds if round_.stage == stage]

    def kept(self, stage: str) -> list[int]:
        """How much a stage had kept after each of its rounds; the first is 0."""
        return list(accumulate((round_.kept for round_ in self.of(stage)), initial=0))

    def rejections(self, request: str) -> list[Rejection]:
        """What of a request's reply was turned away, in order."""
        stage, number, _ = request.rsplit("/", 2)
        found = next((round_ for round_ in self.of(stage) if str(round_.number) == number), None)
        return [item for item in found.rejections if item.request == request] if found else []

    def chat(self, stage: str) -> bool:
        """Whether the stage's model was sent messages."""
        recipe = self.config.get("recipe") or {}
        model = (recipe.get(stage) or {}).get("model") or self.config.get("model") or {}
        return bool(model.get("mode") == "chat")

    @contextmanager
    def replies(self) -> Iterator["Replies"]:
        """The store of replies, open to be read."""
        path = self.folder / STORE
        if not path.is_file():
            raise RunFolderError(f"{self.folder} holds no {STORE}, and so no replies.")
        with reading(path) as connection:
            yield Replies(connection)


class Replies:
    """The replies of a run, by their requests."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        is_hashed = version_of(connection) == FORMAT  # an older store is read as it is
        self._select = f"SELECT {COLUMNS}, {'sent, hash' if is_hashed else 'NULL, NULL'} FROM completions"  # noqa: S608

    def of(self, stage: str, round_: int) -> dict[str, list[Reply]]:
        """The replies of a round: request to what it was answered; the newest last, where it was asked twice."""
        found: dict[str, list[Reply]] = {}
        start = f"{stage}/{round_}"
        ends = (f"{start}/", f"{start}0")  # 0 comes after the slash
        for row in self._connection.execute(f"{self._select} {IN_ROUND}", ends):
            reply = reply_of(row)
            found.setdefault(reply.request, []).append(reply)
        return dict(sorted(found.items(), key=lambda item: number_of(item[0])))

    def __iter__(self) -> Iterator[Reply]:
        """All replies, in the order in which they came."""
        yield from map(reply_of, self._connection.execute(f"{self._select} ORDER BY time"))


def reply_of(row: tuple[Any, ...]) -> Reply:
    """Return the reply of a row of the store; raises RunFolderError where it has changed."""
    request, key, draw, identity, system, prompt, decoding, *answer, sent, written = row
    completion = Completion(*answer)
    if written not in (None, hash_of(request, bytes.fromhex(key), draw, replace(completion, sent=sent or ""))):
        raise RunFolderError(f"{STORE}: the reply to {request} has changed since it was stored. {RESTORE}")
    return Reply(request, key, draw, identity, system, prompt, decoding, completion)


def whole_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file; a last line without its end is being written, or was torn."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def read_seeds(path: Path) -> Iterator[Task]:
    """The seeds, with which the file of a pool begins."""
    with path.open("rb") as file:
        tasks = (Task.from_row(json.loads(line)) for line in file)
        known: set[str] = set()
        for task in tasks:
            if not task.is_human or task.id in known:  # made by a stage, or completed by one
                return
            known.add(task.id)
            yield task
