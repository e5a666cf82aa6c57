"""What the two readers of instances share: whose fields they are, what is said around them, and the candidates.

A reply may say its task again, or run on into other tasks; only the fields of the task asked for count.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from selfinstruct.prompt.label_line import Field, Kind, fields
from selfinstruct.prompt.reply import Reply, is_farewell, is_preamble, is_refusal, rejection
from selfinstruct.prompt.rule_line import is_rule, without_rules
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance
from selfinstruct.text.template import one_line

Piece = Instance | Rejection
"""What a stretch of a reply turned out to be; in order they explain the whole of it."""


def own_fields(reply: Reply, shown: Mapping[str, Any], kinds: Collection[Kind]) -> tuple[list[Field], list[Rejection]]:
    """The fields of the task that was asked for, and what is said of others."""
    blocks: list[list[Field]] = [[]]
    for field in fields(reply.text, {"Task", *kinds}):
        if field.kind == "Task":
            blocks.append([])
        blocks[-1].append(field)
    after = [None, *(lines_after_task(block[0], shown) for block in blocks[1:])]
    begins = len(blocks[0]) > 1
    own = 0 if begins else next((number for number, lines in enumerate(after) if lines is not None), 0)
    others = "\n".join(field.source for number, block in enumerate(blocks) if number != own for field in block).strip()
    rejections = [rejection("further task", others)] if others else []
    if (rest := after[own]) is not None:
        blocks[own][0] = Field("text", rest)
    return blocks[own], rejections


def lines_after_task(opening: Field, shown: Mapping[str, Any]) -> list[str] | None:
    """What follows the task asked for, where a `Task:` field says it as the prompt did or as it is; None if another."""
    said = shown["task"].instruction if "task" in shown else ""
    lines = opening.text.split("\n") if one_line(said) else []
    for end in range(1, min(len(lines), said.count("\n") + 1) + 1):
        if one_line("\n".join(lines[:end])) == one_line(said):
            return lines[end:]
    return None


def preamble(text: str) -> list[Rejection]:
    """What stands before the first field, if anything."""
    text = without_rules(text)
    if not text.strip():
        return []
    reason = "refusal" if is_refusal(text) else "preamble" if is_preamble(text) else "explanation"
    return [rejection(reason, text)]


def without_farewell(found: list[Field]) -> list[Rejection]:
    """Take closing sentences of a chat model off the last field."""
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


def answers(pieces: Sequence[Piece], *, is_cut_off: bool) -> list[Candidate | Rejection]:
    """The pieces with every instance as a candidate; the last is truncated where the reply broke off inside it."""
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
