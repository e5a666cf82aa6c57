"""How a stage that grows draws what its prompts show: live, or from a list.

Live, a round is drawn from the pool as it stood `rounds_ahead` rounds before, so that its requests are under way while
the replies to earlier rounds are waited for and read, and yet the same tasks are shown in it however long a reply
takes. The first rounds look back less, by at most half the rounds before them, so that a young pool shows its own tasks
early.  How far to ask ahead is another matter and changes no result: rounds are asked as long as those under way, by
the yield so far, do not suffice.

Listed, all that the sampler draws from the pool as it stood before a generation is cut into rounds, and asked as fast
as the model takes it.  Nothing is kept of the list when a run is stopped: it is drawn anew, by the random stream of the
generation, and what was asked of it says where it goes on.  A generation begins when the stage is run again, after the
stages that complete what it made; while they have not, its sampler has nothing to draw, and the stage makes no round.
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
from selfinstruct.round import End, Ending, Round, Sample
from selfinstruct.sampler import Sampler


class Figures:
    """What the rounds of a stage came to so far."""

    def __init__(self, past: Sequence[Mapping[str, Any]]) -> None:
        self.rows = list(past)
        self.kept: list[int] = list(accumulate((row["kept"] for row in past), initial=0))
        """How many tasks there were after each round; the first is 0."""
        self.asked: int = sum(row["asked"] for row in past)

    def add(self, round_: Round) -> None:
        """Count another round."""
        self.rows.append(round_.row())
        self.kept.append(self.kept[-1] + round_.kept)
        self.asked += round_.asked


class Drawing(Protocol):
    """Says what is asked next, and when nothing is."""

    @property
    def generation(self) -> int | None:
        """That of the rounds drawn now, if there are generations."""
        ...

    def wants(self, under_way: int) -> bool:
        """Whether more should be asked beside so many requests."""
        ...

    def draw(self, number: int) -> Sequence[Sample]:
        """What a round shows; nothing where that cannot be known yet, or nothing is left."""
        ...

    def asked(self, count: int) -> None:
        """So many of the samples drawn last were asked."""
        ...

    def end(self, under_way: int) -> Ending | None:
        """Why the stage ends now, if it does, while so many requests are under way."""
        ...


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


@dataclass
class ContinuousSampling:
    """Draws each round from the pool as it stood `rounds_ahead` rounds before, until there are enough tasks."""

    setting: StageContext
    figures: Figures
    sampler: Sampler
    size: int
    until: int
    rounds_ahead: int
    saturation: Saturation | None
    generation: int | None = None

    def wants(self, under_way: int) -> bool:
        """Whether the rounds under way would not suffice, if they yield what the rounds before did."""
        kept = self.figures.kept[-1]
        return not under_way or kept * (self.figures.asked + under_way) < self.until * self.figures.asked

    def draw(self, number: int) -> Sequence[Sample]:
        """What a round shows; nothing while the pool does not stand as it is to see it."""
        place = seen(number, self.rounds_ahead)
        if place >= len(self.figures.kept):
            return []
        return live(
            self.sampler,
            self.setting.name,
            number,
            self.setting.pool,
            self.figures.kept[place],
            self.setting.random_seed,
            self.size,
        )

    def asked(self, count: int) -> None:
        """Each round is drawn for itself."""

    def end(self, under_way: int) -> Ending | None:
        """When there are enough, or nothing new comes."""
        if self.figures.kept[-1] >= self.until:
            return Ending(End.TARGET, f"{self.until} kept")
        if self.saturation is not None and self.saturation.reached(self.figures.rows):
            share, rounds = self.saturation.kept_share, self.saturation.rounds
            return Ending(End.SATURATED, f"saturated: at most {share:.0%} kept in {rounds} rounds")
        return None


class GenerationSampling:
    """Draws a whole generation at once, and gives it round by round."""

    def __init__(self, setting: StageContext, figures: Figures, sampler: Sampler, size: int, generations: int) -> None:
        self.size = size
        self.generation, self.position = reached(figures.rows)
        self.samples: list[Sample] = []
        if self.generation <= generations:
            before = kept_before(figures.rows, self.generation)
            self.samples = listed(sampler, setting.name, self.generation, setting.pool, before, setting.random_seed)

    def wants(self, under_way: int) -> bool:
        """As many as keep a server busy, however slow one reply is."""
        return under_way < AHEAD

    def draw(self, number: int) -> Sequence[Sample]:
        """The next of the list."""
        return self.samples[self.position : self.position + self.size]

    def asked(self, count: int) -> None:
        """Go on in the list."""
        self.position += count

    def end(self, under_way: int) -> Ending | None:
        """When all of the list has been asked and answered."""
        is_through = self.position >= len(self.samples) and not under_way
        return Ending(End.GENERATION, f"generation {self.generation} is through") if is_through else None


def reached(rows: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """The generation that a stage goes on with, and how much of its list was asked."""
    if not rows:
        return 1, 0
    last = rows[-1]
    if "ended" in last:
        return last["generation"] + 1, 0
    return last["generation"], asked_of(rows, last["generation"])


def kept_before(rows: Sequence[Mapping[str, Any]], generation: int) -> int:
    """How many tasks a stage had made before a generation."""
    return sum(row["kept"] for row in rows if row["generation"] < generation)


def asked_of(rows: Sequence[Mapping[str, Any]], generation: int) -> int:
    """How many requests a stage has asked in a generation."""
    return sum(row["asked"] for row in rows if row["generation"] == generation)


def seen(number: int, rounds_ahead: int) -> int:
    """After which round the pool stood as a round that is drawn live shows it."""
    return max(number - 1 - rounds_ahead, number // 2)


def live(sampler: Sampler, name: str, number: int, pool: Pool, kept: int, random_seed: int, size: int) -> list[Sample]:
    """What a round shows of the pool as it stood when the stage had made so many tasks."""
    return sampler.sample(pool.before(name, kept), stream(random_seed, name, number), size, name)


def listed(sampler: Sampler, name: str, generation: int, pool: Pool, kept: int, random_seed: int) -> list[Sample]:
    """All that a generation shows, drawn from the pool as it stood when the stage had made so many tasks.

    The tasks made of it say of which generation they are.
    """
    before = pool.before(name, kept)
    drawn = sampler.sample(before, stream(random_seed, name, generation), len(before), name)
    return [replace(sample, attributes={**sample.attributes, "generation": generation}) for sample in drawn]
