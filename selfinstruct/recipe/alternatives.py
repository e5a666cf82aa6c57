"""Choose one of several answers to the same question, and keep the others.

A stage with `answers: 4` asks four times about each task.  The answer that most replies agree on is kept, and the first
of those where several have equally many votes; a judge stage may choose again.  What the task has afterwards:

    instances[0].output        the chosen answer; `instances[0].input` is the input that all of them answer
    attributes.alternatives    every different answer, in the order drawn, the chosen one included:
                               [{"output": str, "votes": int, "score": int, "chosen": bool}, …]

`votes` counts the replies that gave this answer (case and white space apart).  `score` compares the answers of one
task, higher is better: the votes, until a judge has rated the answers, and then its rating from 1 to 5.  Exactly one is
`chosen`, and none has a higher score.  Answers with equal scores are not better or worse than each other: a pair of
chosen and rejected is one with a lower score than the chosen one.  A task without the attribute was asked once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from selfinstruct.round import Candidate
from selfinstruct.task import ALTERNATIVES, Instance, Task


def drawn(task: Task, kept: Sequence[Candidate]) -> Task:
    """Return the task with the answer that most candidates give; an answer that it has already counts as one more."""
    instances = (*(task.instances or ())[:1], *(one.instance for one in kept if one.instance is not None))
    votes = Counter(normal(one.output) for one in instances)
    most = max(votes, key=votes.__getitem__)  # the first of equals
    outputs = {normal(one.output): one.output for one in reversed(instances)}
    alternatives = [
        {"output": outputs[key], "votes": count, "score": count, "chosen": key == most} for key, count in votes.items()
    ]
    answered = replace(task, instances=(instances[0], *(task.instances or ())[1:]))
    return with_chosen(replace(answered, attributes={**task.attributes, ALTERNATIVES: alternatives}))


def with_chosen(task: Task) -> Task:
    """Return the task with the chosen one of its alternatives as the output of its first instance."""
    first, *others = task.instances or ()
    output = next(one["output"] for one in task.attributes[ALTERNATIVES] if one["chosen"])
    return replace(task, instances=(Instance(first.input, output), *others))


def normal(text: str) -> str:
    """Return an answer as answers are compared: in small letters, on one line."""
    return " ".join(text.casefold().split())
