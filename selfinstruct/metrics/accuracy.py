"""Execution accuracy: how well the instructions that were induced for a family do what was meant.

Instruction Induction (Honovich et al., 2022, section 3.1): an instruction is as good as the outputs that a model gives
when it follows it, on held-out inputs.  A family's score is the mean over all its predictions.  An input that was given
up is scored 0, and so is a prompt whose reply held no instruction; an instruction not executed yet is left out.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from selfinstruct.pool import Pool
from selfinstruct.task import HUMAN, Task
from selfinstruct.text.scoring import Scoring, score


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """How one family does."""

    family: str
    metric: str
    instructions: Mapping[str, int]
    """How often each distinct instruction was predicted, in the order they came."""
    prompts: int
    """Predictions asked for; those without an instruction make up the difference."""
    means: Mapping[str, float]
    """The mean score of each instruction that was executed."""
    answers: int
    unanswered: int

    @property
    def score(self) -> float | None:
        """Return the score from 0 to 1; None while nothing was executed, but 0 where there is nothing to execute."""
        if not self.means:
            return 0.0 if self.prompts and not self.instructions else None
        lost = self.prompts - sum(self.instructions.values())
        weights = {text: self.instructions[text] for text in self.means}
        total = sum(mean * weights[text] for text, mean in self.means.items())
        return total / (sum(weights.values()) + lost)

    @property
    def best(self) -> str | None:
        """Return the instruction that does best; of several the most frequent, then the first."""
        return max(self.means, key=lambda text: (self.means[text], self.instructions[text]), default=None)


def accuracies(pool: Pool, scoring: Scoring, families: Collection[str] | None = None) -> list[Accuracy]:
    """Return the accuracy of every family of the seeds, or of some of them, in the order of the seeds."""
    held = {}
    for task in map(pool.__getitem__, pool.of(HUMAN)):
        if task.attributes.get("set") == "execute":
            held[task.attributes["family"]] = task
    made: dict[str, list[Task]] = {name: [] for name in held if families is None or name in families}
    for task in pool:
        if not task.is_human and (name := task.attributes.get("family")) in made:
            made[name].append(task)
    found = [accuracy(held[name], tasks, scoring) for name, tasks in made.items()]
    prompts = max((family.prompts for family in found if family.means), default=0)
    return [family if family.instructions else replace(family, prompts=prompts) for family in found]


def accuracy(held: Task, made: list[Task], scoring: Scoring) -> Accuracy:
    """Return the accuracy of one family: its held-out pairs, and its predictions."""
    accepted: dict[str, list[str]] = {}
    for pair in held.instances or ():
        accepted.setdefault(pair.input, []).append(pair.output)
    means: dict[str, float] = {}
    answers = unanswered = 0
    for task in made:
        scores = [mark(held, pair.input, pair.output, accepted, scoring) for pair in task.instances or ()]
        lost = len(task.unanswered)
        if scores or lost:
            means[task.instruction] = sum(scores) / (len(scores) + lost)
        answers, unanswered = answers + len(scores), unanswered + lost
    return Accuracy(
        family=held.attributes["family"],
        metric=held.attributes["metric"],
        instructions=Counter(task.instruction for task in made),
        prompts=max((task.attributes.get("prompts", 0) for task in made), default=0),
        means=means,
        answers=answers,
        unanswered=unanswered,
    )


def mark(held: Task, given: str, answer: str, accepted: Mapping[str, list[str]], scoring: Scoring) -> float:
    """Return the score of one answer."""
    echo = None if held.attributes.get("may_echo", True) else given
    return score(answer, accepted.get(given, ()), held.attributes["metric"], scoring, echo)


def overall(found: Collection[Accuracy]) -> float | None:
    """Return the mean over the families that have a score."""
    scores = [family.score for family in found if family.score is not None]
    return sum(scores) / len(scores) if scores else None
