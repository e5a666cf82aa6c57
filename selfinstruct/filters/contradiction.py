"""Reject instances that give one input two outputs.

Self-Instruct, section 2.2, step 4.  Which of the outputs is right is unknown, so none is kept.  The reference code
drops every instance of the task; with `scope: input` the task keeps those that contradict nothing.  An instance without
an input or an output contradicts nothing, and white space around texts does not count.
"""

from typing import ClassVar, Literal

from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.round import Candidate
from selfinstruct.task import Instance


@part
class Contradiction:
    """Rejects instances of one reply that have the same input and different outputs."""

    compares_instances: ClassVar[bool] = True

    scope: Literal["input", "task"]
    """What a contradiction spoils: `input` the instances with that input, `task` all instances of the reply."""

    def reject(self, candidate: Candidate, pool: Pool) -> str | None:
        """Return the first two instances of the reply that contradict each other and spoil this one."""
        instances = candidate.instances
        pairs = [(a, b) for b in range(len(instances)) for a in range(b) if contradict(instances[a], instances[b])]
        for first, second in pairs:
            if self.scope == "task" or candidate.position in (first, second):
                return f"instances {first + 1} and {second + 1} of the reply have one input and two outputs"
        return None


def contradict(one: Instance, other: Instance) -> bool:
    """Return whether two instances give the same input different outputs."""
    inputs, outputs = (one.input.strip(), other.input.strip()), (one.output.strip(), other.output.strip())
    return bool(inputs[0]) and inputs[0] == inputs[1] and all(outputs) and outputs[0] != outputs[1]
