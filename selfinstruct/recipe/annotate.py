"""Complete every task that lacks something.

Self-Instruct, section 2.2, steps 2 and 3: ask whether a task is classification, and have instances generated.  One
round asks about a number of tasks.  A reply that cannot be read, or of which nothing passes the filters, is a rejection
and the question is asked again; after `attempts` the task is left as it is, and says so in `gave_up`.  The reference
code takes an unreadable answer for a No, and a failed request for a finished task.

No task waits for another: the questions of many rounds are under way at once, and so are the second attempts of one
round beside the first of later ones.  A round is done when its last attempt is, and rounds are given in order.  So a
filter here judges a candidate by its own task and reply, never by other tasks.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Annotated, Any

from pydantic import Field

from selfinstruct.filters import Filter
from selfinstruct.model import Answering, Model
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import stream
from selfinstruct.recipe.turn import Answers, Turn, judge
from selfinstruct.round import SURPLUS, Candidate, Rejection, Request, Round, Sample
from selfinstruct.sampler import Sampler
from selfinstruct.task import Instance, Task

AHEAD = 1024
"""Questions under way at once, some of them waiting for room; several times what a server takes at a time."""


@part
class Annotate:
    """Fills what tasks lack: whether they are classification, or their instances."""

    requests_per_round: Annotated[int, Field(ge=1)]
    """Tasks asked about in a round."""
    attempts: Annotated[int, Field(ge=1)]
    """How often a question is asked before its task is given up."""
    instances: Annotated[int, Field(ge=1)] | None
    """The most instances a task may have; the template sees it. Null where the stage makes none."""
    sampler: Sampler
    prompt: Prompt
    filters: dict[str, Filter] = Field(default_factory=dict)
    """What a candidate must pass, in this order; Hydra leaves the key out where none is chosen."""
    model: Model | None
    """The model to ask; null for the run's."""

    @property
    def target(self) -> int | None:
        """Not known beforehand."""
        return None

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """What a prompt of this stage would show, for a pool that holds only seeds."""
        return self.widen(self.sampler.preview(pool, rng))

    def widen(self, sample: Sample) -> Sample:
        """The sample with what the template sees beside it."""
        return replace(sample, variables={**sample.variables, "instances": self.instances})

    def rounds(
        self, name: str, pool: Pool, model: Answering, random_seed: int, past: Sequence[Mapping[str, Any]]
    ) -> Iterator[Round]:
        """Rounds until no task lacks what the stage fills."""
        samples = self.sampler.sample(pool, stream(random_seed, name, len(past) + 1), len(pool), name)
        turns = [
            (Turn(name, number, model.name), samples[first : first + self.requests_per_round])
            for number, first in enumerate(range(0, len(samples), self.requests_per_round), len(past) + 1)
        ]
        return Annotating(self, turns, pool, model).rounds()


