"""How a stage that grows draws what its prompts show: continuously, or one generation at a time.

Continuously, a round is drawn from the pool as it stood `rounds_ahead` rounds before, so that its requests are under
way while earlier replies are read, and yet it shows the same tasks however long a reply takes.  The first rounds look
back by at most half the rounds before them, so that a young pool shows its own tasks early.  How far to ask ahead
changes no result: rounds are asked as long as those under way, by the yield so far, do not suffice.

By generations, everything that the sampler draws from the pool as it stood before a generation is cut into rounds.  The
list is not stored: a resumed run draws it again, by the random stream of the generation, and continues after the
samples that were asked.  Until the stages after it have completed a generation, there is nothing to draw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.recipe import StageContext, stream
from selfinstruct.recipe.annotate import AHEAD
from selfinstruct.recipe.round_builder import RoundBuilder
from selfinstruct.round import End, Ending, Sample
from selfinstruct.sampler import Sampler


class Progress:
    """What the rounds of a stage came to so far."""

    def __init__(self, logged_rounds: Sequence[Mapping[str, Any]]) -> None:
        self.kept: list[int] = list(accumulate((row["kept"] for row in logged_rounds), initial=0))
        self.candidates: list[int] = [row["candidates"] for row in logged_rounds]
        self.asked: int = sum(row["asked"] for row in logged_rounds)

    @property
    def rounds(self) -> int:
        """Return how many rounds there were."""
        return len(self.candidates)

    def add(self, builder: RoundBuilder) -> None:
        """Count another round."""
        self.kept.append(self.kept[-1] + builder.kept)
        self.candidates.append(builder.candidates)
        self.asked += builder.asked


@part
class Saturation:
    """When a stage produces nothing new."""

    rounds: Annotated[int, Field(ge=1)]
    """How many rounds in a row are considered."""
    kept_share: Annotated[float, Field(ge=0, le=1)]
    """The stage ends when at most this share of their candidates was kept."""

    def is_reached(self, progress: Progress) -> bool:
        """Return whether the last rounds kept too little."""
        if progress.rounds < self.rounds:
            return False
        kept = progress.kept[-1] - progress.kept[-1 - self.rounds]
        return kept <= self.kept_share * sum(progress.candidates[-self.rounds :])


@dataclass
class ContinuousSampling:
    """Draws each round from the pool as it stood `rounds_ahead` rounds before, until there are enough tasks."""

    context: StageContext
    progress: Progress
    sampler: Sampler
    size: int
    until: int
    rounds_ahead: int
    saturation: Saturation | None
    generation: int | None = None

    def needs_more(self, under_way: int) -> bool:
        """Return whether the rounds under way would not suffice, if they yield what the rounds before did."""
        kept = self.progress.kept[-1]
        return not under_way or kept * (self.progress.asked + under_way) < self.until * self.progress.asked

    def draw(self, number: int) -> Sequence[Sample]:
        """Return what a round shows; empty while the pool is not yet as the round is to see it."""
        if (last := seen(number, self.rounds_ahead)) >= len(self.progress.kept):
            return []
        pool, name = self.context.pool.before(self.context.name, self.progress.kept[last]), self.context.name
        return self.sampler.sample(pool, stream(self.context.random_seed, name, number), self.size, name)

    def asked(self, count: int) -> None:
        """Do nothing: each round is drawn for itself."""

    def ending(self, under_way: int) -> Ending | None:
        """End the stage when there are enough tasks, or nothing new comes."""
        if self.progress.kept[-1] >= self.until:
            return Ending(End.TARGET, f"{self.until} kept")
        if self.saturation is not None and self.saturation.is_reached(self.progress):
            share, rounds = self.saturation.kept_share, self.saturation.rounds
            return Ending(End.SATURATED, f"saturated: at most {share:.0%} kept in {rounds} rounds")
        return None


class GenerationSampling:
    """Draws a whole generation at once, and gives it round by round."""

    def __init__(self, context: StageContext, sampler: Sampler, size: int, generations: int) -> None:
        self.size = size
        self.generation, self.position = position_in(context.logged_rounds)
        self.samples: list[Sample] = []
        if self.generation <= generations:
            earlier = (row["kept"] for row in context.logged_rounds if row["generation"] < self.generation)
            pool = context.pool.before(context.name, sum(earlier))
            rng, own = stream(context.random_seed, context.name, self.generation), {"generation": self.generation}
            drawn = sampler.sample(pool, rng, len(pool), context.name)
            self.samples = [replace(sample, attributes={**sample.attributes, **own}) for sample in drawn]

    def needs_more(self, under_way: int) -> bool:
        """Return whether there is room for more: so much is asked at once that no slow reply leaves a server idle."""
        return under_way < AHEAD

    def draw(self, number: int) -> Sequence[Sample]:
        """Return the next samples of the list."""
        return self.samples[self.position : self.position + self.size]

    def asked(self, count: int) -> None:
        """Continue in the list."""
        self.position += count

    def ending(self, under_way: int) -> Ending | None:
        """End the stage when all of the list was asked and answered."""
        is_through = self.position >= len(self.samples) and not under_way
        return Ending(End.GENERATION, f"generation {self.generation} is finished") if is_through else None


Drawing: TypeAlias = ContinuousSampling | GenerationSampling
"""Decides what is asked next, and when the stage ends."""


def position_in(rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Return the generation with which a stage continues, and how much of its list was asked."""
    if not rows:
        return 1, 0
    last = rows[-1]
    if "ended" in last:
        return last["generation"] + 1, 0
    return last["generation"], sum(row["asked"] for row in rows if row["generation"] == last["generation"])


def seen(number: int, rounds_ahead: int) -> int:
    """Return after which round the pool stood as a round that is drawn continuously shows it."""
    return max(number - 1 - rounds_ahead, number // 2)
