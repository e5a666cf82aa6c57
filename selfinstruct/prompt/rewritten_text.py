"""Reads one instruction that was rewritten, out of what models put around it.

Completion models write it after the mark with which the prompt ends; chat models repeat the mark, put the text in
quotes or a fence, or announce it (Evol-Instruct: Xu et al., 2023, section 2.2).  Inside it nothing is changed, for
tables, code and data have to stay as they are.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from selfinstruct.part import part
from selfinstruct.prompt.reply import is_farewell, is_preamble, is_refusal, phrases, read
from selfinstruct.prompt.rule_line import is_rule, without_rules
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.text.pattern import lazy

MARK = phrases(
    r"^[\s#*_>]*(?:the )?(?:rewritten|created|new|evolved|revised|modified|complicated|updated|harder)"
    r" (?:prompt|instruction|task|version)[\s#*_]*[:：][\s*_]*",
    r"^[\s#*_>]*#\s*(?:rewritten|created|new) prompt\s*#[\s*_]*",
)
NEXT = lazy(
    r"^[ \t#*_>]*(?:(?:the )?(?:given|original|rewritten|created|new) prompt[ \t#*_]*[:：]|#\s*given prompt\s*#)",
    re.MULTILINE | re.IGNORECASE,
)
REMARK = phrases(
    r"\*(?!\*)[^\n]+(?<!\*)\*$|_[^\n]+_$|\([^\n]+\)$|[\s*_(]*(?:note|remark|explanation|changes?)[\s*_]*[:：]",
    r"[\s*_(]*th(?:is|e) (?:\w+ )?(?:prompt|version|rewrite|adds|keeps|makes)\b",
    r"[\s*_(]*i(?:'ve| have)? (?:added|kept|made)\b",
)
"""A remark on the text, after a rule."""
QUOTES = (('"', '"'), ("“", "”"), ("'", "'"), ("«", "»"), ("「", "」"), ("**", "**"))


@part
class RewrittenText:
    """Reads the one text that a reply consists of."""

    reply_format: ClassVar[str] = "rewritten_text"

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return the text, or the reason why not."""
        reply = read(completion)
        text = bare(reply.text)
        if reply.rejections or is_refusal(reply.text) or not text:
            return reply.without_data("no text")
        return [Candidate(instruction=text, truncated=reply.is_cut_off)]


def bare(text: str) -> str:
    """Return the text without announcement, mark, farewell and quotes."""
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
    """Return the text without a first line that announces it."""
    first, line_end, rest = text.partition("\n")
    is_mark = MARK.match(first) is not None
    return without_rules(rest).strip() if line_end and not is_mark and is_preamble(first) and rest.strip() else text


def without_farewell(text: str) -> str:
    """Return the text without closing remarks."""
    before, line_end, last = without_rules(text).rstrip().rpartition("\n\n")
    return without_farewell(before) if line_end and is_farewell(last) else without_rules(text).strip()


def without_remark(text: str) -> str:
    """Return the text without a remark on it after a rule."""
    before, line_end, last = text.rpartition("\n\n")
    is_apart = line_end and is_rule(before.rstrip().rpartition("\n")[2])
    return without_rules(before).strip() if is_apart and REMARK.match(last) else text
