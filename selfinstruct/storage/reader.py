"""The one reader of a run folder: what a run has committed, read without changing a byte.

What lies beyond the last committed round is passed over, also while another process is at work in the folder.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import RunFolderError
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.round import MODEL, Rejection, Round, Sample
from selfinstruct.storage import history
from selfinstruct.storage.drawn import sample_of
from selfinstruct.storage.folder import CONFIG, stored_config
from selfinstruct.storage.hashes import ROUNDS, SIZE, checked, has_rounds
from selfinstruct.storage.journal import FILES, REJECTED, TIMINGS
from selfinstruct.storage.replies import Replies, Reply
from selfinstruct.storage.rows import (
    check_none_lost,
    committed_tasks,
    lines_of,
    read,
    rejection_row,
    rounds_of,
    timings_of,
)
from selfinstruct.storage.schema import reading
from selfinstruct.storage.summary import summary_in
from selfinstruct.task import Task
from selfinstruct.text.command import to_resume
from selfinstruct.text.plain_files import check_plain

if TYPE_CHECKING:
    from selfinstruct.run import Run

STORE = "completions.sqlite"
NOT_STORED = (
    "its replies were stored by version 0.1.0, without what each prompt showed. Run it again in a new folder with"
    " model.store={store}: that pays for no stored reply again."
)


def no_run(run: "Run", action: object) -> list[str]:
    """Return what is wrong where an action works on a run, is the first to do so, and the folder holds none."""
    if next(iter(run.actions.values()), None) is not action or has_rounds(run.start.folder):
        return []
    if (run.start.folder / CONFIG).is_file():
        return [f"The run in {run.start.folder} has finished no round yet. To resume it: {to_resume(run.start.folder)}"]
    return [f"{run.start.folder} holds no run. Name the folder of one: hydra.run.dir=<folder>."]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a committed round: what was drawn for it, and its reply."""

    id: str
    sample: Sample
    """Empty, except for its task, input and attributes, where the model gave no reply or `is_known` is false."""
    reply: Reply | None
    attempt: int = 1
    is_known: bool = True
    """Whether it is stored what was drawn; a store of version 0.1.0 does not say."""


