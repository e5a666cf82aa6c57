"""Grow the pool until it holds enough.

Self-Instruct, section 2.2, step 1: show the model some tasks, read new instructions from what it writes, keep those
that pass the filters, and go round again.  A kept task is in the pool before the next candidate is judged, so that two
twins in one reply do not both pass.

The stage keeps exactly `until` tasks; what was asked for beyond that is recorded as surplus.  The reference code checks
its target only between batches and so overshoots, and when nothing passes any more it never ends: here `saturation`
ends the stage.

The reference code also waits for the slowest reply of a round before it asks for the next; here rounds overlap
(`selfinstruct.recipe.sampling`).

With `generations` in place of `until` the stage goes through everything that its sampler draws, once a generation, as
Evol-Instruct does (Xu et al., 2023, section 2.2): the stages after it complete what a generation has made, and then it
is run again.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from random import Random
from typing import Annotated, NamedTuple, Self

from pydantic import Field, model_validator

from selfinstruct.filters import Filter
from selfinstruct.metrics import Metric
from selfinstruct.model import Model
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import StageContext
from selfinstruct.recipe.round_builder import Answered, PendingReplies, RoundBuilder, judge, measured
from selfinstruct.recipe.sampling import ContinuousSampling, Drawing, Figures, GenerationSampling, Saturation
from selfinstruct.request import Request
from selfinstruct.round import SURPLUS, Candidate, Rejection, Round, Sample
from selfinstruct.sampler import Sampler
from selfinstruct.task import Task


@part
class Grow:
    """Appends tasks to the pool."""

    until: Annotated[int, Field(ge=1)] | None
    """Tasks to keep, seeds not counted; null where the stage goes by generations."""
    generations: Annotated[int, Field(ge=1)] | None
    """How often the stage goes through everything that its sampler draws; null where it goes on until there are
    enough."""
    requests_per_round: Annotated[int, Field(ge=1)]
    """Prompts in a round."""
    rounds_ahead: Annotated[int, Field(ge=0)]
    """Rounds that are under way while one is read: a round shows the pool as it stood that many rounds before; 0 to see
    everything and to wait for every reply. A generation shows the pool as it stood before it, and has no use for it."""
    saturation: Saturation | None
    """Ends the stage when the model has nothing new to say; null for never."""
    sampler: Sampler
    prompt: Prompt
    filters: dict[str, Filter] = Field(default_factory=dict)
    """What a candidate must pass, in this order; Hydra leaves the key out where none is chosen."""
    metrics: dict[str, Metric] = Field(default_factory=dict)
    """What is counted of each round beside its figures."""
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
        """How many tasks it is to keep, where it goes on until there are enough."""
        return self.until

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """What the first prompt of this stage shows, for a pool that holds only seeds."""
        return self.sampler.preview(pool, rng)

    def rounds(self, setting: StageContext) -> Iterator[Round]:
        """Rounds until there are enough tasks, or nothing new comes; or those of the next generation."""
        return Growing(self, setting).rounds()

    def drawing(self, setting: StageContext, figures: Figures) -> Drawing:
        """How it draws what its prompts show."""
        if self.generations is not None:
            return GenerationSampling(setting, figures, self.sampler, self.requests_per_round, self.generations)
        assert self.until is not None
        return ContinuousSampling(
            setting=setting,
            figures=figures,
            sampler=self.sampler,
            size=self.requests_per_round,
            until=self.until,
            rounds_ahead=self.rounds_ahead,
            saturation=self.saturation,
        )


class Begun(NamedTuple):
    """A round that is under way."""

    turn: RoundBuilder
    answers: PendingReplies
    rest: Sequence[Sample]
    """What could not be asked at once, because the budget was reserved."""


class Growing:
    """A stage that grows, while it does."""

    def __init__(self, stage: Grow, setting: StageContext) -> None:
        self.stage = stage
        self.setting = setting
        self.name, self.pool = setting.name, setting.pool
        self.figures = Figures(setting.past)
        self.drawing = stage.drawing(setting, self.figures)
        self.ahead: deque[Begun] = deque()
        """The rounds under way."""

    @property
    def kept(self) -> list[int]:
        """How many tasks there were after each round; the first is 0."""
        return self.figures.kept

    def rounds(self) -> Iterator[Round]:
        """Rounds until the drawing ends, or the purse is empty; a round that was asked in part is then left out."""
        ending = self.drawing.end(0)
        try:
            if ending is None:
                self._ask_ahead()
            while self.ahead and ending is None:
                begun = self.ahead.popleft()
                if (answered := self._answered(begun)) is None:
                    return
                round_ = self._read(begun.turn, answered)
                self.figures.add(round_)
                ending = self.drawing.end(self._under_way)
                if ending is None:
                    self._ask_ahead()
                yield round_.concluded(ending)
        finally:
            for begun in self.ahead:
                begun.answers.close()

    @property
    def _under_way(self) -> int:
        return sum(len(begun.answers) for begun in self.ahead)

    def _ask_ahead(self) -> None:
        """Ask the rounds that can be drawn, as far as they are wanted."""
        while self.drawing.wants(self._under_way):
            number = len(self.figures.rows) + len(self.ahead) + 1
            if not (samples := self.drawing.draw(number)):
                return
            turn = RoundBuilder(self.name, number, self.setting.model.name, self.drawing.generation)
            answers = turn.ask(self.stage.prompt, self.setting, samples)
            if not len(answers):
                return
            self.drawing.asked(len(samples))
            self.ahead.append(Begun(turn, answers, samples[len(answers) :]))
            if self.ahead[-1].rest:
                return

    def _answered(self, begun: Begun) -> Iterable[Answered] | None:
        """All answers of a round; None where the purse does not allow the rest of a round that was asked in part.

        Of such a round nothing is judged before all is there, for what is judged enters the pool.
        """
        turn, answers, rest = begun
        if not rest:
            return answers
        taken = list(answers)
        while rest and len(answers := turn.ask(self.stage.prompt, self.setting, rest)):
            rest = rest[len(answers) :]
            taken += answers
        return None if rest else taken

    def _read(self, turn: RoundBuilder, answered: Iterable[Answered]) -> Round:
        for sample, request, found in answered:
            for piece in found:
                self._take(piece, sample, request, turn)
        for task in measured(list(turn.tasks.values()), self.stage.filters, self.pool):
            self.pool.put(task)
            turn.keep(task)
        return turn.done(self.pool, self.stage.metrics)

    def _take(self, piece: Candidate | Rejection, sample: Sample, request: Request, turn: RoundBuilder) -> None:
        if isinstance(piece, Rejection):
            return turn.reject(piece, request, sample)
        if self.stage.until is not None and self.kept[-1] + turn.kept >= self.stage.until:
            return turn.reject(Rejection(SURPLUS, f"{self.stage.until} are kept", candidate=piece), request, sample)
        if rejection := judge(piece, self.stage.filters, self.pool):
            return turn.reject(rejection, request, sample)
        task = Task(
            id=self.pool.new_id(self.name),
            origin=self.name,
            instruction=piece.instruction,
            is_classification=piece.is_classification,
            instances=piece.instances or None,
            parents=sample.parents,
            round=turn.number,
            request=request.id,
            models={self.name: turn.model},
            attributes={**sample.attributes, **piece.attributes},
        )
        self.pool.add(task)
        turn.keep(task)
        turn.kept += 1
        return None
