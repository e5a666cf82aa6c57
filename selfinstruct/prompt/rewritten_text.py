"""Reads one instruction that was rewritten, out of what models put around it.

A model is asked for the new text and nothing else.  Completion models write it after the mark with which the prompt
ends; chat models repeat the mark, put the text in quotes or a fence, or say before it what they are about to do
(Evol-Instruct: Xu et al., 2023, section 2.2).  What stands around is taken away where it cannot be part of an
instruction; inside the text nothing is changed, for tables, code and data have to stay as they are.  Words of the
prompt that are left in it are for a filter to find: here they would be cut out of texts that fail for good reason.
"""

import re
from collections.abc import Mapping
from typing import Any

from selfinstruct.part import part
from selfinstruct.prompt.reply import is_farewell, is_preamble, is_refusal, phrases, read, rejection
from selfinstruct.prompt.rule_line import is_rule, without_rules
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection

MARK = phrases(
    r"^[\s#*_>]*(?:the )?(?:rewritten|created|new|evolved|revised|modified|complicated|updated|harder)"
    r" (?:prompt|instruction|task|version)[\s#*_]*[:：][\s*_]*",
    r"^[\s#*_>]*#\s*(?:rewritten|created|new) prompt\s*#[\s*_]*",
)
NEXT = re.compile(
    r"^[ \t#*_>]*(?:(?:the )?(?:given|original|rewritten|created|new) prompt[ \t#*_]*[:：]|#\s*given prompt\s*#)",
    re.MULTILINE | re.IGNORECASE,
)
REMARK = phrases(
    r"\*(?!\*)[^\n]+(?<!\*)\*$|_[^\n]+_$|\([^\n]+\)$",
    r"[\s*_(]*(?:note|remark|explanation|changes?)[\s*_]*[:：]",
    r"[\s*_(]*(?:this|the) (?:(?:rewritten|new|revised|created|evolved) )?(?:prompt|version|rewrite|instruction|one)"
    r" (?:adds|keeps|now|asks|requires|makes|is|has|introduces)\b|[\s*_(]*this (?:adds|keeps|makes|introduces)\b",
    r"[\s*_(]*i(?:'ve| have)? (?:added|kept|made|rewrote|rewritten|changed)\b",
)
"""What speaks of the text: a line all in emphasis or brackets, or one that begins so."""
QUOTES = (('"', '"'), ("“", "”"), ("'", "'"), ("«", "»"), ("「", "」"), ("**", "**"))


@part
class RewrittenText:
    """Reads the one text that a reply consists of."""

    @property
    def reply_format(self) -> str:
        """The name of the form of reply."""
        return "rewritten_text"

    def parse(self, completion: Completion, shown: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """The text, or why there is none."""
        reply = read(completion)
        if reply.rejections:
            return list(reply.rejections)
        if is_refusal(reply.text):
            return [rejection("refusal", reply.text)]
        text = bare(reply.text)
        if not text:
            return [rejection("no text", reply.text)]
        return [Candidate(instruction=text, truncated=reply.is_cut_off)]


def bare(text: str) -> str:
    """The text without announcement, mark, farewell and quotes."""
    text = without_announcement(without_rules(text).strip())
    text = without_rules(MARK.sub("", text, count=1)).strip()
    following = NEXT.search(text)
    text = without_remark(without_farewell(text[: following.start()] if following else text))
    for opening, closing in QUOTES:
        inner = text[len(opening) : -len(closing)]
        if text.startswith(opening) and text.endswith(closing) and len(text) > 4 and closing not in inner:
            return inner.strip()
    return text


def without_announcement(text: str) -> str:
    """The text without a first paragraph or line that announces it."""
    first, line_end, rest = text.partition("\n")
    is_mark = MARK.match(first) is not None
    return without_rules(rest).strip() if line_end and not is_mark and is_preamble(first) and rest.strip() else text


def without_farewell(text: str) -> str:
    """The text without a last paragraph that takes leave."""
    before, line_end, last = without_rules(text).rstrip().rpartition("\n\n")
    return without_farewell(before) if line_end and is_farewell(last) else without_rules(text).strip()


def without_remark(text: str) -> str:
    """Return the text without a last paragraph behind a rule that speaks of it."""
    before, line_end, last = text.rpartition("\n\n")
    is_apart = line_end and is_rule(before.rstrip().rpartition("\n")[2])
    return without_rules(before).strip() if is_apart and REMARK.match(last) else text