class Annotating:
    """A stage that annotates, while it does."""

    def __init__(
        self, stage: Annotate, turns: Sequence[tuple[Turn, Sequence[Sample]]], pool: Pool, model: Answering
    ) -> None:
        self.stage = stage
        self.pool = pool
        self.model = model
        self.waiting = deque(turns)
        """The rounds that nothing was asked for yet, with their samples."""
        self.asked: deque[tuple[Answers, int]] = deque()
        """What is under way, and the number of its attempt, in the order asked."""
        self.begun: deque[Turn] = deque()
        """The rounds begun and not given yet."""
        self.finished: set[int] = set()
        """Those of them that are complete."""

    def rounds(self) -> Iterator[Round]:
        """Every round, in order, as soon as it and those before it are complete."""
        try:
            while self.waiting or self.begun:
                self._ask_ahead()
                self._read(*self.asked.popleft())
                while self.begun and self.begun[0].number in self.finished:
                    turn = self.begun.popleft()
                    yield turn.done(self.pool, None if self.waiting or self.begun else "nothing left to do")
        finally:
            for answers, _ in self.asked:
                answers.close()

    def _ask_ahead(self) -> None:
        """Keep so much under way that no slow reply leaves the model idle."""
        while self.waiting and sum(len(answers) for answers, _ in self.asked) < AHEAD:
            turn, samples = self.waiting.popleft()
            self.begun.append(turn)
            self._ask(turn, [self.stage.widen(sample) for sample in samples], 1)

    def _ask(self, turn: Turn, samples: Sequence[Sample], attempt: int) -> None:
        self.asked.append((turn.ask(self.stage.prompt, self.model, samples, attempt), attempt))

    def _read(self, answers: Answers, attempt: int) -> None:
        """Take the answers to one attempt of a round, and ask again about the tasks that are as they were."""
        turn = answers.turn
        left = [sample for sample, request, found in answers if not self._answer(found, subject(sample), request, turn)]
        if left and attempt < self.stage.attempts:
            return self._ask(turn, left, attempt + 1)
        self._give_up(left, turn)
        self.finished.add(turn.number)
        return None

    def _answer(self, found: list[Candidate | Rejection], task: Task, request: Request, turn: Turn) -> bool:
        """Judge all that a reply holds, and put what passed into the task; whether anything did."""
        pieces = [
            replace(piece, instruction=task.instruction) if isinstance(piece, Candidate) else piece for piece in found
        ]
        verdicts = iter(self._judge([piece for piece in pieces if isinstance(piece, Candidate)]))
        kept: list[Candidate] = []
        for piece in pieces:
            rejection = piece if isinstance(piece, Rejection) else next(verdicts) or self._surplus(piece, len(kept))
            if rejection is not None:
                turn.reject(rejection, request, task)
            elif isinstance(piece, Candidate):
                kept.append(piece)
        if kept:
            turn.kept += len(kept)
            self._put(replace(completed(task, kept), models={**task.models, turn.stage: turn.model}), turn)
        return bool(kept)

    def _judge(self, candidates: list[Candidate]) -> list[Rejection | None]:
        """Filter by filter, so that an instance which one has rejected cannot contradict a sound one in the next."""
        verdicts: list[Rejection | None] = [None] * len(candidates)
        for name, filter_ in self.stage.filters.items():
            alive = [place for place, verdict in enumerate(verdicts) if verdict is None]
            instances = tuple(found for place in alive if (found := candidates[place].instance) is not None)
            for position, place in enumerate(alive):
                candidate = replace(candidates[place], instances=instances, position=position if instances else 0)
                verdicts[place] = judge(candidate, {name: filter_}, self.pool)
        return verdicts

    def _surplus(self, candidate: Candidate, kept: int) -> Rejection | None:
        most = self.stage.instances if candidate.instances else 1
        if most is None or kept < most:
            return None
        return Rejection(filter=SURPLUS, reason=f"{most} are kept", candidate=candidate)

    def _give_up(self, samples: Sequence[Sample], turn: Turn) -> None:
        for sample in samples:
            task = subject(sample)
            reason = next(
                (f"{last.filter}: {last.reason}" for last in reversed(turn.rejections) if last.task == task.id), ""
            )
            self._put(replace(task, gave_up={**task.gave_up, turn.stage: reason}), turn)

    def _put(self, task: Task, turn: Turn) -> None:
        self.pool.put(task)
        turn.keep(task)


def subject(sample: Sample) -> Task:
    """The task that a sample is about; raises ValueError if it is about none."""
    if sample.task is None:
        raise ValueError("Annotate needs a sampler that gives tasks to complete")
    return sample.task


def completed(task: Task, kept: Sequence[Candidate]) -> Task:
    """The task with what the candidates say of it."""
    instances: list[Instance] = [candidate.instance for candidate in kept if candidate.instance is not None]
    answers = [candidate.is_classification for candidate in kept if candidate.is_classification is not None]
    return replace(
        task,
        instances=tuple(instances) if instances else task.instances,
        is_classification=answers[0] if answers else task.is_classification,
    )
