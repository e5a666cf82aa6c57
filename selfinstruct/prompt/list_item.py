"""One item of a list, as it stands in a reply: what of it is the instruction, and what is not.

An item is a head, which may be titled in bold ("**Poem**: Write a poem …"), and a body: more lines, sub-lists, further
paragraphs.  The body belongs to the instruction, as the reference code has it too, unless it answers it, comments on
it, or takes leave.  A title is dropped where an instruction follows it, and is the instruction itself where none does.

Two grades of doubt: in a `dressed` reply, one of a chat model, texts that speak to the reader are turned away; where it
`solves` the tasks besides, bodies are answers and only what is worded as an instruction is one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from selfinstruct.prompt.list_line import Line
from selfinstruct.prompt.reply import is_farewell, is_preamble, is_refusal, rejection
from selfinstruct.prompt.rule_line import without_rules
from selfinstruct.prompt.wording import (
    SENTENCE_END,
    is_about_the_list,
    is_calculation,
    is_instruction,
    is_remark,
    is_working,
)
from selfinstruct.round import Candidate, Rejection

EMPHASIS = re.compile(r"(?<!\w)(?:\*\*(?=\S)(?P<stars>[^*_]+)\*\*|__(?=\S)(?P<lines>[^*_]*\s[^*_]*)__)(?!\w)")
"""Underscores only around several words: `__init__` is a name."""
LABEL = re.compile(r"(?i:task|instruction|prompt|question)\s?\d{1,3}\s?(?:[:：.)]|[-–—](?=\s)|$)\s?")
BOLD_SENTENCE = re.compile(r"\*\*([^*]+[.?!。？！])\*\*\s+(?=\S)")
"""What follows it may speak to the reader."""
AFTER_TITLE = re.compile(r"\s*(?:[:：]|[-–—](?=\s))\s*")
FIELD = re.compile(r"\W{0,5}(?:task|input|description|example)s?\W{0,2}[:：]", re.IGNORECASE)
ANSWERED = re.compile(r"(?:(?<=[.?!*])|^)\s?(?:->|→)\s")
ANNOTATION = re.compile(
    r"\s?\((?P<remark>[^()]{1,300})\)(?:\*\*)?$"
    r"|(?<=[.?!\"”)]) (?:\*\*[^*]{1,300}\*\*|This (?:task|one|is an?(?:other)?) [^\n]{1,300})$"
)


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """What is known of the reply that an item stands in."""

    dressed: bool
    """It is a chat model's, or begins like one."""
    solves: bool
    """It answers the tasks that it lists."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line of an item."""

    title: str
    """In bold before the text, or alone."""
    text: str
    dropped: str
    """What follows the text but is a remark or an answer."""


def read_item(lines: Sequence[Line], doubt: ReplyContext, *, may_go_on: bool) -> list[Candidate | Rejection]:
    """The instruction in an item, or why there is none, and what of the item is not part of it.

    `may_go_on` says whether paragraphs after the first may belong to it.
    """
    first, *body = lines
    head = read_head(first.text, doubt)
    end = 0 if doubt.solves else body_end(head, body, doubt, may_go_on=may_go_on)
    own = without_rules("\n".join([head.text, *(line.source for line in body[:end])]), is_own_line=False)
    instruction = joined(own.split("\n"))
    if head.title and not head.text:
        instruction, end = title_or_body(
            head.title, instruction, end, is_bare=not (body or head.dropped or doubt.solves)
        )
    if end < len(body) or head.dropped:
        instruction = instruction.rstrip(":： ")
    reason = fault(instruction, doubt) if instruction or not head.title else "heading"
    source = "\n".join([first.source, *(line.source for line in body[:end])])
    found: list[Candidate | Rejection] = [rejection(reason, source) if reason else Candidate(instruction=instruction)]
    if head.dropped and not reason:
        found.append(rejection("explanation", head.dropped))
    rest = without_rules("\n".join(line.source for line in body[end:]))
    return [*found, rejection(reason_of(rest, doubt), rest)] if rest.strip() else found


def joined(texts: Sequence[str]) -> str:
    """Texts as one instruction: on one line, without emphasis."""
    bare = EMPHASIS.sub(lambda match: match["stars"] or match["lines"], " ".join(texts))
    text = " ".join(bare.split())
    return text.removeprefix("**").strip() if text.count("**") == 1 else text


