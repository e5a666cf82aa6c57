"""What travels between sampler, prompt, parser, filters, pool and trackers, as frozen data.

One round is sample, render, complete, parse, filter, pool, and `candidates = kept + rejected`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from selfinstruct.task import Instance, Task

PARSE = "parse"
"""The name under which a reply or a piece of it that cannot be read is rejected."""
MODEL = "model"
"""The name under which a request is rejected that the model did not answer."""
SURPLUS = "surplus"
"""The name under which a candidate is rejected when enough are kept."""
ROUGE_L, COSINE = "ROUGE-L", "cosine"
"""What the score of a nearest task measures; the first where a rejection does not say."""
LEAKED = "control_tokens"
"""The figure that counts the replies of a round with control tokens in them; left out where it would be 0."""
CACHED = "cached_tokens"
"""The figure that counts the tokens of a round's prompts that providers had in their caches; left out where it is 0."""
LEAK = "The server leaks its control tokens into replies; check its chat template. They are cut out before parsing."
"""What is reported of it, once a run."""
IGNORED = "schema_ignored"
"""The figure that counts the whole replies of a round that are not JSON of the schema sent; left out where it is 0."""
NO_SCHEMA = (
    "Some replies are not JSON of the schema that was sent, and are read as text: the server ignores response_format,"
    " or the model declined. summary.json counts them (schema_ignored); if it is all of them, set structured=false."
)
"""What is reported of it, once a run."""
OWN = {
    *("stage", "round", "generation", "asked", "failed", "candidates", "parsed", "kept"),
    *("pool", "prompt_tokens", "completion_tokens", "cost_usd", "end", "ended", "source", "filter_files"),
}
"""The names without a slash in the row of a round that are its own; every other one is a metric's."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one prompt shows: the template's variables, and the tasks that they come from."""

    variables: Mapping[str, Any]
    parents: tuple[str, ...] = ()
    """The ids of the tasks shown as examples."""
    task: Task | None = None
    """The task to complete, where the prompt is about one."""
    input: str | None = None
    """The input that the prompt is about, where it is about one only: its answer is added to the task's instances."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What else the sampler drew (an operation, a generation); tasks and rejections that come of it have it, too."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a reply proposes: a new instruction (Grow), or an answer or instance for a task of the pool (Annotate)."""

    instruction: str = ""
    is_classification: bool | None = None
    instances: tuple[Instance, ...] = ()
    """All instances of the reply, in order."""
    position: int = 0
    """Which of `instances` is judged."""
    truncated: bool = False
    """Whether the reply was cut off inside this candidate."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What else the reply says of the task (a judge's verdict), as JSON; a completed task takes it over. Filters of a
    new task see what the sampler drew here as well."""

    @property
    def instance(self) -> Instance | None:
        """Return the instance that is judged, if any."""
        return self.instances[self.position] if self.instances else None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A candidate, or a piece of a reply, that was rejected, and why."""

    filter: str
    """The name of the filter, or `parse`, `model`, `surplus`."""
    reason: str
    text: str = ""
    """The rejected text as the model wrote it, where it is not a candidate."""
    candidate: Candidate | None = None
    task: str | None = None
    """The id of the task it was about, in Annotate stages."""
    request: str = ""
    nearest: tuple[str, float] | None = None
    """The nearest task and its score, where similarity or meaning decided."""
    score: str = ROUGE_L
    """What that score measures."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What the sampler drew for its prompt, and what else the reply says."""

    @property
    def nearness(self) -> str:
        """Return the score with the nearest task as pages show it, with what it measures unless that is ROUGE-L."""
        if self.nearest is None:
            return ""
        return f"{self.nearest[1]:.2f}" if self.score == ROUGE_L else f"{self.score} {self.nearest[1]:.2f}"

    def row(self, stage: str, number: int) -> dict[str, Any]:
        """Return the rejection as a line of `rejected.jsonl`; keys that do not apply are left out."""
        candidate = self.candidate
        instance = candidate.instance if candidate else None
        return {
            "stage": stage,
            "round": number,
            "request": self.request,
            "filter": self.filter,
            "reason": self.reason,
            **({} if self.task is None else {"task": self.task}),
            **({"text": self.text} if candidate is None else {"instruction": candidate.instruction}),
            **({} if instance is None else {"input": instance.input, "output": instance.output}),
            **({} if self.nearest is None else {"nearest": list(self.nearest)}),
            **({} if self.nearest is None or self.score == ROUGE_L else {"score": self.score}),
            **({"attributes": dict(self.attributes)} if self.attributes else {}),
        }


