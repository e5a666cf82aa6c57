"""Reads the answer to a question of yes or no.

Completion models answer in one word; chat models in bold, in a sentence, or after a preamble; others run on into tasks
of their own.  The first answer counts.  What hedges or contradicts itself is neither yes nor no: the reference code
counts whatever is not literally "Yes" as a no, which turns every unreadable answer into a wrong one (Self-Instruct,
section 2.2).  An explanation belongs to its answer and is no rejection of its own.  An answer of one word is whole
even where the reply was cut off, so it is never marked as truncated.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from selfinstruct.part import part
from selfinstruct.prompt.reply import DRESSING, is_refusal, phrases, read, rejection
from selfinstruct.request import Completion
from selfinstruct.round import Candidate, Rejection

UNREADABLE = "neither yes nor no"

NEXT_TASK = re.compile(r"^[ \t*#>-]*Task[ \t]*\d{0,3}[ \t]*[:：]", re.MULTILINE | re.IGNORECASE)
BEFORE_ANSWER = re.compile(
    r"[-*•>#\s]{0,9}(?:"
    r"(?:(?:the )?(?:correct |final )?(?:answer|response|classification|result|output)(?: is| would be|\W{0,2}[:：])"
    r"|is (?:it|this)(?: task)?(?: a)? classification(?: task)?\s*[?？]"
    r"|a[:：]|(?:答案|回答|답변?|答え)[是は은는:：])\W{0,4})?",
    re.IGNORECASE,
)
ANSWER = re.compile(
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
    r"\b(?:i|we)(?:'m| am)? ?(?:can't|cannot|can not|unable to|not able to)"
    r" (?:answer|determine|decide|tell|judge|say)\b",
    r"(?:无法|無法|不能|没法)(?:回答|确定|判断|確定|判斷)|(?:답변|대답|판단)할 수 없",
    r"(?:お答え|回答|判断)(?:することが|が|は)?でき(?:ません|ない)",
)
"""An answer that is taken back in the same line."""
SENTENCE_END = re.compile(r"[.!?。！？]")

Verdict = bool | Literal["hedged"] | None


@part
class YesNo:
    """Reads yes or no from a reply, in English and, where it is one word, in Chinese, Japanese and Korean."""

    @property
    def reply_format(self) -> str:
        """The name of the form of reply."""
        return "yes_no"

    def parse(self, completion: Completion, shown: Mapping[str, Any]) -> list[Candidate | Rejection]:
        """One answer, or why there is none."""
        reply = read(completion)
        for line in own_lines(reply.text, shown):
            answer = verdict(line[:600].replace("’", "'"))
            if isinstance(answer, bool):
                return [Candidate(is_classification=answer)]
            if answer is not None:
                break
        if reply.rejections:
            return list(reply.rejections)
        return [rejection("refusal" if is_refusal(reply.text) else UNREADABLE, reply.text)]


def own_lines(text: str, shown: Mapping[str, Any]) -> list[str]:
    """The lines that are about the task asked for: up to the next task, or after the same task said again."""
    first, *others = NEXT_TASK.split(text, maxsplit=2)
    instruction = shown["task"].instruction.strip() if "task" in shown else None
    if others and instruction and others[0].strip().startswith(instruction):
        return first.split("\n") + others[0].strip()[len(instruction) :].split("\n")
    return first.split("\n")


def verdict(line: str) -> Verdict:
    """What a line answers, if anything."""
    before = BEFORE_ANSWER.match(line)
    line = line[before.end() :] if before else line
    found = ANSWER.match(line)
    if found and DECLINES.search(line, found.end()):
        return "hedged"
    said = SENTENCE_END.split(line[found.end() :] if found else line.strip(DRESSING), maxsplit=1)[0]
    if HEDGE.search(said):
        return "hedged"
    statement = stated(said)
    if found is None:
        return statement
    answer = found["yes"] is not None
    if statement is not None and statement is not answer:
        return "hedged"
    return None if statement is None and SMALL_TALK.search(said) else answer


def stated(sentence: str) -> bool | None:
    """What a sentence says of the task without the words yes and no."""
    if SAYS_NO.search(sentence):
        return False
    return True if SAYS_YES.search(sentence) and not MIGHT.search(sentence) else None
