"""Show human tasks and some that the run has made itself.

Self-Instruct, section 2.2: a prompt shows 6 human-written tasks and 2 of the model's own, shuffled together.  While
there are fewer of its own, human ones take their place.
"""

from random import Random
from typing import Annotated

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.task import HUMAN


@part
class Mixed:
    """Draws without replacement from the seeds and from what the stage has made."""

    human: Annotated[int, Field(ge=0)]
    """Seed tasks in each prompt."""
    machine: Annotated[int, Field(ge=0)]
    """Tasks made by the stage in each prompt; human ones stand in while there are not so many."""

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """Return `count` samples with the variable `tasks`."""
        return [self.draw(pool, rng, pool.of(stage)) for _ in range(count)]

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return what the first prompt shows; raises ValueError if the seeds are too few, or nothing is shown."""
        seeds = len(pool.of(HUMAN))
        if self.human + self.machine == 0:
            raise ValueError("wants no task at all. Set {key}.human=6")
        if self.human > seeds:
            raise ValueError(
                f"wants {self.human} human tasks, but seeds has {seeds}. Set {{key}}.human={seeds} or add seeds"
            )
        return self.draw(pool, rng, [])

    def draw(self, pool: Pool, rng: Random, made: list[str]) -> Sample:
        """Return one sample; `made` are the tasks of the run's own that may be shown."""
        machine = rng.sample(made, min(self.machine, len(made)))
        seeds = pool.of(HUMAN)
        human = rng.sample(seeds, min(self.human + self.machine - len(machine), len(seeds)))
        parents = machine + human
        rng.shuffle(parents)
        return Sample(variables={"tasks": [pool[parent] for parent in parents]}, parents=tuple(parents))