class End(StrEnum):
    """Why a stage has ended.  A stage that the budget stopped has not ended."""

    TARGET = "target"
    """Enough tasks are kept."""
    SATURATED = "saturated"
    """Nothing new came."""
    GENERATION = "generation"
    """Everything that a generation shows was asked."""
    HANDLED = "handled"
    """No task lacks what the stage fills, except those that it gave up."""
    READ = "read"
    """Every row of the data was read."""
    RECORDED = "recorded"
    """All recorded replies were used."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a stage has ended, and the same in words."""

    end: End
    text: str


@dataclass(frozen=True)
class Round:
    """One round of a stage: its figures, and what it kept and rejected."""

    stage: str
    number: int
    """Counts the rounds of its stage, from 1."""
    asked: int
    """Requests."""
    failed: int
    """Requests that got no reply."""
    parsed: int
    """Candidates that could be read from the replies."""
    kept: int
    """Candidates that entered the pool: instructions, answers or instances, by the stage."""
    tasks: tuple[Task, ...]
    """The tasks made or changed, as they are after the round."""
    rejections: tuple[Rejection, ...]
    pool: int
    """Tasks in the pool after the round, seeds included."""
    prompt_tokens: int | None
    """None as soon as the figure of one reply is unknown; so are the next two."""
    completion_tokens: int | None
    cost_usd: float | None
    """US dollars."""
    seconds: float = 0.0
    """From the commit of the round before to the end of this one."""
    end: End | None = None
    """Why the stage ended with this round, if it did."""
    ended: str | None = None
    """The same in words."""
    generation: int | None = None
    """The generation that it belongs to, in a stage with generations."""
    samples: tuple[Sample, ...] = ()
    """What its prompts showed, one for each request; empty for a round that is read from its files."""
    figures: Mapping[str, float | int] = field(default_factory=dict)
    """What the metrics of its stage give, and `control_tokens` and `schema_ignored` where there are any."""
    source: str | None = None
    """The SHA-256 of the annotated data that its rows were read from, if any."""
    filter_files: str | None = None
    """The SHA-256 of what the filters of its stage have read from files, if any do."""

    @property
    def candidates(self) -> int:
        """Return how many candidates the round decided about: kept plus rejected."""
        return self.kept + len(self.rejections)

    def row(self) -> dict[str, Any]:
        """Return the figures as in `rounds.jsonl`, without the seconds: times are not a result of a run."""
        rejected = Counter(f"rejected/{rejection.filter}" for rejection in self.rejections)
        return {
            "stage": self.stage,
            "round": self.number,
            **({} if self.generation is None else {"generation": self.generation}),
            **{name: getattr(self, name) for name in ("asked", "failed", "candidates", "parsed", "kept")},
            **dict(sorted(rejected.items())),
            **{name: getattr(self, name) for name in ("pool", "prompt_tokens", "completion_tokens", "cost_usd")},
            **self.figures,
            **({} if self.end is None else {"end": self.end.value}),
            **{key: text for key in ("ended", "source", "filter_files") if (text := getattr(self, key)) is not None},
        }


@dataclass(frozen=True, kw_only=True)
class TrainingStep:
    """What was measured at a step of a training."""

    row: Mapping[str, Any]
    """The line of `training.jsonl`: step, epoch and tokens, then loss and learning rate, or the validation loss."""
    steps: int
    """The steps of the whole training."""
    tokens_per_second: float | None = None
    """Measured since the training began or resumed; None for a step of an earlier process."""
    seconds_left: float | None = None


def notices(row: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what is to be reported of a round's row that no earlier one gave reason to report."""
    known = {LEAKED: LEAK, IGNORED: NO_SCHEMA}
    return [text for name, text in known.items() if name in row and not any(name in before for before in earlier)]


def spelled(row: Mapping[str, Any]) -> str:
    """Return a row as it stands in the log."""
    return ", ".join(f"{key} {value}" for key, value in row.items())