def read_head(text: str, doubt: ReplyContext) -> Head:
    """The first line of an item in its parts."""
    title, text = split_title(text)
    if doubt.dressed and (sentence := BOLD_SENTENCE.match(text)) and is_remark(text[sentence.end() :]):
        return Head("", sentence[1], text[sentence.end() :])
    if title and text and (text[0] in "([" or (doubt.dressed and is_remark(text))):
        return Head(title, "", text)
    cut = (ANSWERED.search(text) or ANNOTATION.search(text)) if doubt.dressed else None
    remark = cut.groupdict().get("remark") if cut else None
    at = cut.start() if cut and (not remark or (cut.start() and is_remark(remark))) else len(text)
    return Head(title, text[:at], text[at:])


def split_title(text: str) -> tuple[str, str]:
    """A bold beginning and what follows it; no title where the emphasis is a part of the sentence."""
    end = text.find("**", 2) if text.startswith("**") else -1
    if end < 3:
        bare = text.removeprefix("**")
        return "", bare[match.end() :] if (match := LABEL.match(bare)) else text
    title, rest = text[2:end].strip(), text[end + 2 :].strip()
    title = title[match.end() :] if (match := LABEL.match(title)) else title
    separator = AFTER_TITLE.match(rest)
    rest = rest[separator.end() :] if separator else rest
    if rest and title and rest[0] not in "([" and not separator and not title.endswith((":", "：")):
        return "", text
    return ("", text) if rest[:1].islower() else (title, rest)


def body_end(head: Head, body: Sequence[Line], doubt: ReplyContext, *, may_go_on: bool) -> int:
    """How many lines of the body may belong to the instruction."""
    if doubt.dressed and body and body[0].style and (head.text or head.title).endswith(SENTENCE_END):
        return 0
    after_blank = False
    for number, line in enumerate(body):
        if line.is_blank:
            after_blank = True
        elif (after_blank and not may_go_on) or is_aside(line.text) or (doubt.dressed and FIELD.match(line.text)):
            return number
    return len(body)


def is_aside(text: str) -> bool:
    """Whether a line is about the instruction above it, and not a part of it."""
    return is_remark(text) or is_working(text) or is_farewell(text)


def title_or_body(title: str, body: str, end: int, *, is_bare: bool) -> tuple[str, int]:
    """The instruction of an item whose head is only a title, and how much of the body it took; empty if neither is one.

    `is_bare` says that the title is all there is.
    """
    bare, body = title.rstrip(":： "), body.lstrip("-*•+ ")
    is_sentence = title.endswith(SENTENCE_END)
    if not body or not is_instruction(body):
        return (bare if is_bare or is_sentence or is_instruction(title) else ""), 0
    begins_alike = bare.split()[:1] == body.split()[:1]
    if is_sentence or (bare and is_instruction(title) and not is_name(title) and not begins_alike):
        return f"{title if is_sentence else bare + '.'} {body}", end
    return body, end


def is_name(title: str) -> bool:
    """Whether it is written as names are: Sum of Integers."""
    return all(word[0].isupper() for word in title.split() if len(word) > 3)


def fault(instruction: str, doubt: ReplyContext) -> str | None:
    """Why a text is no instruction, if it is none."""
    if not instruction.strip("*_-:. "):
        return "empty item"
    if is_calculation(instruction) or is_working(instruction):
        return "solution step"
    if instruction[0] in "([（" and instruction[-1] in ")]）":
        return "note"
    return fault_when_dressed(instruction, doubt) if doubt.dressed else None


def fault_when_dressed(instruction: str, doubt: ReplyContext) -> str | None:
    """Why a text of a chat model is no instruction."""
    if is_refusal(instruction):
        return "refusal"
    if is_about_the_list(instruction) or is_preamble(instruction):
        return "preamble"
    if is_farewell(instruction):
        return "farewell"
    if is_remark(instruction):
        return "explanation"
    return "solution step" if doubt.solves and not is_instruction(instruction) else None


def reason_of(rest: str, doubt: ReplyContext) -> str:
    """What the lines of an item are that do not belong to its instruction."""
    if is_farewell(rest):
        return "farewell"
    return "solution step" if doubt.solves or is_working(rest) else "explanation"
