"""Reads instructions from a list.

Completion models go on where the prompt stops, so their first item has no number; chat models say a word first, number
from where they like, or not at all, put titles in bold, and often solve the tasks that they were shown.  The reference
code splits at every line that begins with a number and takes all pieces (Self-Instruct, section 2.1); here the first
marker says what a marker of this list looks like, and everything else belongs to the item above it.

Whether the text before the first marker is the item that the prompt opened, or a preamble, is told by the numbers: who
says the open number again, or starts over, has not gone on with it.
"""

from collections.abc import Mapping
from typing import Any, Literal

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

    @property
    def reply_format(self) -> str:
        """The name of the form of reply."""
        return "numbered_list"

    def parse(self, completion: Completion, shown: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """One candidate an item, and whatever is none."""
        reply = read(completion)
        if reply.is_cut_off and self.cut_off == "discard_reply":
            return [rejection("reply cut off", reply.text), *reply.rejections]
        found = read_list(reply.text, shown) if reply.text.strip() else []
        if self.casing == "capitalize":
            found = [capitalized(piece) if isinstance(piece, Candidate) else piece for piece in found]
        if reply.is_cut_off and found and isinstance(found[-1], Candidate) and not reply.rejections:
            found[-1] = Candidate(instruction=found[-1].instruction, truncated=True)
        return [*found, *reply.rejections]


def capitalized(candidate: Candidate) -> Candidate:
    """The candidate as the reference code cases it."""
    return Candidate(instruction=candidate.instruction.capitalize())


def read_list(text: str, shown: Mapping[str, Any]) -> list[Candidate | Rejection]:
    """All items of a reply, and what stands around them."""
    layout = outline(text)
    is_chat = bool(shown.get("chat"))
    is_blank = all(line.is_blank for line in layout.lead)
    lead = "" if is_blank else without_rules("\n".join(line.source for line in layout.lead)).strip()
    is_talk = is_preamble(lead) or is_remark(lead) or is_about_the_list(lead) or is_refusal(lead)
    found: list[Candidate | Rejection] = []
    expected = len(shown.get("tasks", ())) + 1
    is_alone = not layout.items and is_one_instruction(lead)
    if lead and not is_talk and (is_alone or continues_prompt(lead, layout, expected, is_chat=is_chat)):
        layout.prepend_lead()
    elif not layout.items:
        lead = lead or text
        return [rejection("refusal" if is_refusal(lead) else "no list", lead)]
    elif lead:
        found.append(rejection("refusal" if is_refusal(lead) else "preamble", lead))
    doubt = ReplyContext(dressed=is_chat or is_talk, solves=solves_tasks(layout, lead))
    go_on = False
    for number, item in enumerate(layout.items):
        may_go_on = number not in layout.ends or go_on
        go_on = go_on or has_two_paragraphs(item)
        if is_echo(item, layout, number):
            found.append(rejection("preamble", item[0].source))
        else:
            found += read_item(item, doubt, may_go_on=may_go_on)
    return found


def continues_prompt(lead: str, layout: Outline, expected: int, *, is_chat: bool) -> bool:
    """Whether the text before the first marker is the item that the prompt left open, as `expected`."""
    numbers = layout.numbers
    goes_on = numbers[:1] == [expected + 1]
    if is_chat or goes_on:
        return goes_on and (not is_chat or "\n\n" not in lead)
    if not numbers or not numbers[0]:
        return True
    if numbers[0] == 1 and lead.endswith((":", "：")):
        return expected + 1 in numbers and not announces_tasks(lead)
    return numbers[0] != expected or expected == 1


def is_one_instruction(lead: str) -> bool:
    """Return whether a chat reply without a list is one instruction on one line, and nothing else."""
    return "\n" not in lead and is_request(lead) and not (is_farewell(lead) or is_working(lead) or OFFER.search(lead))


def solves_tasks(layout: Outline, lead: str) -> bool:
    """Whether the reply answers the tasks that it lists: it says so, or the bodies of its items do."""
    if announces_solutions(lead):
        return True
    for number, item in enumerate(layout.items):
        body = item[1:] if number not in layout.ends else item[1 : paragraph_end(item)]
        if any(is_aside(line.text) or announces_solutions(line.text) for line in body):
            return True
    return False


def paragraph_end(lines: list[Line]) -> int:
    """How many lines stand before the first blank one."""
    return next((number for number, line in enumerate(lines) if line.is_blank), len(lines))


def has_two_paragraphs(item: list[Line]) -> bool:
    """Whether an item goes on after a blank line."""
    return any(not line.is_blank for line in item[paragraph_end(item) :])


def is_echo(item: list[Line], layout: Outline, number: int) -> bool:
    """Return whether an item is the beginning of the prompt, said again.

    It announces the list that starts over after it, or is a heading alone.
    """
    restarts = number in layout.ends and number + 1 < len(layout.items)
    return (restarts and announces_tasks(item[-1].text)) or (len(item) == 1 and heads_tasks(item[0].text))
