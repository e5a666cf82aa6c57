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
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Annotated, NamedTuple

from pydantic import Field

from selfinstruct.filters import Filter
from selfinstruct.metrics import Metric
from selfinstruct.model import Model
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import Setting, stream
from selfinstruct.recipe.outcome import Outcome, reason, settled, subject
from selfinstruct.recipe.turn import Answers, Turn, judge
from selfinstruct.request import Request
from selfinstruct.round import SURPLUS, Candidate, Rejection, Round, Sample
from selfinstruct.sampler import Sampler

AHEAD = 1024
"""Questions under way at once, some of them waiting for room; several times what a server takes at a time."""


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

    def rounds(self, setting: Setting) -> Iterator[Round]:
        """Rounds until no task lacks what the stage fills."""
        return Annotating(self, setting).rounds()


class Questions(NamedTuple):
    """What is to be asked."""

    turn: Turn
    samples: list[Sample]
    attempt: int


class Annotating:
    """A stage that annotates, while it does."""

    def __init__(self, stage: Annotate, setting: Setting) -> None:
        self.stage = stage
        self.setting = setting
        self.pool = setting.pool
        first = len(setting.past) + 1
        rng = stream(setting.random_seed, setting.name, first)
        samples = [stage.widen(sample) for sample in stage.sampler.sample(self.pool, rng, len(self.pool), setting.name)]
        size = stage.requests_per_round
        self.waiting = deque(
            Questions(Turn(setting.name, number, setting.model.name), samples[start : start + size], 1)
            for number, start in enumerate(range(0, len(samples), size), first)
        )
        """The rounds that nothing was asked for yet."""
        self.again: deque[Questions] = deque()
        """What is to be asked of the rounds begun, before new ones."""
        self.asked: deque[tuple[Answers, Questions]] = deque()
        """What is under way, in the order asked."""
        self.begun: deque[Turn] = deque()
        """The rounds begun and not given yet."""
        self.open = Counter(questions.turn.number for questions in self.waiting)
        """For each round, how many parts of it are to be asked or under way."""

    def rounds(self) -> Iterator[Round]:
        """Every round, in order, as soon as it and those before it are complete."""
        try:
            self._ask_ahead()
            while self.asked:
                self._read(*self.asked.popleft())
                self._ask_ahead()
                while self.begun and not self.open[self.begun[0].number]:
                    turn = self.begun.popleft()
                    self._settle(turn)
                    yield turn.done(self.pool, self.stage.metrics, self._end())
        finally:
            for answers, _ in self.asked:
                answers.close()

    def _end(self) -> str | None:
        if self.begun or self.asked:
            return None
        return self.setting.purse.empty if self.again or self.waiting else "nothing left to do"

    def _ask_ahead(self) -> None:
        """Keep so much under way that no slow reply leaves the model idle."""
        while (queue := self.again or self.waiting) and sum(len(answers) for answers, _ in self.asked) < AHEAD:
            turn, samples, attempt = queue[0]
            answers = turn.ask(self.stage.prompt, self.setting, samples, attempt)
            if not len(answers):
                if not self.asked:  # and nothing will be, for the purse is empty
                    self.open.clear()
                return
            queue.popleft()
            if len(answers) < len(samples):
                self.again.appendleft(Questions(turn, samples[len(answers) :], attempt))
                self.open[turn.number] += 1
            if not self.begun or self.begun[-1].number < turn.number:
                self.begun.append(turn)
            self.asked.append((answers, Questions(turn, samples[: len(answers)], attempt)))

    def _read(self, answers: Answers, questions: Questions) -> None:
        """Take the answers to one attempt of a round, and ask again about the tasks that are as they were."""
        turn, _, attempt = questions
        left: list[Sample] = []
        refused: list[Sample] = []
        for sample, request, found in answers:
            if not self._answer(found, sample, request, turn):
                is_read = any(isinstance(piece, Candidate) for piece in found)
                (refused if is_read and self.stage.filters_are_final else left).append(sample)
        self._give_up(refused, turn)
        if left and attempt < self.stage.attempts:
            self.again.append(Questions(turn, left, attempt + 1))
            return
        self._give_up(left, turn)
        self.open[turn.number] -= 1

    def _answer(self, found: list[Candidate | Rejection], sample: Sample, request: Request, turn: Turn) -> bool:
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
        turn.outcomes += [Outcome(sample, reason=reason(sample, turn.rejections)) for sample in samples]

    def _settle(self, turn: Turn) -> None:
        """Put what came of a round into its tasks: not before those before it are settled, for they may share tasks."""
        for outcome in turn.outcomes:
            task = settled(self.pool[subject(outcome.sample).id], outcome, turn.stage, turn.model)
            self.pool.put(task)
            turn.keep(task)
