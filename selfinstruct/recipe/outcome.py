"""What came of a question about a task, and what the task is afterwards.

The answer to one input of a task (Instruction Induction executes an instruction on a hundred) is one more instance, and
an input that is given up is stored with the reason; a task that is given up as a whole stores that itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from selfinstruct.round import Candidate, Rejection, Sample
from selfinstruct.task import UNANSWERED, Instance, Task


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a sample: the candidates kept of its reply, or the reason why there are none."""

    sample: Sample
    kept: tuple[Candidate, ...] = ()
    reason: str = ""


def subject(sample: Sample) -> Task:
    """Return the task that a sample is about; raises ValueError if it is about none."""
    if sample.task is None:
        raise ValueError("Annotate needs a sampler that gives tasks to complete")
    return sample.task


def reason(sample: Sample, rejections: Sequence[Rejection]) -> str:
    """Return why the last candidate for a sample was rejected."""
    for last in reversed(rejections):
        same_input = sample.input is None or last.attributes.get("input") == sample.input
        if last.task == subject(sample).id and same_input:
            return f"{last.filter}: {last.reason}"
    return ""


def apply_outcome(task: Task, outcome: Outcome, stage: str, model: str) -> Task:
    """Return the newest version of a task with the outcome of a question about it."""
    if outcome.kept:
        done = completed(task, outcome.kept, adds=outcome.sample.input is not None)
        return replace(done, models={**task.models, stage: model})
    if outcome.sample.input is None:
        return replace(task, failed_stages={**task.failed_stages, stage: outcome.reason})
    unanswered = {**task.unanswered, outcome.sample.input: outcome.reason}
    return replace(task, attributes={**task.attributes, UNANSWERED: unanswered})


def completed(task: Task, kept: Sequence[Candidate], adds: bool = False) -> Task:
    """Return the task with what the candidates say of it; their instances replace its own, or are added to them."""
    instances: list[Instance] = [candidate.instance for candidate in kept if candidate.instance is not None]
    answers = [candidate.is_classification for candidate in kept if candidate.is_classification is not None]
    attributes = [candidate.attributes for candidate in kept]
    before = (task.instances or ()) if adds else ()
    return replace(
        task,
        instances=(*before, *instances) if instances else task.instances,
        is_classification=answers[0] if answers else task.is_classification,
        attributes={**task.attributes, **{key: said[key] for said in attributes for key in said}},
    )
