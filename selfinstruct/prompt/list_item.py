"""One item of a list in a reply: which part of it is the instruction.

An item is a head, which may be titled in bold ("**Poem**: Write a poem …"), and a body: more lines, sub-lists, further
paragraphs.  The body belongs to the instruction, as in the reference code, unless it answers it, comments on it, or is
a closing remark.  A title is dropped where an instruction follows it, and is the instruction itself where none does.

How strictly an item is read depends on its reply: in one of a chat model, texts that speak to the reader are rejected;
where the reply solves its tasks, bodies are answers and only what is worded as an instruction is one.
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
from selfinstruct.text.pattern import lazy

EMPHASIS = lazy(r"(?<!\w)(?:\*\*(?=\S)(?P<stars>[^*_]+)\*\*|__(?=\S)(?P<lines>[^*_]*\s[^*_]*)__)(?!\w)")
"""Underscores only around several words: `__init__` is a name."""
LABEL = lazy(r"(?i:task|instruction|prompt|question)\s?\d{1,3}\s?(?:[:：.)]|[-–—](?=\s)|$)\s?")
BOLD_SENTENCE = lazy(r"\*\*([^*]+[.?!。？！])\*\*\s+(?=\S)")
"""The text after it may speak to the reader."""
AFTER_TITLE = lazy(r"\s*(?:[:：]|[-–—](?=\s))\s*")
FIELD = lazy(r"\W{0,5}(?:task|input|description|example)s?\W{0,2}[:：]", re.IGNORECASE)
ANSWERED = lazy(r"(?:(?<=[.?!*])|^)\s?(?:->|→)\s")
ANNOTATION = lazy(
    r"\s?\((?P<remark>[^()]{1,300})\)(?:\*\*)?$"
    r"|(?<=[.?!\"”)]) (?:\*\*[^*]{1,300}\*\*|This (?:task|one|is an?(?:other)?) [^\n]{1,300})$"
)


@dataclass(frozen=True, slots=True)
class ReplyContext:
    """The reply that an item is part of."""

    is_chat: bool
    """Whether it is a chat model's, or begins like one."""
    solves: bool
    """Whether it answers the tasks that it lists."""


@dataclass(frozen=True, slots=True)
class ItemHead:
    """The first line of an item."""

    title: str
    """The bold text before the rest, or alone."""
    text: str
    dropped: str
    """A remark or an answer after the text."""


def read_item(lines: Sequence[Line], context: ReplyContext, *, may_continue: bool) -> list[Candidate | Rejection]:
    """Return the instruction in an item, or the reason why not, and the parts that do not belong to it.

    `may_continue` says whether paragraphs after the first may belong to it.
    """
    first, *body = lines
    head = read_head(first.text, context)
    end = 0 if context.solves else body_end(head, body, context, may_continue=may_continue)
    own = without_rules("\n".join([head.text, *(line.source for line in body[:end])]), is_own_line=False)
    instruction = joined(own.split("\n"))
    if head.title and not head.text:
        is_alone = not (body or head.dropped or context.solves)
        instruction, end = title_or_body(head.title, instruction, end, is_alone=is_alone)
    if end < len(body) or head.dropped:
        instruction = instruction.rstrip(":： ")
    reason = fault(instruction, context) if instruction or not head.title else "heading"
    source = "\n".join([first.source, *(line.source for line in body[:end])])
    found: list[Candidate | Rejection] = [rejection(reason, source) if reason else Candidate(instruction=instruction)]
    if head.dropped and not reason:
        found.append(rejection("explanation", head.dropped))
    rest = without_rules("\n".join(line.source for line in body[end:]))
    return [*found, rejection(reason_of(rest, context), rest)] if rest.strip() else found


def joined(texts: Sequence[str]) -> str:
    """Return texts as one instruction: on one line, without emphasis."""
    bare = EMPHASIS.sub(lambda match: match["stars"] or match["lines"], " ".join(texts))
    text = " ".join(bare.split())
    return text.removeprefix("**").strip() if text.count("**") == 1 else text


def read_head(text: str, context: ReplyContext) -> ItemHead:
    """Return the parts of the first line of an item."""
    title, text = split_title(text)
    if context.is_chat and (sentence := BOLD_SENTENCE.match(text)) and is_remark(text[sentence.end() :]):
        return ItemHead("", sentence[1], text[sentence.end() :])
    if title and text and (text[0] in "([" or (context.is_chat and is_remark(text))):
        return ItemHead(title, "", text)
    cut = (ANSWERED.search(text) or ANNOTATION.search(text)) if context.is_chat else None
    remark = cut.groupdict().get("remark") if cut else None
    at = cut.start() if cut and (not remark or (cut.start() and is_remark(remark))) else len(text)
    return ItemHead(title, text[:at], text[at:])


def split_title(text: str) -> tuple[str, str]:
    """Return a bold title and the text after it; no title where the emphasis is a part of the sentence."""
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


def body_end(head: ItemHead, body: Sequence[Line], context: ReplyContext, *, may_continue: bool) -> int:
    """Return how many lines of the body may belong to the instruction."""
    if context.is_chat and body and body[0].style and (head.text or head.title).endswith(SENTENCE_END):
        return 0
    after_blank = False
    for number, line in enumerate(body):
        if line.is_blank:
            after_blank = True
        elif (after_blank and not may_continue) or is_aside(line.text) or (context.is_chat and FIELD.match(line.text)):
            return number
    return len(body)


def is_aside(text: str) -> bool:
    """Return whether a line is about the instruction above it, and not a part of it."""
    return is_remark(text) or is_working(text) or is_farewell(text)


def title_or_body(title: str, body: str, end: int, *, is_alone: bool) -> tuple[str, int]:
    """Return the instruction of an item whose head is only a title, and how many lines of the body belong to it.

    The instruction is empty if neither is one.
    """
    bare, body = title.rstrip(":： "), body.lstrip("-*•+ ")
    is_sentence = title.endswith(SENTENCE_END)
    if not body or not is_instruction(body):
        return (bare if is_alone or is_sentence or is_instruction(title) else ""), 0
    is_name = all(word[0].isupper() for word in title.split() if len(word) > 3)  # such as "Sum of Integers"
    begins_alike = bare.split()[:1] == body.split()[:1]
    if is_sentence or (bare and is_instruction(title) and not is_name and not begins_alike):
        return f"{title if is_sentence else bare + '.'} {body}", end
    return body, end


def fault(instruction: str, context: ReplyContext) -> str | None:
    """Return why a text is not an instruction, or None."""
    if not instruction.strip("*_-:. "):
        return "empty item"
    if is_calculation(instruction) or is_working(instruction):
        return "solution step"
    if instruction[0] in "([（" and instruction[-1] in ")]）":
        return "note"
    if not context.is_chat:
        return None
    if is_refusal(instruction):
        return "refusal"
    if is_about_the_list(instruction) or is_preamble(instruction):
        return "preamble"
    if is_farewell(instruction):
        return "farewell"
    if is_remark(instruction):
        return "explanation"
    return "solution step" if context.solves and not is_instruction(instruction) else None


def reason_of(rest: str, context: ReplyContext) -> str:
    """Return the reason for rejecting the lines of an item after its instruction."""
    if is_farewell(rest):
        return "farewell"
    return "solution step" if context.solves or is_working(rest) else "explanation"
