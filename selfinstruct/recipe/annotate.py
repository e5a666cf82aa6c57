"""Complete every task that lacks something.

Self-Instruct, section 2.2, steps 2 and 3: ask whether a task is classification, and have instances generated.  A reply
that cannot be read, or of which nothing passes the filters, is a rejection and the question is asked again; after
`attempts` the task is left as it is, and the stage is one of its `failed_stages`.  The reference code takes an
unreadable answer for a No, and a failed request for a finished task.

The questions of many rounds are under way at once, and so are the second attempts of one round and the first of later
ones.  A round is done when its last attempt is, and rounds are given in order.  So a filter here judges a candidate by
its own task and reply, never by other tasks, and what came of a round is put into its tasks when the round is given.

A round that the budget does not let finish is not given at all, nor are those after it.  Its replies are in the store,
so that the same round is made of them when the run is resumed.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from random import Random
from typing import Annotated, Self

from pydantic import Field, model_validator

from selfinstruct.filters import Comparing, Filter
from selfinstruct.metrics import Metric
from selfinstruct.model import Model
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import StageContext, stream
from selfinstruct.recipe.outcome import Outcome, apply_outcome, last_rejection, subject, together
from selfinstruct.recipe.round_builder import PendingReplies, RoundBuilder, judge
from selfinstruct.round import SURPLUS, Candidate, End, Ending, Rejection, Round, Sample
from selfinstruct.sampler import Sampler
from selfinstruct.sampler.unanswered import Unanswered

AHEAD = 1024
"""Questions under way at once, some of them queued; several times what a server takes at a time."""

HANDLED = Ending(End.HANDLED, "all tasks handled")


@part
class Annotate:
    """Fills what tasks lack: whether they are classification, or their instances."""

    requests_per_round: Annotated[int, Field(ge=1)]
    """Tasks asked about in a round."""
    attempts: Annotated[int, Field(ge=1)]
    """How often a question is asked before its task is given up."""
    retry_on_filter: bool
    """Whether a question is asked again when a filter rejects its answer. False where such an answer is final, as a
    judge's verdict is: its task is given up at once, and only unreadable replies are asked for again."""
    instances: Annotated[int, Field(ge=1)] | None
    """The most instances a task may have; the template sees it. Null where the stage makes none."""
    sampler: Sampler
    prompt: Prompt
    filters: dict[str, Filter] = Field(default_factory=dict)
    """What a candidate must pass, in this order; Hydra leaves the key out where none is chosen."""
    metrics: dict[str, Metric] = Field(default_factory=dict)
    """Further figures of each round."""
    model: Model | None
    """The model to ask; null for the run's."""
    answers: Annotated[int, Field(ge=1)] | None = None
    """How many answers are drawn for each task, of which one is chosen (`selfinstruct.recipe.alternatives`); null to
    ask once and store no alternatives."""

    @model_validator(mode="after")
    def _draws(self) -> Self:
        if self.answers is not None and self.prompt.parser.reply_format != "whole_reply":
            raise ValueError("has answers, which needs a prompt whose whole reply is the answer (whole_reply)")
        if self.answers is not None and isinstance(self.sampler, Unanswered):
            raise ValueError("has answers, but a benchmark is answered once; set answers to null")
        if (self.answers or 1) > 1 and self.prompt.decoding.temperature == 0:
            raise ValueError(
                f"draws {self.answers} answers to the same question at temperature 0, which gives the same answer each"
                " time; set prompt.decoding.temperature=0.7, say"
            )
        return self

    @property
    def target(self) -> int | None:
        """Return None: it is not known beforehand."""
        return None

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return what a prompt of this stage would show of a pool that holds only seeds."""
        return self.widen(self.sampler.preview(pool, rng))

    def widen(self, sample: Sample) -> Sample:
        """Return the sample with `instances`, which the template sees as well."""
        return replace(sample, variables={**sample.variables, "instances": self.instances})

    def rounds(self, context: StageContext) -> Iterator[Round]:
        """Yield rounds until no task lacks what the stage fills."""
        return Annotating(self, context).rounds()


@dataclass
class Attempt:
    """The questions of a round that are asked together, and what came of them so far.

    Where a budget allows only a part of them, the rest is asked when that part is answered, and what is asked again
    waits for both, so that a round is the same however its questions were divided.
    """

    builder: RoundBuilder
    samples: list[Sample]
    number: int
    """Counts the attempts of the round, from 1."""
    asked: int = 0
    unread: int = field(init=False)
    left: list[Sample] = field(default_factory=list)
    refused: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.unread = len(self.samples)


class Annotating:
    """An annotation that is under way."""

    def __init__(self, stage: Annotate, context: StageContext) -> None:
        self.stage = stage
        self.context = context
        self.pool = context.pool
        first = len(context.logged_rounds) + 1
        size = stage.requests_per_round * (draws := stage.answers or 1)
        samples = [sample for sample in self.lacking(first) for _ in range(draws)]
        self.waiting = deque(  # first attempts of which not all questions were asked
            Attempt(RoundBuilder(context.name, number, context.model.name), samples[start : start + size], 1)
            for number, start in enumerate(range(0, len(samples), size), first)
        )
        self.again: deque[Attempt] = deque()  # of started rounds, before new ones
        self.asked: deque[tuple[PendingReplies, Attempt]] = deque()
        self.started: deque[RoundBuilder] = deque()  # not given yet
        self.done: set[int] = set()  # rounds of which nothing is to be asked any more

    def lacking(self, round_: int) -> list[Sample]:
        """Return a sample of everything that the stage has still to fill, as a round draws it."""
        rng = stream(self.context.random_seed, self.context.name, round_)
        drawn = self.stage.sampler.sample(self.pool, rng, len(self.pool), self.context.name)
        return [self.stage.widen(sample) for sample in drawn]

    def rounds(self) -> Iterator[Round]:
        """Yield every round, in order, as soon as it and those before it are complete.

        Where the budget is spent, the rounds of which something is still to be asked are not given.
        """
        try:
            self._ask_ahead()
            while self.asked:
                self._read(*self.asked.popleft())
                self._ask_ahead()
                while self.started and self.started[0].number in self.done:
                    builder = self.started.popleft()
                    self.apply(builder)
                    is_last = not (self.started or self.waiting)
                    yield builder.done(self.pool, self.stage.metrics, HANDLED if is_last else None)
        finally:
            for replies, _ in self.asked:
                replies.close()

    def _ask_ahead(self) -> None:
        """Keep so much under way that no slow reply leaves the model idle."""
        most = inf if self.context.is_batched else AHEAD
        while (queue := self.again or self.waiting) and sum(len(replies) for replies, _ in self.asked) < most:
            attempt = queue[0]
            builder, rest = attempt.builder, attempt.samples[attempt.asked :]
            attempts = self.stage.attempts - attempt.number + 1
            replies = builder.ask(self.stage.prompt, self.context, rest, attempt.number, attempts)
            if not len(replies):
                return
            attempt.asked += len(replies)
            if len(replies) == len(rest):
                queue.popleft()
            if not self.started or self.started[-1].number < builder.number:
                self.started.append(builder)
            self.asked.append((replies, attempt))

    def _read(self, replies: PendingReplies, attempt: Attempt) -> None:
        """Take the replies to an attempt, and after its last one ask again about the tasks that are as they were."""
        builder = attempt.builder
        for sample, request, found in replies:
            attempt.unread -= 1
            if not self.answer(found, sample, request, builder):
                is_read = any(isinstance(piece, Candidate) for piece in found)
                (attempt.left if self.stage.retry_on_filter or not is_read else attempt.refused).append(sample)
        if attempt.unread:
            return
        self.give_up(attempt.refused, builder)
        if attempt.left and attempt.number < self.stage.attempts:
            self.again.append(Attempt(builder, attempt.left, attempt.number + 1))
            return
        self.give_up(attempt.left, builder)
        self.done.add(builder.number)

    def answer(self, found: list[Candidate | Rejection], sample: Sample, request: str, builder: RoundBuilder) -> bool:
        """Judge all that a reply holds, note what passed, and return whether anything did."""
        task = subject(sample)
        pieces = [
            replace(piece, instruction=task.instruction) if isinstance(piece, Candidate) else piece for piece in found
        ]
        verdicts = iter(self._judge([piece for piece in pieces if isinstance(piece, Candidate)]))
        kept: list[Candidate] = []
        for piece in pieces:
            rejection = piece if isinstance(piece, Rejection) else next(verdicts) or self._surplus(piece, len(kept))
            if rejection is not None:
                builder.reject(rejection, request, sample)
            elif isinstance(piece, Candidate):
                kept.append(piece)
        if kept:
            builder.kept += len(kept)
            builder.outcomes.append(Outcome(sample, tuple(kept)))
        return bool(kept)

    def _judge(self, candidates: list[Candidate]) -> list[Rejection | None]:
        """Judge filter by filter, so that an instance that one rejects cannot contradict a sound one in the next."""
        verdicts: list[Rejection | None] = [None] * len(candidates)
        in_order = sorted(self.stage.filters.items(), key=lambda item: isinstance(item[1], Comparing))
        for name, filter_ in in_order:
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

    def give_up(self, samples: Sequence[Sample], builder: RoundBuilder) -> None:
        """Note that nothing was kept for some samples, and why."""
        builder.outcomes += [
            Outcome(sample, rejection=last_rejection(sample, builder.rejections)) for sample in samples
        ]

    def apply(self, builder: RoundBuilder) -> None:
        """Put what came of a round into its tasks; the rounds before come first, for they may share tasks."""
        for outcome in together(builder.outcomes) if self.stage.answers else builder.outcomes:
            task = apply_outcome(self.pool[subject(outcome.sample).id], outcome, builder.stage, builder.model)
            self.pool.put(task)
            builder.keep(task)
