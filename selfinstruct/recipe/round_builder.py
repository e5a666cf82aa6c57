"""A round while it is being built, and how its candidates are judged; every kind of stage uses it.

The account holds to the last candidate: everything in a reply is either kept or a rejection with its reason.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from selfinstruct.budget import NOTHING, Usage, used
from selfinstruct.errors import ConfigError
from selfinstruct.filters import ExplainingFilter, Filter, NeighborFilter, VectorFilter
from selfinstruct.metrics import Metric
from selfinstruct.model import ModelClient, Replies
from selfinstruct.pool import Pool
from selfinstruct.prompt.control_tokens import leaks
from selfinstruct.prompt.prompt import Prompt
from selfinstruct.recipe import StageContext
from selfinstruct.recipe.outcome import Outcome
from selfinstruct.request import Completion, Request
from selfinstruct.round import CACHED, COSINE, IGNORED, LEAKED, MODEL, Candidate, Ending, Rejection, Round, Sample
from selfinstruct.task import Task
from selfinstruct.text.finish_reason import FinishKind

Answered: TypeAlias = tuple[Sample, str, list[Candidate | Rejection]]
"""A sample, the id of the request that asked about it, and everything in the reply, in order."""
SAME = (
    *("stage", "number", "generation", "source", "asked", "failed", "parsed", "kept"),
    *("prompt_tokens", "completion_tokens", "cost_usd"),
)
"""The fields that a finished round takes over."""
WHY_EMPTY: Mapping[FinishKind, str] = {
    "cut off": "a limit was reached before any text (raise max_tokens of the prompt's decoding)",
    "tool call": "the model called a tool",
}
"""Why there is no text, where the provider says so: a reasoning model may use up max_tokens before it answers."""


@dataclass
class RoundBuilder:
    """A round while it is being built."""

    stage: str
    number: int
    model: str = ""
    generation: int | None = None
    source: str | None = None
    asked: int = 0
    failed: int = 0
    parsed: int = 0
    kept: int = 0
    leaked: int = 0
    cached: int = 0
    ignored: int = 0
    tasks: dict[str, Task] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    cost_usd: float | None = 0.0

    @property
    def candidates(self) -> int:
        """Return how many candidates were decided about so far."""
        return self.kept + len(self.rejections)

    def ask(
        self, prompt: Prompt, context: StageContext, samples: Sequence[Sample], attempt: int = 1, attempts: int = 1
    ) -> "PendingReplies":
        """Ask one question for each sample, as far as the budget allows; replies are read when they are taken.

        Each question may be asked `attempts` times, this attempt included; enough for all of them is reserved.
        """
        model = context.model
        try:
            requests = [
                prompt.render(sample, model.mode == "chat", self.stage, self.number, number, attempt)
                for number, sample in enumerate(samples, self.asked + 1)
            ]
        except ValueError as error:
            raise ConfigError([f"recipe.{self.stage}.prompt.{error}."]) from None
        count, once = context.budget.reserve(requests, model.pricing, attempts)
        self.asked += count
        questions = list(zip(samples, requests[:count], strict=False))
        return PendingReplies(self, prompt, context, questions, model.complete(requests[:count]), once, attempts)

    def read(self, prompt: Prompt, completion: Completion, sample: Sample, chat: bool) -> list[Candidate | Rejection]:
        """Count a completion, and return everything in it, in order."""
        self.samples.append(sample)
        if completion.failure is not None:
            self.failed += 1
            return [Rejection(filter=MODEL, reason=completion.failure.message)]
        self.prompt_tokens = plus(self.prompt_tokens, completion.prompt_tokens)
        self.completion_tokens = plus(self.completion_tokens, completion.completion_tokens)
        self.cost_usd = plus(self.cost_usd, completion.cost_usd)
        self.cached += completion.cached_tokens or 0
        if completion.is_untrusted:  # from a store of an earlier version; models raise it and ask again
            return [Rejection(filter=MODEL, reason=f"the reply ended with {completion.finish_reason!r}")]
        self.leaked += leaks(completion.text)
        self.ignored += prompt.held is not None and prompt.held.is_ignored(completion)
        found = prompt.parse(completion, sample, chat)
        if not completion.text.strip() and (why := WHY_EMPTY.get(completion.finish_kind)):
            found = [
                replace(piece, reason=f"{piece.reason}: {why}") if isinstance(piece, Rejection) else piece
                for piece in found
            ]
        self.parsed += sum(isinstance(piece, Candidate) for piece in found)
        return found

    def reject(self, rejection: Rejection, request: str, sample: Sample) -> None:
        """Count a rejection, with the request it came from, the task it is about, and what was drawn for it."""
        said = rejection.candidate.attributes if rejection.candidate else {}
        task = sample.task.id if sample.task else None
        attributes = {**sample.attributes, **said, **rejection.attributes}
        self.rejections.append(replace(rejection, request=request, task=task, attributes=attributes))

    def keep(self, task: Task) -> None:
        """Store the newest version of a task that the round made or changed."""
        self.tasks[task.id] = task

    def done(self, pool: Pool, metrics: Mapping[str, Metric] | None = None, ending: Ending | None = None) -> Round:
        """Return the finished round, with what the metrics say of it and why its stage ends with it, if it does."""
        figures: dict[str, float | int] = {}
        round_ = Round(
            **{name: getattr(self, name) for name in SAME},
            tasks=tuple(self.tasks.values()),
            rejections=tuple(self.rejections),
            pool=len(pool),
            end=ending.end if ending else None,
            ended=ending.text if ending else None,
            samples=tuple(self.samples),
            figures=figures,
        )
        for metric in (metrics or {}).values():
            figures.update(metric.figures(round_, pool))
        counts = ((LEAKED, self.leaked), (IGNORED, self.ignored), (CACHED, self.cached))
        figures |= {name: count for name, count in counts if count}
        return round_


@dataclass
class PendingReplies:
    """The replies to the questions of a round, in order."""

    builder: RoundBuilder
    prompt: Prompt
    context: StageContext
    questions: Sequence[tuple[Sample, Request]]
    replies: Replies
    once: Usage
    attempts: int

    def __len__(self) -> int:
        """Return how many questions were asked."""
        return len(self.questions)

    def __iter__(self) -> Iterator[Answered]:
        """Yield each as soon as its reply is there."""
        taken = []
        for (sample, request), completion in zip(self.questions, self.replies, strict=True):
            taken.append(completion)
            yield sample, request.id, self.builder.read(self.prompt, completion, sample, request.chat)
        answered = [completion for completion in taken if completion.failure is None]
        if any(None in (completion.prompt_tokens, completion.completion_tokens) for completion in answered):
            self.context.budget.report_unknown("tokens")
        if any(completion.cost_usd is None for completion in answered):
            self.context.budget.report_unknown("usd")
        spent = [self._spent(request, reply) for (_, request), reply in zip(self.questions, taken, strict=True)]
        self.context.budget.settle(self.once, sum(spent, NOTHING), self.attempts)

    def _spent(self, request: Request, reply: Completion) -> Usage:
        if reply.failure is not None:
            return Usage(1)
        tokens = plus(reply.prompt_tokens, reply.completion_tokens)
        return used(tokens, reply.cost_usd, self.context.budget.at_most(request, self.context.model.pricing))

    def close(self) -> None:
        """Give the replies up: requests that were not sent yet are not sent, the others count as spent."""
        self.replies.close()
        self.context.budget.settle(self.once, self.once, self.attempts)


N = TypeVar("N", int, float)


def plus(total: N | None, value: N | None) -> N | None:
    """Return the sum; None as soon as one value is unknown."""
    return None if total is None or value is None else total + value


def judge(candidate: Candidate, filters: Mapping[str, Filter], pool: Pool) -> Rejection | None:
    """Return the rejection by the first filter that has a reason, or None if all let the candidate pass."""
    for name, filter_ in filters.items():
        reason = filter_.reject(candidate, pool)
        if reason is not None:
            nearest = filter_.nearest(candidate, pool) if isinstance(filter_, NeighborFilter | VectorFilter) else None
            found = Rejection(filter=name, reason=reason, candidate=candidate, nearest=nearest)
            if isinstance(filter_, VectorFilter):
                return replace(found, score=COSINE)
            facts = filter_.facts(candidate, pool) if isinstance(filter_, ExplainingFilter) else {}
            return replace(found, attributes=facts)
    return None


def prepare(
    candidates: Sequence[Candidate],
    filters: Mapping[str, Filter],
    pool: Pool,
    embedders: Mapping[str, ModelClient],
) -> None:
    """Have the filters that compare vectors ask for those of a round together, as far as the others let it pass."""
    left, names = list(candidates), [name for name, one in filters.items() if isinstance(one, VectorFilter)]
    for name, filter_ in filters.items():
        if isinstance(filter_, VectorFilter):
            filter_.prepare([candidate.instruction for candidate in left], pool, embedders[name])
            if name == names[-1]:
                return
        left = [candidate for candidate in left if filter_.reject(candidate, pool) is None]


def measured(tasks: Sequence[Task], filters: Mapping[str, Filter], pool: Pool) -> list[Task]:
    """Return new tasks of the pool with their nearest neighbors, by the first filter that measures them."""
    for filter_ in filters.values():
        if isinstance(filter_, VectorFilter):
            tasks = [replace(task, attributes={**task.attributes, **filter_.attributes(task, pool)}) for task in tasks]
    for filter_ in filters.values():
        if isinstance(filter_, NeighborFilter):
            return [
                replace(task, most_similar=near.nearest, average_similarity=near.average)
                for task, near in zip(tasks, filter_.measure(tasks, pool), strict=True)
            ]
    return list(tasks)
