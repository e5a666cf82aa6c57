"""What came of a question about a task, and what the task is afterwards.

The answer to one input of a task (Instruction Induction executes an instruction on a hundred) is one more instance, and
an input that is given up is stored with the reason; a task that is given up as a whole stores that itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from selfinstruct.recipe.alternatives import drawn, with_chosen
from selfinstruct.round import Candidate, Rejection, Sample
from selfinstruct.task import ALTERNATIVES, REJECTED, UNANSWERED, Instance, Task


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a sample: the candidates kept of its reply, or the rejection of the last one."""

    sample: Sample
    kept: tuple[Candidate, ...] = ()
    rejection: Rejection | None = None
    is_drawn: bool = False
    """Whether the candidates are several answers to the same question, of which one is to be chosen."""

    @property
    def reason(self) -> str:
        """Why nothing was kept."""
        return f"{self.rejection.filter}: {self.rejection.reason}" if self.rejection else ""


def subject(sample: Sample) -> Task:
    """Return the task that a sample is about; raises ValueError if it is about none."""
    if sample.task is None:
        raise ValueError("Annotate needs a sampler that gives tasks to complete")
    return sample.task


def last_rejection(sample: Sample, rejections: Sequence[Rejection]) -> Rejection | None:
    """Return the rejection of the last candidate for a sample."""
    for last in reversed(rejections):
        same_input = sample.input is None or last.attributes.get("input") == sample.input
        if last.task == subject(sample).id and same_input:
            return last
    return None


def together(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return one outcome for each task: all answers to it that were kept, or why the last was rejected."""
    by_task: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_task.setdefault(subject(outcome.sample).id, []).append(outcome)
    return [
        replace(found[-1], kept=tuple(candidate for one in found for candidate in one.kept), is_drawn=True)
        for found in by_task.values()
    ]


def apply_outcome(task: Task, outcome: Outcome, stage: str, model: str) -> Task:
    """Return the newest version of a task with the outcome of a question about it."""
    if outcome.kept:
        adds = outcome.sample.input is not None
        done = drawn(task, outcome.kept) if outcome.is_drawn else completed(task, outcome.kept, adds)
        return replace(done, models={**task.models, stage: model})
    if outcome.sample.input is None:
        failed = replace(task, failed_stages={**task.failed_stages, stage: outcome.reason})
        return rejected(failed, outcome.rejection, stage, model)
    unanswered = {**task.unanswered, outcome.sample.input: outcome.reason}
    return replace(task, attributes={**task.attributes, UNANSWERED: unanswered})


def rejected(task: Task, rejection: Rejection | None, stage: str, model: str) -> Task:
    """Return an answered task with the verdict that a filter rejects it by; any other task as it is."""
    candidate = None if rejection is None else rejection.candidate
    if rejection is None or candidate is None or candidate.instances or not task.is_answered:
        return task
    attributes = {**task.attributes, **candidate.attributes, REJECTED: {stage: rejection.filter}}
    return replace(task, attributes=attributes, models={**task.models, stage: model})


def completed(task: Task, kept: Sequence[Candidate], adds: bool = False) -> Task:
    """Return the task with what the candidates say of it; their instances replace its own, or are added to them."""
    instances: list[Instance] = [candidate.instance for candidate in kept if candidate.instance is not None]
    answers = [candidate.is_classification for candidate in kept if candidate.is_classification is not None]
    attributes = [candidate.attributes for candidate in kept]
    before = (task.instances or ()) if adds else ()
    done = replace(
        task,
        instances=(*before, *instances) if instances else task.instances,
        is_classification=answers[0] if answers else task.is_classification,
        attributes={**task.attributes, **{key: said[key] for said in attributes for key in said}},
    )
    return with_chosen(done) if any(ALTERNATIVES in said for said in attributes) else done
