"""How a stage that grows draws what its prompts show: continuously, or one generation at a time.

Continuously, a round is drawn from the pool as it stood `rounds_ahead` rounds before, so that its requests are under
way while earlier replies are awaited and read, and yet it shows the same tasks however long a reply takes.  The first
rounds look back less, by at most half the rounds before them, so that a young pool shows its own tasks early.  How far
to ask ahead is another matter and changes no result: rounds are asked as long as those under way, by the yield so far,
do not suffice.

By generations, everything that the sampler draws from the pool as it stood before a generation is cut into rounds, and
asked as fast as the model takes it.  The list is not stored: a resumed run draws it again, by the random stream of the
generation, and continues after the samples that were asked.  A generation starts when the stage is run again, after the
stages that complete what it made; until they have, its sampler has nothing to draw, and the stage makes no round.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Annotated, Any, Protocol

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.recipe import StageContext, stream
from selfinstruct.recipe.annotate import AHEAD
from selfinstruct.recipe.round_builder import RoundBuilder
from selfinstruct.round import End, Ending, Sample
from selfinstruct.sampler import Sampler


class Progress:
    """What the rounds of a stage came to so far."""

    def __init__(self, logged_rounds: Sequence[Mapping[str, Any]]) -> None:
        self.kept: list[int] = list(accumulate((row["kept"] for row in logged_rounds), initial=0))
        """How many tasks there were after each round; the first is 0."""
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


class Drawing(Protocol):
    """Decides what is asked next, and when the stage ends."""

    @property
    def generation(self) -> int | None:
        """Return the generation of the rounds drawn now, if there are generations."""
        ...

    def needs_more(self, under_way: int) -> bool:
        """Return whether more should be asked while so many requests are under way."""
        ...

    def draw(self, number: int) -> Sequence[Sample]:
        """Return what a round shows; empty where that cannot be known yet, or nothing is left."""
        ...

    def asked(self, count: int) -> None:
        """Note that so many of the samples drawn last were asked."""
        ...

    def ending(self, under_way: int) -> Ending | None:
        """Return why the stage ends now, if it does, while so many requests are under way."""
        ...


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
        if seen(number, self.rounds_ahead) >= len(self.progress.kept):
            return []
        return self.drawn(number)

    def drawn(self, number: int) -> list[Sample]:
        """Return what a round shows of the pool as it stood when the round was to see it."""
        kept = self.progress.kept[seen(number, self.rounds_ahead)]
        pool, name = self.context.pool.before(self.context.name, kept), self.context.name
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
            self.samples = self._listed(context, sampler, context.pool.before(context.name, sum(earlier)))

    def _listed(self, context: StageContext, sampler: Sampler, pool: Pool) -> list[Sample]:
        """Return everything that the generation shows; its tasks say of which generation they are."""
        rng = stream(context.random_seed, context.name, self.generation)
        drawn = sampler.sample(pool, rng, len(pool), context.name)
        return [replace(sample, attributes={**sample.attributes, "generation": self.generation}) for sample in drawn]

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
        return Ending(End.GENERATION, f"generation {self.generation} is through") if is_through else None


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
