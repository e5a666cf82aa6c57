"""What the two readers of instances share: the fields of the task, the text around them, and the candidates.

A reply may repeat its task, or run on into other tasks; only the fields of the task asked for count.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from selfinstruct.prompt.label_line import Field, Kind, fields
from selfinstruct.prompt.reply import Reply, is_farewell, is_preamble, is_refusal, read, rejection
from selfinstruct.prompt.rule_line import is_rule, without_rules
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance
from selfinstruct.text.template import one_line

Piece = Instance | Rejection
"""One part of a reply; in order they make up the whole of it."""


def read_instances(
    completion: Completion,
    prompt_vars: Mapping[str, Any],
    kinds: Collection[Kind],
    read_fields: Callable[[list[Field]], list[Piece]],
    otherwise: str,
) -> list[Candidate | Rejection]:
    """Return one candidate an instance, and rejections for the rest; `otherwise` is the reason without one."""
    reply = read(completion)
    own, further = own_fields(reply, prompt_vars, kinds)
    farewell = without_farewell(own) if prompt_vars.get("chat") else []
    pieces = [*read_fields(own), *farewell, *further, *reply.rejections]
    return candidates(pieces or [rejection(otherwise, reply.text)], is_cut_off=reply.is_cut_off)


def own_fields(
    reply: Reply, prompt_vars: Mapping[str, Any], kinds: Collection[Kind]
) -> tuple[list[Field], list[Rejection]]:
    """Return the fields of the task that was asked for, and a rejection of others."""
    blocks: list[list[Field]] = [[]]
    for field in fields(reply.text, {"Task", *kinds}):
        if field.kind == "Task":
            blocks.append([])
        blocks[-1].append(field)
    after = [None, *(lines_after_task(block[0], prompt_vars) for block in blocks[1:])]
    has_fields = len(blocks[0]) > 1
    own = 0 if has_fields else next((number for number, lines in enumerate(after) if lines is not None), 0)
    others = "\n".join(field.source for number, block in enumerate(blocks) if number != own for field in block).strip()
    rejections = [rejection("further task", others)] if others else []
    if (rest := after[own]) is not None:
        blocks[own][0] = Field("text", rest)
    return blocks[own], rejections


def lines_after_task(opening: Field, prompt_vars: Mapping[str, Any]) -> list[str] | None:
    """Return the lines after the task asked for, where a `Task:` field repeats it; None for another task."""
    instruction = prompt_vars["task"].instruction if "task" in prompt_vars else ""
    lines = opening.text.split("\n") if one_line(instruction) else []
    for end in range(1, min(len(lines), instruction.count("\n") + 1) + 1):
        if one_line("\n".join(lines[:end])) == one_line(instruction):
            return lines[end:]
    return None


def preamble(text: str) -> list[Rejection]:
    """Return a rejection of the text before the first field, if there is any."""
    text = without_rules(text)
    if not text.strip():
        return []
    reason = "refusal" if is_refusal(text) else "preamble" if is_preamble(text) else "explanation"
    return [rejection(reason, text)]


def without_farewell(found: list[Field]) -> list[Rejection]:
    """Take the closing remarks of a chat model off the last field."""
    lines = found[-1].lines
    taken: list[Rejection] = []
    while lines:
        end = next((at for at in range(len(lines), 0, -1) if lines[at - 1].strip() and not is_rule(lines[at - 1])), 0)
        is_apart = end > 1 and (not lines[end - 2].strip() or is_rule(lines[end - 2]))
        if not (is_apart and is_farewell(lines[end - 1])):
            break
        taken.insert(0, rejection("farewell", lines[end - 1]))
        del lines[end - 1 :]
    return taken


def candidates(pieces: list[Piece], *, is_cut_off: bool) -> list[Candidate | Rejection]:
    """Return the pieces with each instance as a candidate; the last one is truncated where the reply was cut off."""
    instances = tuple(piece for piece in pieces if isinstance(piece, Instance))
    found: list[Candidate | Rejection] = []
    position = 0
    for number, piece in enumerate(pieces, 1):
        if isinstance(piece, Rejection):
            found.append(piece)
        else:
            truncated = is_cut_off and number == len(pieces)
            found.append(Candidate(instances=instances, position=position, truncated=truncated))
            position += 1
    return found
