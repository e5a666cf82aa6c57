"""Plan what a dataset is about: each prompt asks for tasks on one topic, and may be written for a persona.

Each topic has a quota, its share of all tasks by weight.  A prompt is drawn for a topic as often as tasks are missing
from its quota, so that the topic that lacks most is asked for most; a topic that has its quota is asked for no more.
Rejected: to ask for the topic that lacks most only.  Rounds overlap, and until the replies to the first are read, all
would ask for the same one.  What comes for a topic that has become full is rejected by the filter `quota`.

Prompts show the run's own tasks on the same topic, so that a model sees what there is already.
"""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from random import Random
from typing import Annotated, Self

from pydantic import Field, model_validator

from selfinstruct.part import part
from selfinstruct.pool import TOPIC, Pool, quotas
from selfinstruct.round import Sample
from selfinstruct.sampler.mixed import Mixed

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@part
class Topics:
    """Draws a topic that lacks tasks, a persona, and the tasks that a prompt shows."""

    human: Annotated[int, Field(ge=0)]
    """Seed tasks in each prompt."""
    machine: Annotated[int, Field(ge=0)]
    """Tasks made by the stage on the same topic in each prompt; human ones stand in while there are not so many."""
    topics: dict[str, Weight]
    """Topic to weight: its share of the tasks, beside the others; 0 for none. Empty to plan no topics."""
    personas: dict[str, Weight]
    """Persona to weight: how often a prompt is written for it, beside the others. Empty for no personas."""
    total: Annotated[int, Field(ge=1)]
    """Tasks that the quotas add up to."""

    @model_validator(mode="after")
    def _draws_some(self) -> Self:
        for name, weights in (("topic", self.topics), ("persona", self.personas)):
            if weights and not any(weights.values()):
                raise ValueError(f"has no {name} with a weight above 0")
        return self

    def sample(self, pool: Pool, rng: Random, count: int, stage: str) -> list[Sample]:
        """Return `count` samples with the variables `tasks`, `topic` and `persona`; none when all topics are full."""
        own: dict[str, list[str]] = {}
        for made in pool.of(stage):
            own.setdefault(pool[made].attributes.get(TOPIC, ""), []).append(made)
        wanted = quotas(self.topics, self.total)
        lacking = {topic: quota - len(own.get(topic, ())) for topic, quota in wanted.items()}
        topics = drawn(lacking, rng, count) if self.topics else [""] * count
        return [self._draw(pool, rng, topic, own.get(topic, [])) for topic in topics]

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """Return what the first prompt shows; raises ValueError if the seeds are too few, or nothing is shown."""
        self._examples.preview(pool, rng)
        return self.sample(pool, rng, 1, "")[0]

    @property
    def _examples(self) -> Mixed:
        return Mixed(human=self.human, machine=self.machine)

    def _draw(self, pool: Pool, rng: Random, topic: str, own: list[str]) -> Sample:
        names = list(self.personas)
        persona = rng.choices(names, list(self.personas.values()))[0] if names else ""
        shown = self._examples.draw(pool, rng, own)
        said = {TOPIC: topic, "persona": persona}
        attributes = {key: text for key, text in said.items() if text}
        return Sample(variables={**shown.variables, **said}, parents=shown.parents, attributes=attributes)


def drawn(lacking: Mapping[str, int], rng: Random, count: int) -> list[str]:
    """Return topics at equal steps over all that is missing, from a random start; none where nothing is missing."""
    missing = {topic: number for topic, number in lacking.items() if number > 0}
    names, ends = list(missing), list(accumulate(missing.values()))
    if not names:
        return []
    start = rng.randrange(ends[-1])
    places = ((start + step * ends[-1] // count) % ends[-1] for step in range(count))
    return [names[bisect_right(ends, place)] for place in places]
