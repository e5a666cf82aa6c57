"""Complete every task that lacks something.

Self-Instruct, section 2.2, steps 2 and 3: ask whether a task is classification, and have instances generated.  One
round asks about a number of tasks.  A reply that cannot be read, or of which nothing passes the filters, is a rejection
and the question is asked again; after `attempts` the task is left as it is, and says so in `gave_up`.  The reference
code takes an unreadable answer for a No, and a failed request for a finished task.

No task waits for another: the questions of many rounds are under way at once, and so are the second attempts of one
round beside the first of later ones.  A round is done when its last attempt is, and rounds are given in order.  So a
filter here judges a candidate by its own task and reply, never by other tasks.  What came of a round is put into its
tasks when the round is given: a task may be asked about input by input, in several rounds, and must not have in one of
them what only a later one will say.

A round that the budget does not let finish is not given at all, nor are those after it.  Its replies are in the store,
so that the same round is made of them when the run is resumed.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Annotated

from pydantic import Field

from selfinstruct.filters import Comparing, Filter
from selfinstruct.metrics import Metric
from selfinstruct.model import Model
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import StageContext, stream
from selfinstruct.recipe.outcome import Outcome, reason, settled, subject
from selfinstruct.recipe.round_builder import PendingReplies, RoundBuilder, judge
from selfinstruct.request import Request
from selfinstruct.round import SURPLUS, Candidate, End, Ending, Rejection, Round, Sample
from selfinstruct.sampler import Sampler

AHEAD = 1024
"""Questions under way at once, some of them waiting for room; several times what a server takes at a time."""

HANDLED = Ending(End.HANDLED, "nothing left to do")


@part
class Annotate:
    """Fills what tasks lack: whether they are classification, or their instances."""

    requests_per_round: Annotated[int, Field(ge=1)]
    """Tasks asked about in a round."""
    attempts: Annotated[int, Field(ge=1)]
    """How often a question is asked before its task is given up."""
    filters_are_final: bool
    """Whether an answer that a filter turns away stands, as a judge's verdict does: its task is given up at once, and
    asked again is only what could not be read. False to ask again in both cases."""
    instances: Annotated[int, Field(ge=1)] | None
    """The most instances a task may have; the template sees it. Null where the stage makes none."""
    sampler: Sampler
    prompt: Prompt
    filters: dict[str, Filter] = Field(default_factory=dict)
    """What a candidate must pass, in this order; Hydra leaves the key out where none is chosen."""
    metrics: dict[str, Metric] = Field(default_factory=dict)
    """What is counted of each round beside its figures."""
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

    def rounds(self, setting: StageContext) -> Iterator[Round]:
        """Rounds until no task lacks what the stage fills."""
        return Annotating(self, setting).rounds()


@dataclass
class Attempt:
    """The questions of a round that are asked together, and what came of them so far.

    Where a budget allows only a part of them, the rest is asked when that part is answered, and what is asked again
    waits for both, so that a round is the same however its questions were divided.
    """

    turn: RoundBuilder
    samples: list[Sample]
    number: int
    """Counts the attempts of the round, from 1."""
    asked: int = 0
    """How many of the questions were asked, the first ones."""
    unread: int = field(init=False)
    """How many of them have no answer that was read."""
    left: list[Sample] = field(default_factory=list)
    """What is to be asked again, where another attempt is left."""
    refused: list[Sample] = field(default_factory=list)
    """What was answered, and rejected for good."""

    def __post_init__(self) -> None:
        self.unread = len(self.samples)


class Annotating:
    """A stage that annotates, while it does."""

    def __init__(self, stage: Annotate, setting: StageContext) -> None:
        self.stage = stage
        self.setting = setting
        self.pool = setting.pool
        first = len(setting.past) + 1
        rng = stream(setting.random_seed, setting.name, first)
        samples = [stage.widen(sample) for sample in stage.sampler.sample(self.pool, rng, len(self.pool), setting.name)]
        size = stage.requests_per_round
        self.waiting = deque(
            Attempt(RoundBuilder(setting.name, number, setting.model.name), samples[start : start + size], 1)
            for number, start in enumerate(range(0, len(samples), size), first)
        )
        """The first attempts of rounds, as far as not all of their questions were asked."""
        self.again: deque[Attempt] = deque()
        """What is to be asked again in the rounds begun, before new ones."""
        self.asked: deque[tuple[PendingReplies, Attempt]] = deque()
        """What is under way, in the order asked."""
        self.begun: deque[RoundBuilder] = deque()
        """The rounds begun and not given yet."""
        self.done: set[int] = set()
        """Those of them of which nothing is to be asked any more, by number."""

    def rounds(self) -> Iterator[Round]:
        """Every round, in order, as soon as it and those before it are complete.

        Where the purse is empty, the rounds of which something is still to be asked are not given.
        """
        try:
            self._ask_ahead()
            while self.asked:
                self._read(*self.asked.popleft())
                self._ask_ahead()
                while self.begun and self.begun[0].number in self.done:
                    turn = self.begun.popleft()
                    self._settle(turn)
                    is_last = not (self.begun or self.waiting)
                    yield turn.done(self.pool, self.stage.metrics, HANDLED if is_last else None)
        finally:
            for answers, _ in self.asked:
                answers.close()

    def _ask_ahead(self) -> None:
        """Keep so much under way that no slow reply leaves the model idle."""
        while (queue := self.again or self.waiting) and sum(len(answers) for answers, _ in self.asked) < AHEAD:
            attempt = queue[0]
            turn, rest = attempt.turn, attempt.samples[attempt.asked :]
            attempts = self.stage.attempts - attempt.number + 1
            answers = turn.ask(self.stage.prompt, self.setting, rest, attempt.number, attempts)
            if not len(answers):
                return
            attempt.asked += len(answers)
            if len(answers) == len(rest):
                queue.popleft()
            if not self.begun or self.begun[-1].number < turn.number:
                self.begun.append(turn)
            self.asked.append((answers, attempt))

    def _read(self, answers: PendingReplies, attempt: Attempt) -> None:
        """Take answers of an attempt, and after its last one ask again about the tasks that are as they were."""
        turn = attempt.turn
        for sample, request, found in answers:
            attempt.unread -= 1
            if not self._answer(found, sample, request, turn):
                is_read = any(isinstance(piece, Candidate) for piece in found)
                (attempt.refused if is_read and self.stage.filters_are_final else attempt.left).append(sample)
        if attempt.unread:
            return
        self._give_up(attempt.refused, turn)
        if attempt.left and attempt.number < self.stage.attempts:
            self.again.append(Attempt(turn, attempt.left, attempt.number + 1))
            return
        self._give_up(attempt.left, turn)
        self.done.add(turn.number)

    def _answer(self, found: list[Candidate | Rejection], sample: Sample, request: Request, turn: RoundBuilder) -> bool:
        """Judge all that a reply holds, and note what passed; whether anything did."""
        task = subject(sample)
        pieces = [
            replace(piece, instruction=task.instruction) if isinstance(piece, Candidate) else piece for piece in found
        ]
        verdicts = iter(self._judge([piece for piece in pieces if isinstance(piece, Candidate)]))
        kept: list[Candidate] = []
        for piece in pieces:
            rejection = piece if isinstance(piece, Rejection) else next(verdicts) or self._surplus(piece, len(kept))
            if rejection is not None:
                turn.reject(rejection, request, sample)
            elif isinstance(piece, Candidate):
                kept.append(piece)
        if kept:
            turn.kept += len(kept)
            turn.outcomes.append(Outcome(sample, tuple(kept)))
        return bool(kept)

    def _judge(self, candidates: list[Candidate]) -> list[Rejection | None]:
        """Filter by filter, so that an instance that one has rejected cannot contradict a sound one in the next."""
        verdicts: list[Rejection | None] = [None] * len(candidates)
        in_turn = sorted(self.stage.filters.items(), key=lambda item: isinstance(item[1], Comparing))
        for name, filter_ in in_turn:
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

    def _give_up(self, samples: Sequence[Sample], turn: RoundBuilder) -> None:
        turn.outcomes += [Outcome(sample, reason=reason(sample, turn.rejections)) for sample in samples]

    def _settle(self, turn: RoundBuilder) -> None:
        """Put what came of a round into its tasks: not before those before it are settled, for they may share tasks."""
        for outcome in turn.outcomes:
            task = settled(self.pool[subject(outcome.sample).id], outcome, turn.stage, turn.model)
            self.pool.put(task)
            turn.keep(task)
