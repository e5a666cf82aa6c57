"""Reads the answer to a question of yes or no.

The first answer counts.  An answer that hedges or contradicts itself is neither: the reference code counts everything
except "Yes" as a no, which turns every unreadable answer into a wrong one (Self-Instruct, section 2.2).  An answer of
one word is never marked as truncated.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from selfinstruct.part import part
from selfinstruct.prompt.reply import MARKUP, phrases, read
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection
from selfinstruct.text.pattern import lazy

NEXT_TASK = lazy(r"^[ \t*#>-]*Task[ \t]*\d{0,3}[ \t]*[:：]", re.MULTILINE | re.IGNORECASE)
BEFORE_ANSWER = lazy(
    r"[-*•>#\s]{0,9}(?:"
    r"(?:(?:the )?(?:correct |final )?(?:answer|response|classification|result|output)(?: is| would be|\W{0,2}[:：])"
    r"|is (?:it|this)(?: task)?(?: a)? classification(?: task)?\s*[?？]"
    r"|a[:：]|(?:答案|回答|답변?|答え)[是は은는:：])\W{0,4})?",
    re.IGNORECASE,
)
ANSWER = lazy(
    r"\W{0,6}(?:(?P<yes>yes|yeah|yep|是的|是|예|네|はい)|(?P<no>no|nope|不是|否|不|아니오|아니요|아니다|いいえ|いえ))(?![\w/])",
    re.IGNORECASE,
)
SAYS_NO = phrases(r"(?:\b(?:not|never|nor)\b|n't\b|\bnon)[^.;:!?]{0,60}classif")
SAYS_YES = phrases(
    r"\b(?:is|it's|as|be|considered)\b[^.;:!?]{0,60}classif",
    r"^\W{0,9}(?:a )?classification(?: task)?\W{0,9}$",
)
MIGHT = phrases(r"\b(?:could|might|may|can|would|if|whether)\b")
HEDGE = phrases(
    r"\b(?:it|that) depends\b|\bdepending on (?:how|the context|whether)\b|\bto some extent\b",
    r"\b(?:maybe|perhaps|unsure|unclear|partly|partially|sort of|kind of)\b",
    r"\b(?:not|hard|difficult|impossible)(?: \w+)? (?:sure|certain|clear|say|tell|determine|decide)\b",
    r"^\W{0,4}(?:and|or|but)\W+(?:also )?(?:yes|no|not)\b",
)
SMALL_TALK = phrases(
    r"^\W{0,4}(?:of course|sure|problem|worries)\b",
    r"\b(?:i (?:can|will)|i'(?:ll|d)|what would you|your question|help you)\b",
)
DECLINES = phrases(
    r"(?:can't|cannot|can not|unable to|not able to) (?:answer|determine|decide|tell|judge|say)\b"
    r"|(?:无法|無法|不能|没法)(?:回答|确定|判断|確定|判斷)|(?:답변|대답|판단)할 수 없"
    r"|(?:お答え|回答|判断)(?:することが|が|は)?でき(?:ません|ない)",
)
SENTENCE_END = lazy(r"[.!?。！？]")

Verdict = bool | Literal["hedged"] | None


@part
class YesNo:
    """Reads yes or no from a reply, in English and, where it is one word, in Chinese, Japanese and Korean."""

    reply_format: ClassVar[str] = "yes_no"

    def parse(self, completion: Completion, prompt_vars: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """Return one answer, or the reason why not."""
        reply = read(completion)
        for line in own_lines(reply.text, prompt_vars):
            answer = verdict(line[:600].replace("’", "'"))
            if isinstance(answer, bool):
                return [Candidate(is_classification=answer)]
            if answer is not None:
                break
        return reply.without_data("neither yes nor no")


def own_lines(text: str, prompt_vars: Mapping[str, Any]) -> list[str]:
    """Return the lines about the task: up to the next task, or after the same task repeated."""
    first, *others = NEXT_TASK.split(text, maxsplit=2)
    instruction = prompt_vars["task"].instruction.strip() if "task" in prompt_vars else ""
    repeats = bool(others and instruction) and others[0].strip().startswith(instruction)
    return [*first.split("\n"), *(others[0].strip()[len(instruction) :].split("\n") if repeats else [])]


def verdict(line: str) -> Verdict:
    """Return the answer in a line, if any."""
    before = BEFORE_ANSWER.match(line)
    line = line[before.end() :] if before else line
    found = ANSWER.match(line)
    if found and DECLINES.search(line, found.end()):
        return "hedged"
    sentence = SENTENCE_END.split(line[found.end() :] if found else line.strip(MARKUP), maxsplit=1)[0]
    if HEDGE.search(sentence):
        return "hedged"
    statement = stated(sentence)
    if found is None:
        return statement
    answer = found["yes"] is not None
    if statement is not None and statement is not answer:
        return "hedged"
    return None if statement is None and SMALL_TALK.search(sentence) else answer


def stated(sentence: str) -> bool | None:
    """Return what a sentence says of the task without the words yes and no."""
    if SAYS_NO.search(sentence):
        return False
    return True if SAYS_YES.search(sentence) and not MIGHT.search(sentence) else None
