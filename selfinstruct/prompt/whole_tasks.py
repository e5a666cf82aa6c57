"""Reads whole tasks: an instruction with its input and output, one after the other in one reply.

Alpaca (Taori et al., 2023) asks for twenty at a time.  Its code splits the reply at every "###" and reads in each part
the number that it expects, so that a task is lost when counting starts over, an answer with a heading is cut off, and
where a "###" is missing the next task becomes a part of the output before it.  Here tasks are found by their labels
(task_blocks.py), with any numbers.  Where the labels of a task carry its own number, only those count, so that "Input:"
in an instruction or "Output:" in an answer is text; else the first that come in order do.  A task whose fields could be
read in two ways, or that may hold another task, is a rejection.

Of a reply that ends at the token limit the last task is marked as truncated, unless a rule follows it.  A task that is
cut off before its output is a rejection.  An empty output is a candidate, for the filter `empty_output` to reject: the
released data has some, and a run may want them.  A task of the prompt that the reply repeats is a rejection.
"""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, ClassVar, NamedTuple

from selfinstruct.part import part
from selfinstruct.prompt.reply import is_farewell, is_preamble, is_refusal, read, rejection
from selfinstruct.prompt.rule_line import without_rules
from selfinstruct.prompt.task_blocks import HASHES, Block, blocks_of, rule_of, separator_before
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.task import Instance
from selfinstruct.text.no_input import real_input
from selfinstruct.text.template import one_line

Found = list[Candidate | Rejection]


class Fields(NamedTuple):
    """The parts of a block."""

    instruction: str
    input: str
    output: str | None  # none where the block has no output label
    rest: str = ""  # the text after a rule, or a second label, that ends the output
    is_closed: bool = False  # whether there is such a rule or label
    is_ambiguous: bool = False  # whether an output precedes the input, so that either may be text


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
    shown = {one_line(task.instruction) for task in prompt_vars.get("tasks", ())}
    lines = text.split("\n")
    blocks = blocks_of(lines, None if is_chat else len(prompt_vars.get("tasks", ())) + 1, is_cut_off=is_cut_off)
    if not blocks:
        return talk(text, "no task")
    lead = "\n".join(lines[: separator_before(lines, blocks[0].start, rule_of(lines))[0]])
    pieces = talk(lead, "preamble")
    farewell, is_closed = without_end(lines, blocks[-1], has_talk=is_chat or is_preamble(lead))
    for block in blocks:
        may_be_cut = is_cut_off and block is blocks[-1] and not is_closed
        if is_chat and block.start == 0 and is_preamble(lines[0]):  # and no label before the first task
            pieces += talk("\n".join(lines[: block.end]), "preamble")
        else:
            pieces += read_block(lines, block, shown, is_cut_off=may_be_cut)
    return [*pieces, *farewell]


def without_end(lines: Sequence[str], block: Block, *, has_talk: bool) -> tuple[Found, bool]:
    """Take what comes after the last task off it; return a closing remark, and whether there is a rule."""
    found: Found = []
    end = next((at for at in range(block.end, block.start + 1, -1) if lines[at - 1].strip()), block.end)
    if has_talk and end - 2 > block.start and not lines[end - 2].strip() and is_farewell(lines[end - 1]):
        found.append(rejection("farewell", lines[end - 1]))
        end -= 1
    block.end, has_rule = separator_before(lines, end, rule_of(lines), block.start + 1)
    return found, has_rule


def talk(text: str, otherwise: str) -> Found:
    """Return a rejection of the text around the tasks, if there is any."""
    if not joined("", text.split("\n")):
        return []
    reasons = {"refusal": is_refusal, "preamble": is_preamble, "farewell": is_farewell}
    return [rejection(next((reason for reason, matches in reasons.items() if matches(text)), otherwise), text)]


def read_block(lines: Sequence[str], block: Block, shown: set[str], *, is_cut_off: bool) -> Found:
    """Return one task, and the text after it."""
    if not joined(block.first, lines[block.start + 1 : block.end]):
        return []
    parts = fields(lines, block)
    if reason := fault(block, parts, shown, is_cut_off=is_cut_off):
        return [rejection(reason, "\n".join(lines[block.start : block.end]))]
    instance = Instance(input=real_input(parts.input), output=parts.output or "")
    truncated = is_cut_off and not parts.is_closed
    candidate = Candidate(instruction=parts.instruction, instances=(instance,), truncated=truncated)
    return [candidate, *talk(parts.rest, "reply cut off" if is_cut_off else "no task")]


def fault(block: Block, parts: Fields, shown: set[str], *, is_cut_off: bool) -> str | None:
    """Return why a block is not a task, or None."""
    if block.is_doubtful or holds_another(block):
        return "two tasks in one"
    if one_line(parts.instruction) in shown:
        return "task of the prompt"
    if parts.output is None:
        return "reply cut off" if is_cut_off else "no output marker"
    if parts.is_ambiguous:
        return "fields out of order"
    return None if parts.instruction else "no instruction"


def holds_another(block: Block) -> bool:
    """Return whether a numbered task has swallowed the next, whose own "Instruction" label is missing."""
    numbers = {label.number for label in block.labels if label.kind == "Output"}
    others = {label.number for label in block.labels if label.kind == "Input"} - {None, block.number}
    return block.number in numbers and not numbers.isdisjoint(others)


def fields(lines: Sequence[str], block: Block) -> Fields:
    """Return the parts of a block."""
    own = [label for label in block.labels if label.number == block.number]
    labels = own if any(label.kind == "Output" for label in own) else block.labels
    first = next((label.line for label in labels if label.kind == "Input"), -1)
    outputs = [label for label in labels if label.kind == "Output"]
    if not outputs:
        return Fields(joined(block.first, []), "", None)
    output = next((label for label in outputs if label.line > first), outputs[0])
    before = (label for label in (*labels, *block.labels) if label.kind == "Input" and label.line < output.line)
    given = next(before, output)
    second = [label.line for label in own if label.line > output.line and block.number is not None]
    body = lines[output.line + 1 : block.end]
    most = [*second, block.end][0] - output.line - 1
    output_lines = list(takewhile(lambda line: not HASHES.match(line), body[:most]))
    return Fields(
        instruction=joined(block.first, lines[block.start + 1 : given.line]),
        input="" if given is output else joined(given.rest, lines[given.line + 1 : output.line]),
        output=joined(output.rest, output_lines),
        rest=joined("", body[len(output_lines) :]),
        is_closed=len(output_lines) < len(body),
        is_ambiguous=output is not outputs[0],
    )


def joined(first: str, lines: Sequence[str]) -> str:
    """Return a text without the blank lines and rules around it."""
    text = without_rules("\n".join([first, *lines]), is_own_line=False).strip()
    return text.removesuffix("**").rstrip() if text.count("**") % 2 else text
