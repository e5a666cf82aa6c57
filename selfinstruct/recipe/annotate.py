"""Complete every task that lacks something.

Self-Instruct, section 2.2, steps 2 and 3: ask whether a task is classification, and have instances generated.  One
round asks about a number of tasks.  A reply that cannot be read, or of which nothing passes the filters, is a rejection
and the question is asked again; after `attempts` the task is left as it is, and says so in `gave_up`.  The reference
code takes an unreadable answer for a No, and a failed request for a finished task.
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
from selfinstruct.recipe.turn import Turn, judge
from selfinstruct.round import SURPLUS, Candidate, Rejection, Request, Round, Sample
from selfinstruct.sampler import Sampler
from selfinstruct.task import Instance, Task


@part
class Annotate:
    """Fills what tasks lack: whether they are classification, or their instances."""

    requests_per_round: Annotated[int, Field(ge=1)]
    """Tasks asked about in a round."""
    attempts: Annotated[int, Field(ge=1)]
    """How often a question is asked before its task is given up."""
    instances: Annotated[int, Field(ge=1)] | None
    """The most instances a task may have; the template sees it. Null where the stage makes none."""
    sampler: Sampler
    prompt: Prompt
    filters: dict[str, Filter] = Field(default_factory=dict)
    """What a candidate must pass, in this order; Hydra leaves the key out where none is chosen."""
    model: Model | None
    """The model to ask; null for the run's."""

    @property
    def target(self) -> int | None:
        """Not known beforehand."""
        return None

    def preview(self, pool: Pool, rng: Random) -> Sample:
        """What a prompt of this stage would show, for a pool that holds only seeds."""
        return self._widen(self.sampler.preview(pool, rng))

    def rounds(
        self, name: str, pool: Pool, model: Model, random_seed: int, past: Sequence[Mapping[str, Any]]
    ) -> Iterator[Round]:
        """Rounds until no task lacks what the stage fills."""
        number = len(past) + 1
        samples = self._draw(name, number, pool, random_seed)
        while samples:
            turn = Turn(name, number, model.name)
            for attempt in range(1, self.attempts + 1):
                samples = self._ask(samples, turn, pool, model, attempt)
            self._give_up(samples, turn, pool)
            number += 1
            samples = self._draw(name, number, pool, random_seed)
            yield turn.done(pool, None if samples else "nothing left to do")

    def _draw(self, name: str, number: int, pool: Pool, random_seed: int) -> list[Sample]:
        rng = stream(random_seed, name, number)
        return [self._widen(sample) for sample in self.sampler.sample(pool, rng, self.requests_per_round, name)]

    def _widen(self, sample: Sample) -> Sample:
        return replace(sample, variables={**sample.variables, "instances": self.instances})

    def _ask(self, samples: list[Sample], turn: Turn, pool: Pool, model: Model, attempt: int) -> list[Sample]:
        """Ask about each; the samples whose task is as it was."""
        unanswered = []
        if samples:
            for sample, request, found in turn.ask(self.prompt, model, samples, attempt):
                if not self._answer(found, subject(sample), request, turn, pool):
                    unanswered.append(sample)
        return unanswered

    def _answer(self, found: list[Candidate | Rejection], task: Task, request: Request, turn: Turn, pool: Pool) -> bool:
        """Judge all that a reply holds, and put what passed into the task; whether anything did."""
        pieces = [
            replace(piece, instruction=task.instruction) if isinstance(piece, Candidate) else piece for piece in found
        ]
        verdicts = iter(self._judge([piece for piece in pieces if isinstance(piece, Candidate)], pool))
        kept: list[Candidate] = []
        for piece in pieces:
            rejection = piece if isinstance(piece, Rejection) else next(verdicts) or self._surplus(piece, len(kept))
            if rejection is not None:
                turn.reject(rejection, request, task)
            elif isinstance(piece, Candidate):
                kept.append(piece)
        if kept:
            turn.kept += len(kept)
            answered = replace(completed(task, kept), models={**task.models, turn.stage: turn.model})
            pool.put(answered)
            turn.keep(answered)
        return bool(kept)

    def _judge(self, candidates: list[Candidate], pool: Pool) -> list[Rejection | None]:
        """Filter by filter, so that an instance which one has rejected cannot contradict a sound one in the next."""
        verdicts: list[Rejection | None] = [None] * len(candidates)
        for name, filter_ in self.filters.items():
            alive = [place for place, verdict in enumerate(verdicts) if verdict is None]
            instances = tuple(found for place in alive if (found := candidates[place].instance) is not None)
            for position, place in enumerate(alive):
                candidate = replace(candidates[place], instances=instances, position=position if instances else 0)
                verdicts[place] = judge(candidate, {name: filter_}, pool)
        return verdicts

    def _surplus(self, candidate: Candidate, kept: int) -> Rejection | None:
        most = self.instances if candidate.instances else 1
        if most is None or kept < most:
            return None
        return Rejection(filter=SURPLUS, reason=f"{most} are kept", candidate=candidate)

    def _give_up(self, samples: list[Sample], turn: Turn, pool: Pool) -> None:
        for sample in samples:
            task = pool[subject(sample).id]
            reason = next(
                (f"{last.filter}: {last.reason}" for last in reversed(turn.rejections) if last.task == task.id), ""
            )
            task = replace(task, gave_up={**task.gave_up, turn.stage: reason})
            pool.put(task)
            turn.keep(task)


def subject(sample: Sample) -> Task:
    """The task that a sample is about; raises ValueError if it is about none."""
    if sample.task is None:
        raise ValueError("Annotate needs a sampler that gives tasks to complete")
    return sample.task


def completed(task: Task, kept: Sequence[Candidate]) -> Task:
    """The task with what the candidates say of it."""
    instances: list[Instance] = [candidate.instance for candidate in kept if candidate.instance is not None]
    answers = [candidate.is_classification for candidate in kept if candidate.is_classification is not None]
    return replace(
        task,
        instances=tuple(instances) if instances else task.instances,
        is_classification=answers[0] if answers else task.is_classification,
    )
