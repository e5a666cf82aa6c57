"""Reads instructions from a list.

Completion models continue where the prompt stops, so their first item has no number; chat models begin with a preamble,
number from where they like, or not at all, put titles in bold, and often solve the tasks that they were shown.  The
reference code splits at every line that begins with a number and takes all pieces (Self-Instruct, section 2.1); here
the first marker shows how the markers of this list look, and everything else belongs to the item above it.

The numbers decide whether the text before the first marker is the item that the prompt opened, or a preamble: a model
that repeats the open number, or starts over, has not continued it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

from selfinstruct.part import part
from selfinstruct.prompt.list_item import ReplyContext, is_aside, read_item
from selfinstruct.prompt.list_line import Line
from selfinstruct.prompt.outline import Outline, outline
from selfinstruct.prompt.reply import is_farewell, is_preamble, is_refusal, phrases, read, rejection
from selfinstruct.prompt.rule_line import without_rules
from selfinstruct.prompt.wording import (
    announces_solutions,
    announces_tasks,
    heads_tasks,
    is_about_the_list,
    is_remark,
    is_request,
    is_working,
)
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection

OFFER = phrases(r"\b(?:how|what) (?:can|may|would|do|should) (?:i|you)\b|\b(?:help|assist) you\b|\bwould you like\b")
"""A chat model that asks what it should do."""


@part
class NumberedList:
    """Reads one instruction an item."""

    casing: Literal["keep", "capitalize"]
    """`keep` leaves instructions as written; `capitalize` is the reference code's: a capital first, all else in small
    letters, proper nouns too."""
    cut_off: Literal["keep_whole", "discard_reply"]
    """Of a reply that ended at the token limit, `keep_whole` keeps all items and marks the last as truncated;
    `discard_reply` is the reference code's and keeps none."""
    reply_format: ClassVar[str] = "numbered_list"

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return one candidate an item, and a rejection for everything else."""
        reply = read(completion)
        if reply.is_cut_off and self.cut_off == "discard_reply":
            return [rejection("reply cut off", reply.text), *reply.rejections]
        found = read_list(reply.text, prompt_vars) if reply.text.strip() else []
        if self.casing == "capitalize":
            found = [
                replace(piece, instruction=piece.instruction.capitalize()) if isinstance(piece, Candidate) else piece
                for piece in found
            ]
        if reply.is_cut_off and found and isinstance(found[-1], Candidate) and not reply.rejections:
            found[-1] = replace(found[-1], truncated=True)
        return [*found, *reply.rejections]


def read_list(text: str, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
    """Return all items of a reply, and the text around them."""
    layout = outline(text)
    is_chat = bool(prompt_vars.get("chat"))
    is_blank = all(line.is_blank for line in layout.lead)
    lead = "" if is_blank else without_rules("\n".join(line.source for line in layout.lead)).strip()
    is_talk = is_preamble(lead) or is_remark(lead) or is_about_the_list(lead) or is_refusal(lead)
    found: list[Candidate | Rejection] = []
    expected = len(prompt_vars.get("tasks", ())) + 1
    is_alone = not layout.items and is_one_instruction(lead)
    if lead and not is_talk and (is_alone or continues_prompt(lead, layout, expected, is_chat=is_chat)):
        layout.prepend_lead()
    elif not layout.items:
        lead = lead or text
        return [rejection("refusal" if is_refusal(lead) else "no list", lead)]
    elif lead:
        found.append(rejection("refusal" if is_refusal(lead) else "preamble", lead))
    context = ReplyContext(is_chat=is_chat or is_talk, solves=solves_tasks(layout, lead))
    has_paragraphs = False
    for number, item in enumerate(layout.items):
        may_continue = number not in layout.ends or has_paragraphs
        has_paragraphs = has_paragraphs or any(not line.is_blank for line in item[paragraph_end(item) :])
        if repeats_prompt(item, layout, number):
            found.append(rejection("preamble", item[0].source))
        else:
            found += read_item(item, context, may_continue=may_continue)
    return found


def continues_prompt(lead: str, layout: Outline, expected: int, *, is_chat: bool) -> bool:
    """Return whether the text before the first marker is the item that the prompt left open, as `expected`."""
    numbers = layout.numbers
    continues = numbers[:1] == [expected + 1]
    if is_chat or continues:
        return continues and (not is_chat or "\n\n" not in lead)
    if not numbers or not numbers[0]:
        return True
    if numbers[0] == 1 and lead.endswith((":", "：")):
        return expected + 1 in numbers and not announces_tasks(lead)
    return numbers[0] != expected or expected == 1


def is_one_instruction(lead: str) -> bool:
    """Return whether a chat reply without a list is one instruction on one line, and nothing else."""
    return "\n" not in lead and is_request(lead) and not (is_farewell(lead) or is_working(lead) or OFFER.search(lead))


def solves_tasks(layout: Outline, lead: str) -> bool:
    """Return whether the reply answers the tasks that it lists: it says so, or the bodies of its items do."""
    bodies = [
        item[1:] if number not in layout.ends else item[1 : paragraph_end(item)]
        for number, item in enumerate(layout.items)
    ]
    lines = (line for body in bodies for line in body)
    return announces_solutions(lead) or any(is_aside(line.text) or announces_solutions(line.text) for line in lines)


def paragraph_end(lines: Sequence[Line]) -> int:
    """Return the number of lines before the first blank one."""
    return next((number for number, line in enumerate(lines) if line.is_blank), len(lines))


def repeats_prompt(item: Sequence[Line], layout: Outline, number: int) -> bool:
    """Return whether an item repeats the beginning of the prompt.

    It announces the list that starts over after it, or is a heading alone.
    """
    restarts = number in layout.ends and number + 1 < len(layout.items)
    return (restarts and announces_tasks(item[-1].text)) or (len(item) == 1 and heads_tasks(item[0].text))
