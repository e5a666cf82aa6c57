"""The words of a round: what travels between sampler, prompt, parser, filters, pool and trackers.

What travels to a model and back stands in `selfinstruct.request`.  One round is one turn of sample, render, complete,
parse, filter, pool.  Everything here is frozen data; the only logic is the arithmetic of a round, which holds to the
last candidate: `candidates = kept + rejected`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from selfinstruct.task import Instance, Task

PARSE = "parse"
"""The name under which a reply or a piece of it that cannot be read is rejected."""
MODEL = "model"
"""The name under which a request is rejected that the model did not answer."""
SURPLUS = "surplus"
"""The name under which a candidate is rejected that was asked for and is not needed any more."""
LEAKED = "control_tokens"
"""The figure of a round that counts the replies with control tokens in them; a round without any does not have it."""
OWN = {
    *("stage", "round", "generation", "asked", "failed", "candidates", "parsed", "kept"),
    *("pool", "prompt_tokens", "completion_tokens", "cost_usd", "end", "ended", "source"),
}
"""The names in the row of a round that are its own, beside those with a slash; every other one is a metric's."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one prompt shows: the template's variables, and the tasks they come from."""

    variables: Mapping[str, Any]
    parents: tuple[str, ...] = ()
    """The ids of the tasks shown as examples."""
    task: Task | None = None
    """The task to complete, where the prompt is about one."""
    input: str | None = None
    """The input that the prompt is about, where it is about one only: what is answered is an instance more of the task,
    and other inputs of it are asked about beside."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What the sampler drew beside (an operation, a generation); the tasks made of it have it, and the rejections."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a reply proposes and no filter has judged yet.

    From a Grow stage it is a new instruction; from an Annotate stage it is about a task of the pool: an answer to
    "is it classification?", or one instance beside the others of the same reply.
    """

    instruction: str = ""
    is_classification: bool | None = None
    instances: tuple[Instance, ...] = ()
    """All instances of the reply, in order."""
    position: int = 0
    """Which of `instances` is judged."""
    truncated: bool = False
    """Whether the reply broke off inside this candidate."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What the reply says of the task beside (a judge's verdict), as JSON; a task that is completed takes it in."""

    @property
    def instance(self) -> Instance | None:
        """The instance that is judged, if any."""
        return self.instances[self.position] if self.instances else None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A candidate, or a piece of a reply, that was turned away, and why."""

    filter: str
    """The name of the filter, or `parse`, `model`, `surplus`."""
    reason: str
    text: str = ""
    """What was turned away, as the model wrote it, where it is no candidate."""
    candidate: Candidate | None = None
    task: str | None = None
    """The id of the task it was about, in Annotate stages."""
    request: str = ""
    nearest: tuple[str, float] | None = None
    """The nearest task and its ROUGE-L F, where similarity decided."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What the sampler drew for its prompt, and what the reply says beside."""

    def row(self, stage: str, number: int) -> dict[str, Any]:
        """The rejection as a line of `rejected.jsonl`; keys that do not apply are left out."""
        row: dict[str, Any] = {"stage": stage, "round": number, "request": self.request}
        row |= {"filter": self.filter, "reason": self.reason}
        if self.task is not None:
            row["task"] = self.task
        if self.candidate is None:
            row["text"] = self.text
        else:
            row["instruction"] = self.candidate.instruction
            if self.candidate.instance is not None:
                row["input"] = self.candidate.instance.input
                row["output"] = self.candidate.instance.output
        if self.nearest is not None:
            row["nearest"] = list(self.nearest)
        if self.attributes:
            row["attributes"] = dict(self.attributes)
        return row


class End(StrEnum):
    """Why a stage has ended.  A run that stops before that, by its budget say, has ended none."""

    TARGET = "target"
    """Enough tasks are kept."""
    SATURATED = "saturated"
    """Nothing new came."""
    GENERATION = "generation"
    """All that a generation shows was asked."""
    HANDLED = "handled"
    """No task lacks what the stage fills, but for those that it gave up."""
    READ = "read"
    """Every row of the data was read."""
    RECORDED = "recorded"
    """All recorded replies were used."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a stage."""

    end: End
    text: str
    """The same as words for people."""


@dataclass(frozen=True)
class Round:
    """One turn of a stage: its figures, and what it kept and rejected."""

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
    """None as soon as they are not known of one reply; so are the next two."""
    completion_tokens: int | None
    cost_usd: float | None
    """US dollars."""
    seconds: float = 0.0
    """From the commit of the round before to its own."""
    end: End | None = None
    """Why the stage ended with this round, if it did."""
    ended: str | None = None
    """The same as words for people."""
    generation: int | None = None
    """The generation that it belongs to, in a stage that goes by generations."""
    samples: tuple[Sample, ...] = ()
    """What its prompts showed, one a request, in the order read; not known of a round that is read from its files."""
    figures: Mapping[str, float | int] = field(default_factory=dict)
    """What the metrics of its stage give, under the names that they give, and `control_tokens` where there are any."""
    source: str | None = None
    """The SHA-256 of the annotated data that its rows were read from, if they were."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Bytes of the run's other files when the round was committed; what lies beyond them never happened."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """A hash of each of these files up to there, and of the round's own line (`selfinstruct.storage.hashes`)."""

    @property
    def candidates(self) -> int:
        """Everything the round had to decide about; equals kept plus rejected."""
        return self.kept + len(self.rejections)

    def concluded(self, ending: Ending | None) -> "Round":
        """The round as the last of its stage, where there is an ending."""
        return self if ending is None else replace(self, end=ending.end, ended=ending.text)

    def row(self) -> dict[str, Any]:
        """The figures, as a line of `rounds.jsonl`: all but the time it took, which is no result of the run."""
        rejected: dict[str, int] = {}
        for rejection in self.rejections:
            rejected[f"rejected/{rejection.filter}"] = rejected.get(f"rejected/{rejection.filter}", 0) + 1
        return {
            "stage": self.stage,
            "round": self.number,
            **({} if self.generation is None else {"generation": self.generation}),
            "asked": self.asked,
            "failed": self.failed,
            "candidates": self.candidates,
            "parsed": self.parsed,
            "kept": self.kept,
            **dict(sorted(rejected.items())),
            "pool": self.pool,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost_usd": self.cost_usd,
            **self.figures,
            **({} if self.end is None else {"end": self.end.value}),
            **({} if self.ended is None else {"ended": self.ended}),
            **({} if self.source is None else {"source": self.source}),
            **{f"bytes/{name}": size for name, size in self.sizes.items()},
            **{f"sha256/{name}": found for name, found in self.hashes.items()},
        }
