"""Reads whole tasks: an instruction with its input and output, one after the other in one reply.

Alpaca (Taori et al., 2023) asks for twenty at a time.  Its code splits the reply at every "###" and reads in each part
the number that it expects, so that a task is lost when counting starts over, an answer with a heading is cut off, and
where a "###" is missing the next task becomes a part of the output before it.  Here tasks are found by their labels
(task_blocks.py) and read by them (task_fields.py), with any numbers.

Of a reply that ends at the token limit the last task is marked as truncated, unless a rule follows it.  A task that is
cut off before its output is a rejection.  An empty output is a candidate, for the filter `empty_output` to reject: the
released data has some, and a run may want them.  A task of the prompt that the reply repeats is a rejection.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from selfinstruct.part import part
from selfinstruct.prompt.reply import is_farewell, is_preamble, is_refusal, read, rejection
from selfinstruct.prompt.task_blocks import Block, layout
from selfinstruct.prompt.task_fields import Fields, fields, joined, split
from selfinstruct.prompt.task_line import rule_of, separator_before
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance
from selfinstruct.text.no_input import real_input
from selfinstruct.text.template import one_line

Found = list[Candidate | Rejection]


@part
class WholeTasks:
    """Reads tasks that each have an instruction, an input and an output."""

    reply_format: ClassVar[str] = "whole_tasks"
    holds: ClassVar[str] = "whole_tasks"
    """What a plan counts in its replies."""

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return one candidate a task, and a rejection for everything else."""
        reply = read(completion)
        is_cut_off = reply.is_cut_off and not reply.rejections
        found = read_tasks(reply.text, prompt_vars, is_cut_off=is_cut_off) if reply.text.strip() else []
        return [*found, *reply.rejections] or [rejection("no task", reply.text)]


def read_tasks(text: str, prompt_vars: Mapping[str, Any], *, is_cut_off: bool) -> Found:
    """Return all tasks of a reply, and the text around them."""
    is_chat = bool(prompt_vars.get("chat"))
    tasks = prompt_vars.get("tasks", ())
    shown = {one_line(task.instruction) for task in tasks}
    found = layout(text, None if is_chat else len(tasks) + 1, is_cut_off=is_cut_off)
    pieces: Found = talk("\n".join(found.lines[: found.lead]), "preamble" if found.blocks else "no task")
    has_talk = is_chat or is_preamble("\n".join(found.lines[: found.lead]))
    rule = rule_of(found.lines)
    blocks = [part for block in found.blocks for part in split(found.lines, block, rule)]
    behind, is_closed = last_words_off(found.lines, blocks, rule, has_talk=has_talk)
    for number, block in enumerate(blocks, 1):
        if heading := found.headings.get(block.start):
            pieces.append(rejection("heading", heading))
        if block.start == 0 and not found.lead:
            pieces += without_preamble(found.lines, block, is_chat=is_chat)
        may_be_cut = is_cut_off and number == len(blocks) and not is_closed
        pieces += read_block(found.lines, block, shown, is_cut_off=may_be_cut)
    return [*pieces, *behind]


def last_words_off(
    lines: Sequence[str], blocks: Sequence[Block], rule: re.Pattern[str], *, has_talk: bool
) -> tuple[Found, bool]:
    """Take the lines after the last task off it; return them, and whether a rule is among them."""
    if not blocks:
        return [], False
    block: Block = blocks[-1]
    found: Found = []
    end = next((at for at in range(block.end, block.start + 1, -1) if lines[at - 1].strip()), block.end)
    if has_talk and end - 2 > block.start and not lines[end - 2].strip() and is_farewell(lines[end - 1]):
        found.append(rejection("farewell", lines[end - 1]))
        end -= 1
    separator = separator_before(lines, end, rule, block.start + 1)
    block.end = separator.start
    return [*([rejection("heading", separator.heading)] if separator.heading else []), *found], separator.has_rule


def talk(text: str, otherwise: str) -> Found:
    """Return a rejection of the text around the tasks, if there is any."""
    if not joined("", text.split("\n")):
        return []
    reasons = {"refusal": is_refusal, "preamble": is_preamble, "farewell": is_farewell}
    return [rejection(next((reason for reason, matches in reasons.items() if matches(text)), otherwise), text)]


def without_preamble(lines: list[str], block: Block, *, is_chat: bool) -> Found:
    """Take a preamble off a task that has no label of its own."""
    end = next((at for at in range(block.start, block.end) if not lines[at].strip()), None)
    text = "\n".join(lines[block.start : end])
    if end is None or not is_chat or not is_preamble(text) or any(label.line <= end for label in block.labels):
        return []
    block.start, block.first = end, ""
    return talk(text, "preamble")


def read_block(lines: list[str], block: Block, shown: set[str], *, is_cut_off: bool) -> Found:
    """Return one task, and the text after it."""
    source = "\n".join(lines[block.start : block.end])
    if not joined(block.first, lines[block.start + 1 : block.end]):
        return []
    parts = fields(lines, block)
    if reason := fault(block, parts, shown, is_cut_off=is_cut_off):
        return [rejection(reason, source)]
    instance = Instance(input=real_input(parts.input), output=parts.output or "")
    candidate = Candidate(instruction=parts.instruction, instances=(instance,))
    if is_cut_off and not parts.is_closed:
        candidate = replace(candidate, truncated=True)
    otherwise = "second output" if parts.has_second else "reply cut off" if is_cut_off else "no task"
    return [candidate, *talk(parts.rest, otherwise)]


def fault(block: Block, parts: Fields, shown: set[str], *, is_cut_off: bool) -> str | None:
    """Return why a block is not a task, or None."""
    if block.is_doubtful:
        return "two tasks in one"
    if one_line(parts.instruction) in shown:
        return "task of the prompt"
    if parts.output is None:
        return "reply cut off" if is_cut_off else "no output marker"
    if parts.is_ambiguous:
        return "fields out of order"
    return None if parts.instruction else "no instruction"