class RunReader:
    """What a run has committed; raises RunFolderError for a folder that no run has left so, when the file is read.

    A folder without committed rounds is refused unless it `may_be_empty`.
    """

    def __init__(self, folder: Path, *, may_be_empty: bool = False) -> None:
        check_plain(folder)
        if not may_be_empty and not has_rounds(folder):
            raise RunFolderError(f"{folder} holds no rounds of a run. Name a run's folder.")
        self.folder = folder
        self.config: dict[str, Any] = stored_config(folder) or {}
        """The config that the run started with; empty where the folder has none."""
        with self._readable():
            self.rows = rounds_of(folder / ROUNDS)
            check_none_lost(folder, self.rows)
            self.timings = timings_of(folder / TIMINGS, self.rows)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunFolderError(f"{self.folder}: its files cannot be read ({error}).") from None

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Return what `summary.json` says; empty where it cannot be read."""
        return summary_in(self.folder) or {}

    def tasks(self) -> Iterator[Task]:
        """Yield every committed change of a task, in order, one at a time in memory."""
        with self._readable():
            yield from committed_tasks(self.folder, self.rows)

    def rejected(self) -> Iterator[dict[str, Any]]:
        """Yield every committed line of `rejected.jsonl`, in order, one at a time in memory."""
        path = self.folder / REJECTED
        with self._readable():
            checked(path, self.rows)
            end = self.rows[-1].get(f"{SIZE}{REJECTED}", 0) if self.rows else 0
            for number, text in lines_of(path, end):
                yield read(f"{path}:{number}", text, rejection_row)

    @cached_property
    def pool(self) -> Pool:
        """Return the tasks as they are now."""
        return Pool({task.id: task for task in self.tasks()}.values())

    @cached_property
    def seeds(self) -> list[Task]:
        """Return the seeds as the run started with them: the pool's file begins with them."""
        found: dict[str, Task] = {}
        for task in self.tasks():
            if not task.is_human or task.id in found:  # made by a stage, or completed by one
                break
            found[task.id] = task
        return list(found.values())

    @cached_property
    def rounds(self) -> list[Round]:
        """Return every committed round, with its tasks and rejections."""
        with self._readable():
            rounds = list(history.rounds(self.folder, self.rows, self.timings))
            for name in FILES:
                checked(self.folder / name, self.rows)
        return rounds

    def pool_before(self, place: int) -> Pool:
        """Return the tasks as they were before the round at a place of `rounds`."""
        tasks = {task.id: task for task in self.seeds}
        for round_ in self.rounds[:place]:
            tasks.update({task.id: task for task in round_.tasks})
        return Pool(tasks.values())

    def of(self, stage: str) -> list[Round]:
        """Return the rounds of a stage."""
        return [round_ for round_ in self.rounds if round_.stage == stage]

    def kept(self, stage: str) -> list[int]:
        """Return how much a stage had kept after each of its rounds; the first is 0."""
        return list(accumulate((row["kept"] for row in self.rows if row["stage"] == stage), initial=0))

    def rejections(self, request: str) -> list[Rejection]:
        """Return what of a request's reply was rejected, in order."""
        stage, number, _ = request.rsplit("/", 2)
        found = next((round_ for round_ in self.of(stage) if str(round_.number) == number), None)
        return [item for item in found.rejections if item.request == request] if found else []

    def chat(self, stage: str) -> bool:
        """Return whether the stage's model was sent messages."""
        recipe = self.config.get("recipe") or {}
        model = (recipe.get(stage) or {}).get("model") or self.config.get("model") or {}
        return bool(model.get("mode") == "chat")

    @contextmanager
    def replies(self) -> Iterator[Replies]:
        """Open the store of replies to read it."""
        path = self.folder / STORE
        if not path.is_file():
            raise RunFolderError(f"{self.folder} holds no {STORE}, and so no replies.")
        with reading(path) as connection:
            yield Replies(connection)

    def asked(self, round_: Round, pool: Pool, prompt: Prompt) -> list[Asked]:
        """Return the requests of a committed round in order; `pool` is that before the round.

        A request that was sent twice has the reply to the prompt that `prompt` renders.
        """
        refused = {item.request: item for item in round_.rejections if item.filter == MODEL}
        with self.replies() as replies:
            answers = replies.of(round_.stage, round_.number)
        names = [f"{round_.stage}/{round_.number}/{number}" for number in range(1, round_.asked + 1)]
        with self._readable():
            return [
                self._answered(answers[name], pool, prompt)
                if name in answers
                else Asked(name, sample_of_refused(refused.get(name), pool), None)
                for name in names
            ]

    def _answered(self, answers: list[Reply], pool: Pool, prompt: Prompt) -> Asked:
        found = [self._drawn(reply, pool) for reply in answers]
        if len(found) == 1:
            return found[0]
        return next((one for one in reversed(found) if self._is_current(one, prompt)), found[-1])

    def _drawn(self, reply: Reply, pool: Pool) -> Asked:
        if reply.drawn is None:
            return Asked(reply.request, Sample({}), reply, is_known=False)
        sample, attempt = sample_of(reply.drawn, pool)
        return Asked(reply.request, sample, reply, attempt)

    def _is_current(self, asked: Asked, prompt: Prompt) -> bool:
        """Return whether a prompt is still rendered as it was sent."""
        if asked.reply is None or not asked.is_known:
            return False
        stage, round_, number = asked.id.rsplit("/", 2)
        request = prompt.render(asked.sample, self.chat(stage), stage, int(round_), int(number), asked.attempt)
        return request.text == asked.reply.prompt


def sample_of_refused(rejection: Rejection | None, pool: Pool) -> Sample:
    """Return what is known of the sample of a request without a reply, by its rejection."""
    if rejection is None:
        return Sample({})
    task = pool[rejection.task] if rejection.task is not None and rejection.task in pool else None
    given = rejection.attributes.get("input")
    return Sample({}, task=task, input=None if given is None else str(given), attributes=rejection.attributes)
