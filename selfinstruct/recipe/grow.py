"""Grow the pool until it holds enough.

Self-Instruct, section 2.2, step 1: show the model some tasks, read new instructions from what it writes, keep those
that pass the filters, and go round again.  A kept task is in the pool before the next candidate is judged, so that two
twins in one reply do not both pass.

The stage keeps exactly `until` tasks; what was asked for beyond that is recorded as surplus.  The reference code checks
its target only between batches and so overshoots, and when nothing passes any more it never ends: here `saturation`
ends the stage.

The reference code also waits for the slowest reply of a round before it asks for the next.  Here a round is sampled
from the pool as it stood `lag` rounds before, so that its requests are under way while the replies to earlier rounds
are waited for and read, and yet the same tasks are shown in it however long a reply takes.  The first rounds lag less,
by at most half the rounds before them, so that a young pool shows its own tasks early.

How far to ask ahead is another matter and changes no result: rounds are asked as long as those under way, by the yield
so far, do not suffice.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from random import Random
from typing import Annotated, Any

from pydantic import Field

from selfinstruct.filters import Filter
from selfinstruct.model import Model
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import Setting, stream
from selfinstruct.recipe.turn import Answers, Turn, judge, measured
from selfinstruct.round import SURPLUS, Candidate, Rejection, Request, Round, Sample
from selfinstruct.sampler import Sampler
from selfinstruct.task import Task


@part
class Saturation:
    """When a stage has nothing new to say."""

    rounds: Annotated[int, Field(ge=1)]
    """How many rounds in a row are looked at."""
    kept_share: Annotated[float, Field(ge=0, le=1)]
    """The stage ends when at most this share of their candidates was kept."""

    def reached(self, past: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the last rounds kept too little."""
        last = past[-self.rounds :]
        kept, candidates = sum(row["kept"] for row in last), sum(row["candidates"] for row in last)
        return len(last) == self.rounds and kept <= self.kept_share * candidates


@part
class Grow:
    """Appends tasks to the pool."""

    until: Annotated[int, Field(ge=1)]
    """Tasks to keep, seeds not counted."""
    requests_per_round: Annotated[int, Field(ge=1)]
    """Prompts in a round."""
    lag: Annotated[int, Field(ge=0)]
    """Rounds that are under way while one is read: a round shows the pool as it stood that many rounds before; 0 to see
    everything and to wait for every reply."""
    saturation: Saturation | None
    """Ends the stage when the model has nothing new to say; null for never."""
    sampler: Sampler
    prompt: Prompt
    filters: dict[str, Filter] = Field(default_factory=dict)
    """What a candidate must pass, in this order; Hydra leaves the key out where none is chosen."""
    model: Model | None
    """The model to ask; null for the run's."""

    @property
    def target(self) -> int | None:
        """How many tasks it is to keep."""
        return self.until

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """What the first prompt of this stage shows, for a pool that holds only seeds."""
        return self.sampler.preview(pool, rng)

    def rounds(self, setting: Setting) -> Iterator[Round]:
        """Rounds until there are enough tasks, or nothing new comes."""
        return Growing(self, setting).rounds()


class Growing:
    """A stage that grows, while it does."""

    def __init__(self, stage: Grow, setting: Setting) -> None:
        self.stage = stage
        self.setting = setting
        self.name, self.pool = setting.name, setting.pool
        self.figures = list(setting.past)
        self.kept: list[int] = list(accumulate((row["kept"] for row in setting.past), initial=0))
        """How many tasks there were after each round; the first is 0."""
        self.asked: int = sum(row["asked"] for row in setting.past)
        self.ahead: deque[Answers] = deque()
        """The rounds under way."""

    def rounds(self) -> Iterator[Round]:
        """Rounds until there are enough tasks, or nothing new comes."""
        ended = self._end()
        try:
            if ended is None:
                self._ask_ahead()
            while self.ahead and ended is None:
                round_ = self._read(self.ahead.popleft())
                self.figures.append(round_.row())
                self.kept.append(self.kept[-1] + round_.kept)
                self.asked += round_.asked
                ended = self._end()
                if ended is None:
                    self._ask_ahead()
                    ended = None if self.ahead else self.setting.purse.empty
                yield replace(round_, ended=ended)
        finally:
            for answers in self.ahead:
                answers.close()

    def _end(self) -> str | None:
        until, saturation = self.stage.until, self.stage.saturation
        if self.kept[-1] >= until:
            return f"{until} kept"
        if saturation is not None and saturation.reached(self.figures):
            return f"saturated: at most {saturation.kept_share:.0%} kept in {saturation.rounds} rounds"
        return None

    def _ask_ahead(self) -> None:
        """Ask the rounds for which the pool stands as they are to see it, as far as they seem to be needed."""
        done = len(self.figures)
        while not self.ahead or self._is_short():
            number = done + len(self.ahead) + 1
            seen = max(number - 1 - self.stage.lag, number // 2)
            if seen > done:
                return
            turn = Turn(self.name, number, self.setting.model.name)
            shown = self.pool.before(self.name, self.kept[seen])
            rng = stream(self.setting.random_seed, self.name, number)
            samples = self.stage.sampler.sample(shown, rng, self.stage.requests_per_round, self.name)
            answers = turn.ask(self.stage.prompt, self.setting, samples)
            if not len(answers):
                return
            self.ahead.append(answers)

    def _is_short(self) -> bool:
        """Whether the rounds under way would not suffice, if they yield what the rounds before did."""
        under_way = sum(map(len, self.ahead))
        kept = self.kept[-1]
        return kept * (self.asked + under_way) < self.stage.until * self.asked

    def _read(self, answers: Answers) -> Round:
        turn = answers.turn
        for sample, request, found in answers:
            for piece in found:
                self._take(piece, sample, request, turn)
        for task in measured(list(turn.tasks.values()), self.stage.filters, self.pool):
            self.pool.put(task)
            turn.keep(task)
        return turn.done(self.pool)

    def _take(self, piece: Candidate | Rejection, sample: Sample, request: Request, turn: Turn) -> None:
        if isinstance(piece, Rejection):
            return turn.reject(piece, request)
        if self.kept[-1] + turn.kept >= self.stage.until:
            return turn.reject(Rejection(SURPLUS, f"{self.stage.until} are kept", candidate=piece), request)
        if rejection := judge(piece, self.stage.filters, self.pool):
            return turn.reject(rejection, request)
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
        )
        self.pool.add(task)
        turn.keep(task)
        turn.kept += 1
        return None
