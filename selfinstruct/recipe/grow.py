"""Grow the pool until it holds enough.

Self-Instruct, section 2.2, step 1: show the model some tasks, read new instructions from what it writes, keep those
that pass the filters, and go round again.  A kept task is in the pool before the next candidate is judged, so that two
twins in one reply do not both pass.

The stage keeps exactly `until` tasks; what was asked for beyond that is recorded as surplus.  The reference code checks
its target only between batches and so overshoots, and when nothing passes any more it never ends: here `saturation`
ends the stage.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Annotated, Any

from pydantic import Field

from selfinstruct.filters import Filter
from selfinstruct.model import Model
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import stream
from selfinstruct.recipe.turn import Turn, judge, neighbours
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
    """Prompts in a round; all of them show the pool as it stood when the round began."""
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

    def rounds(
        self, name: str, pool: Pool, model: Model, random_seed: int, past: Sequence[Mapping[str, Any]]
    ) -> Iterator[Round]:
        """Rounds until there are enough tasks, or nothing new comes."""
        figures = list(past)
        while self._end(name, pool, figures) is None:
            turn = Turn(name, len(figures) + 1, model.name)
            rng = stream(random_seed, name, turn.number)
            samples = self.sampler.sample(pool, rng, self.requests_per_round, name)
            if not samples:
                return
            for sample, request, found in turn.ask(self.prompt, model, samples):
                for piece in found:
                    self._take(piece, sample, request, turn, pool)
            round_ = turn.done(pool)
            figures.append(round_.row())
            yield replace(round_, ended=self._end(name, pool, figures))

    def _end(self, name: str, pool: Pool, figures: Sequence[Mapping[str, Any]]) -> str | None:
        if len(pool.of(name)) >= self.until:
            return f"{self.until} kept"
        if self.saturation is not None and self.saturation.reached(figures):
            return f"saturated: at most {self.saturation.kept_share:.0%} kept in {self.saturation.rounds} rounds"
        return None

    def _take(self, piece: Candidate | Rejection, sample: Sample, request: Request, turn: Turn, pool: Pool) -> None:
        if isinstance(piece, Rejection):
            return turn.reject(piece, request)
        if len(pool.of(turn.stage)) >= self.until:
            return turn.reject(Rejection(filter=SURPLUS, reason=f"{self.until} are kept", candidate=piece), request)
        if rejection := judge(piece, self.filters, pool):
            return turn.reject(rejection, request)
        near = neighbours(piece, self.filters, pool)
        task = Task(
            id=pool.new_id(turn.stage),
            origin=turn.stage,
            instruction=piece.instruction,
            is_classification=piece.is_classification,
            instances=piece.instances or None,
            parents=sample.parents,
            round=turn.number,
            request=request.id,
            most_similar=near.nearest if near else (),
            average_similarity=near.average if near else None,
            models={turn.stage: turn.model},
        )
        pool.add(task)
        turn.keep(task)
        turn.kept += 1
        return None
