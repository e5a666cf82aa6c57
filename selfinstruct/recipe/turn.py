"""What one turn of a stage counts, and how its candidates are judged; shared by both kinds of stage.

The account holds to the last candidate: whatever a reply holds is either kept or a rejection with its reason.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from selfinstruct.errors import ConfigError
from selfinstruct.filters import Filter, Measuring, Neighbours
from selfinstruct.model import Model
from selfinstruct.pool import Pool
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.round import MODEL, Candidate, Completion, Rejection, Request, Round, Sample
from selfinstruct.task import Task


@dataclass
class Turn:
    """A round while it is being made."""

    stage: str
    number: int
    model: str
    asked: int = 0
    failed: int = 0
    parsed: int = 0
    kept: int = 0
    tasks: dict[str, Task] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = 0.0
    began: float = field(default_factory=time.perf_counter)

    def ask(
        self, prompt: Prompt, model: Model, samples: Sequence[Sample], attempt: int = 1
    ) -> Iterator[tuple[Sample, Request, list[Candidate | Rejection]]]:
        """Ask one question a sample; each sample with its request and all that the reply holds, in order."""
        chat = model.mode == "chat"
        first = self.asked + 1
        try:
            requests = [
                prompt.render(sample, chat, self.stage, self.number, number, attempt)
                for number, sample in enumerate(samples, first)
            ]
        except ValueError as error:
            raise ConfigError([f"recipe.{self.stage}.prompt.{error}."]) from None
        self.asked += len(requests)
        for sample, request, completion in zip(samples, requests, model.complete(requests), strict=True):
            yield sample, request, self._read(prompt, completion, sample, chat)

    def _read(self, prompt: Prompt, completion: Completion, sample: Sample, chat: bool) -> list[Candidate | Rejection]:
        self.prompt_tokens += completion.prompt_tokens or 0
        self.completion_tokens += completion.completion_tokens or 0
        if completion.failure is not None:
            self.failed += 1
            return [Rejection(filter=MODEL, reason=completion.failure.message)]
        unknown = self.cost_usd is None or completion.cost_usd is None
        self.cost_usd = None if unknown else (self.cost_usd or 0.0) + (completion.cost_usd or 0.0)
        found = prompt.parse(completion, sample, chat)
        self.parsed += sum(isinstance(piece, Candidate) for piece in found)
        return found

    def reject(self, rejection: Rejection, request: Request, task: Task | None = None) -> None:
        """Count a rejection, with the request it came from and the task it is about."""
        self.rejections.append(replace(rejection, request=request.id, task=task.id if task else None))

    def keep(self, task: Task) -> None:
        """Note the newest version of a task that the round made or changed."""
        self.tasks[task.id] = task

    def done(self, pool: Pool, ended: str | None = None) -> Round:
        """The round as it is logged."""
        return Round(
            stage=self.stage,
            number=self.number,
            asked=self.asked,
            failed=self.failed,
            parsed=self.parsed,
            kept=self.kept,
            tasks=tuple(self.tasks.values()),
            rejections=tuple(self.rejections),
            pool=len(pool),
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            cost_usd=self.cost_usd,
            seconds=time.perf_counter() - self.began,
            ended=ended,
        )


def judge(candidate: Candidate, filters: Mapping[str, Filter], pool: Pool) -> Rejection | None:
    """The rejection by the first filter that has a reason, or None if all let the candidate pass."""
    for name, filter_ in filters.items():
        reason = filter_.reject(candidate, pool)
        if reason is not None:
            near = filter_.measure(candidate, pool).nearest[:1] if isinstance(filter_, Measuring) else ()
            return Rejection(filter=name, reason=reason, candidate=candidate, nearest=near[0] if near else None)
    return None


def neighbours(candidate: Candidate, filters: Mapping[str, Filter], pool: Pool) -> Neighbours | None:
    """How near the candidate is to the pool, by the first filter that measures it."""
    for filter_ in filters.values():
        if isinstance(filter_, Measuring):
            return filter_.measure(candidate, pool)
    return None
