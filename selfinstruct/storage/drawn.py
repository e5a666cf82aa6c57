"""What was drawn for a request, as JSON in its row of the store: it is needed to read the reply again.

Tasks are stored by their ids, pairs of input and output and all other values that a template sees are stored whole.
"""

import json
from collections.abc import Mapping
from typing import Any

from selfinstruct.pool import Pool
from selfinstruct.round import Sample
from selfinstruct.task import Instance, Task

TASK, PAIR = "$task", "$pair"
"""The keys of an object that stands for a task, by its id, or for an instance."""


def written(sample: Sample, attempt: int) -> str:
    """Return what was drawn for a request, and which attempt it is."""
    drawn = {
        "task": sample.task.id if sample.task else None,
        "parents": sample.parents,
        "input": sample.input,
        "attempt": attempt,
        "attributes": sample.attributes,
        "variables": sample.variables,
    }
    return json.dumps(drawn, ensure_ascii=False, default=reference).encode("utf-8", "backslashreplace").decode()


def reference(value: object) -> object:
    """Return what stands for a value that JSON does not know; a value of another type is stored as its text."""
    if isinstance(value, Task):
        return {TASK: value.id}
    if isinstance(value, Instance):
        return {PAIR: [value.input, value.output]}
    return dict(value) if isinstance(value, Mapping) else str(value)


def sample_of(text: str, pool: Pool) -> tuple[Sample, int]:
    """Return the sample that was drawn and the attempt; raises KeyError for a task that the pool does not have."""

    def restored(found: dict[str, Any]) -> Any:
        if found.keys() == {TASK}:
            return pool[found[TASK]]
        return Instance(*found[PAIR]) if found.keys() == {PAIR} else found

    drawn = json.loads(text, object_hook=restored)
    sample = Sample(
        variables=drawn["variables"],
        parents=tuple(drawn["parents"]),
        task=None if drawn["task"] is None else pool[drawn["task"]],
        input=drawn["input"],
        attributes=drawn["attributes"],
    )
    return sample, drawn["attempt"]
