"""How a task or a request came about, in the words that `explain` and the pages share."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from selfinstruct.filters.meaning import NEAREST
from selfinstruct.round import MODEL, Rejection
from selfinstruct.storage.replies import Reply
from selfinstruct.task import ALTERNATIVES, REJECTED, Task

NOT_STORED = "What its prompt showed is not stored, since version 0.1.0 stored its reply."

TOLD = (ALTERNATIVES, REJECTED, NEAREST)
"""The attributes of a task that are shown in another way."""
CLASSIFICATION = {
    True: "It is a classification task.",
    False: "It is not a classification task.",
    None: "Whether it is a classification task was not asked.",
}


def origin_of(task: Task) -> str:
    """Return who made a task, and where."""
    if task.is_human:
        return f"A seed, written by {' and '.join(task.writers) or 'a person'}."
    where = f"Made by `{task.origin}` in round {task.round}"
    if not task.models:
        return f"{where} from the annotated row {task.attributes.get('row', 'that is unknown')}; no model wrote it."
    return f"{where}, request `{task.request}`, by {task.models.get(task.origin, 'an unknown model')}."


def facts_of(task: Task) -> list[str]:
    """Return what else is known of a task, a sentence each."""
    found = [CLASSIFICATION[task.is_classification], f"Instances: {len(task.instances or ())}."]
    if plain := [f"{name} {value}" for name, value in task.attributes.items() if name not in TOLD]:
        found.append(f"Attributes: {', '.join(plain)}.")
    refused = task.attributes.get(REJECTED, {})
    for stage, filter_ in refused.items():
        verdict = task.failed_stages.get(stage, "").removeprefix(f"{filter_}: ") or "by its verdict"
        found.append(f"Not in the dataset: the filter `{filter_}` of the stage `{stage}` rejected it ({verdict}).")
    found += [
        f"{'The answer' if one['chosen'] else 'Another answer'}, with score {one['score']}: {one['output']}"
        for one in task.attributes.get(ALTERNATIVES, ())
    ]
    failed = {stage: reason for stage, reason in task.failed_stages.items() if stage not in refused}
    return found + [f"Given up by `{stage}`: {reason}" for stage, reason in failed.items()]


def ending_of(reply: Reply) -> str:
    """Return how a reply ended, how long it is, and which model wrote it."""
    answer = reply.completion
    count = answer.completion_tokens
    tokens = "" if count is None else f", {count:,} token{'' if count == 1 else 's'}"
    by = f", by {answer.model}" if answer.model else ""
    return f"Ended: {answer.finish_reason or 'for a reason that was not reported'}{tokens}{by}."


def no_reply(rejections: Sequence[Rejection], request: str) -> str:
    """Return that a request has no reply, and why."""
    refused = next((item for item in rejections if item.request == request and item.filter == MODEL), None)
    return f"There is no reply{f': {refused.reason}' if refused else ''}."


def drawn_for(reply: Reply) -> Mapping[str, Any] | None:
    """Return what was drawn for a prompt: parents, the task and the input that it is about; None if that is unknown."""
    return None if reply.drawn is None else dict(json.loads(reply.drawn))
