"""Grow the pool until it holds enough.

Self-Instruct, section 2.2, step 1: show the model some tasks, read new instructions from its reply, keep those that
pass the filters, and repeat.  A kept task is in the pool before the next candidate is judged, so that two twins in one
reply do not both pass.  The stage keeps exactly `until` tasks; further candidates are rejected as surplus.  The
reference code overshoots its target, never ends when nothing passes any more (here `saturation` ends it), and waits for
the slowest reply of a round; here rounds overlap (`selfinstruct.recipe.sampling`).

With `generations` the stage asks about everything that its sampler draws once in each generation, as Evol-Instruct does
(Xu et al., 2023, section 2.2), and is run again when the stages after it have completed what a generation has made.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from random import Random
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from selfinstruct.filters import Filter, VectorFilter
from selfinstruct.metrics import Metric
from selfinstruct.model import Model
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import StageContext
from selfinstruct.recipe.round_builder import Answered, PendingReplies, RoundBuilder, judge, measured, prepare
from selfinstruct.recipe.sampling import ContinuousSampling, Drawing, GenerationSampling, Progress, Saturation
from selfinstruct.round import SURPLUS, Candidate, Rejection, Round, Sample
from selfinstruct.sampler import Sampler
from selfinstruct.task import Task


@part
class Grow:
    """Appends tasks to the pool."""

    until: Annotated[int, Field(ge=1)] | None
    """Tasks to keep, seeds not counted; null for a stage with generations."""
    generations: Annotated[int, Field(ge=1)] | None
    """How often everything that the sampler draws is asked about; null where the stage continues until there are
    enough."""
    requests_per_round: Annotated[int, Field(ge=1)]
    """Prompts in a round."""
    rounds_ahead: Annotated[int, Field(ge=0)]
    """Rounds that are under way while one is read: a round shows the pool as it stood that many rounds before; 0 to see
    everything and to wait for every reply. It does not apply to generations, which show the pool as it stood before."""
    saturation: Saturation | None
    """Ends the stage when the model produces nothing new; null for never."""
    sampler: Sampler
    prompt: Prompt
    filters: dict[str, Filter] = Field(default_factory=dict)
    """What a candidate must pass, in this order; Hydra leaves the key out where none is chosen."""
    metrics: dict[str, Metric] = Field(default_factory=dict)
    """Further figures of each round."""
    model: Model | None
    """The model to ask; null for the run's."""

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if (self.until is None) == (self.generations is None):
            raise ValueError(f"wants one of until and generations (got {self.until} and {self.generations})")
        if self.generations is not None and self.saturation is not None:
            raise ValueError("has generations, which saturation does not end; set saturation to null")
        return self

    @property
    def target(self) -> int | None:
        """Return how many tasks it is to keep, where it continues until there are enough."""
        return self.until

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return what the first prompt of this stage shows of a pool that holds only seeds."""
        return self.sampler.preview(pool, rng)

    def rounds(self, context: StageContext) -> Iterator[Round]:
        """Yield rounds until there are enough tasks, or nothing new comes; or those of the next generation."""
        return Growing(self, context).rounds()

    def drawing(self, context: StageContext, progress: Progress) -> Drawing:
        """Return what draws the contents of its prompts."""
        if self.until is None:
            assert self.generations is not None
            return GenerationSampling(context, self.sampler, self.requests_per_round, self.generations)
        return ContinuousSampling(
            context=context,
            progress=progress,
            sampler=self.sampler,
            size=self.requests_per_round,
            until=self.until,
            rounds_ahead=self.rounds_ahead,
            saturation=self.saturation,
        )


class Begun(NamedTuple):
    """A round that is under way."""

    builder: RoundBuilder
    replies: PendingReplies
    rest: Sequence[Sample]
    """Samples that could not be asked about at once, because the budget was reserved."""


class Growing:
    """A stage that grows, while it does."""

    def __init__(self, stage: Grow, context: StageContext) -> None:
        self.stage = stage
        self.context = context
        self.name, self.pool = context.name, context.pool
        self.progress = Progress(context.logged_rounds)
        self.drawing = stage.drawing(context, self.progress)
        self.ahead: deque[Begun] = deque()

    def rounds(self) -> Iterator[Round]:
        """Yield rounds until the drawing ends, or the budget is spent; a round that was asked in part is left out."""
        ending = self.drawing.ending(0)
        try:
            if ending is None:
                self._ask_ahead()
            while self.ahead and ending is None:
                begun = self.ahead.popleft()
                if (answered := self._answered(begun)) is None:
                    return
                self.take(begun.builder, answered)
                ending = self.drawing.ending(self._under_way)
                if ending is None:
                    self._ask_ahead()
                yield begun.builder.done(self.pool, self.stage.metrics, ending)
        finally:
            for begun in self.ahead:
                begun.replies.close()

    @property
    def _under_way(self) -> int:
        return sum(len(begun.replies) for begun in self.ahead)

    def _ask_ahead(self) -> None:
        """Ask the rounds that can be drawn, as far as they are needed."""
        while self.drawing.needs_more(self._under_way):
            number = self.progress.rounds + len(self.ahead) + 1
            if not (samples := self.drawing.draw(number)):
                return
            builder = RoundBuilder(self.name, number, self.context.model.name, self.drawing.generation)
            replies = builder.ask(self.stage.prompt, self.context, samples)
            if not len(replies):
                return
            self.drawing.asked(len(samples))
            self.ahead.append(Begun(builder, replies, samples[len(replies) :]))
            if self.ahead[-1].rest:
                return

    def _answered(self, begun: Begun) -> Iterable[Answered] | None:
        """Return all answers of a round; None where the budget does not allow the rest of a round asked in part.

        Nothing of such a round is judged before all is there, since what is judged enters the pool.
        """
        builder, replies, rest = begun
        if not rest:
            return replies
        taken = list(replies)
        while rest and len(replies := builder.ask(self.stage.prompt, self.context, rest)):
            rest = rest[len(replies) :]
            taken += replies
        return None if rest else taken

    def take(self, builder: RoundBuilder, answered: Iterable[Answered]) -> None:
        """Judge all that the replies of a round hold, and count the round."""
        if any(isinstance(filter_, VectorFilter) for filter_ in self.stage.filters.values()):
            answered = list(answered)  # all, so that their vectors are asked for together
            candidates = [piece for *_, found in answered for piece in found if isinstance(piece, Candidate)]
            prepare(candidates, self.stage.filters, self.pool, self.context.embedders)
        for sample, request, found in answered:
            for piece in found:
                self._take(piece, sample, request, builder)
        for task in measured(list(builder.tasks.values()), self.stage.filters, self.pool):
            self.pool.put(task)
            builder.keep(task)
        self.progress.add(builder)

    def _take(self, piece: Candidate | Rejection, sample: Sample, request: str, builder: RoundBuilder) -> None:
        until = self.stage.until
        if isinstance(piece, Rejection):
            return builder.reject(piece, request, sample)
        if until is not None and self.progress.kept[-1] + builder.kept >= until:
            return builder.reject(Rejection(SURPLUS, f"{until} are kept", candidate=piece), request, sample)
        piece = replace(piece, attributes={**sample.attributes, **piece.attributes})
        if rejection := judge(piece, self.stage.filters, self.pool):
            return builder.reject(rejection, request, sample)
        task = Task(
            id=self.pool.new_id(self.name),
            origin=self.name,
            instruction=piece.instruction,
            is_classification=piece.is_classification,
            instances=piece.instances or None,
            parents=sample.parents,
            round=builder.number,
            request=request,
            models={self.name: builder.model},
            attributes=dict(piece.attributes),
        )
        self.pool.add(task)
        builder.keep(task)
        builder.kept += 1
        return None
