"""The text of a raw reply, without what surrounds the answer, and the phrases that chat models surround it with.

Reasoning models think aloud between tags; what they think is not data, also where the thought never ends (the reply was
cut off) or where its opening tag stood in the prompt and only the closing one is in the reply.  A thought that has
ended is dropped without a word, because it belongs to the answer as much as a hidden one does; one that has not is a
rejection, because nothing came after it.

Phrases are recognised at the beginning of a text and only where an instruction cannot begin that way.  A trained
classifier and a second model that judges were rejected: a parser has to be exact, free and the same tomorrow.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from selfinstruct.request import Completion
from selfinstruct.round import PARSE, Rejection

THOUGHT_TAG = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>|\[(/?)THINK\]", re.IGNORECASE)
LINE_BREAK = re.compile("\r\n?|\u2028|\u2029|\x85")
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u2060"))
DRESSING = " \t\n*_#>\"'“”`"


def phrases(*alternatives: str) -> re.Pattern[str]:
    """A pattern of any of several phrases, in any case."""
    return re.compile("|".join(alternatives), re.IGNORECASE)


REFUSAL = phrases(
    r"(?:i'm |i am )?(?:really |very |so )?(?:sorry|afraid)[,.]?\s+(?:but )?(?:as an ai|i'm (?:unable|not able)"
    r"|i (?:can't|cannot|can not|am unable|am not able))",
    r"i apologi[sz]e,? but i",
    r"(?:unfortunately, )?(?:i (?:can't|cannot|am unable to|am not able to)|i'm (?:unable|not able) to)"
    r" (?:assist|help|fulfil|comply|provide|complete|answer|create|generate|write|do)",
    r"as an ai(?:,| language model| model| assistant)|as a (?:large )?language model",
    r"抱歉|对不起|對不起|很遗憾|很遺憾|죄송|申し訳|すみません",
)
PREAMBLE = phrases(
    r"(?:sure|certainly|of course|absolutely|got it|understood|great|okay|ok|no problem|alright)(?:[!,.]|$)",
    r"i(?:'d| would) be (?:happy|glad)|i(?:'m| am) (?:ready|happy|glad|here) to",
    r"i'll (?:be|do|go|complete|provide|choose)|it (?:seems|looks) like|let's (?:start|get|begin)",
    r"here you go|here(?:'s| is| are) (?:what|the|some|my|a few|\d+|several|more|your)\b[^.?!]*(?:[:：]|$)",
    r"(?:below|the following) (?:is|are) (?:the|some|a|my|\d+)\b[^.?!]*(?:[:：]|$)",
    r"(?:以下|下面|다음)[^.。]{0,80}(?:如下|です|ます|입니다)[.。:：]?[\s-]*$",
    r"好的|当然|當然|물론|알겠습니다|もちろん|承知",
)
FAREWELL = phrases(
    r"(?:please )?let me know|feel free|good luck|happy (?:writing|learning)|(?:please )?don't hesitate",
    r"i hope (?:this|these|that|you)|hope (?:this|these|that)|thank you for|you're welcome|is there anything else",
    r"(?:which|what) (?:one|task)\b[^.]*would you|would you like (?:me|more|to)",
    r"if you(?:'d| would| need| have| want)\b[^.]{0,80}(?:let me know|feel free|just ask|i can)",
    r"these (?:\w+ ){0,3}(?:tasks|instructions|prompts|questions|examples|items)\b",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What of a completion may hold data."""

    text: str
    """The answer: no thoughts, no fence around the whole, lines that end in a line feed; may be empty."""
    rejections: tuple[Rejection, ...]
    """A thought that was never ended; or that there is no answer at all."""


def read(completion: Completion) -> Reply:
    """The answer in a reply."""
    text = LINE_BREAK.sub("\n", completion.text).translate(INVISIBLE)
    answer, unfinished = without_thoughts(text)
    answer = without_fence(answer).rstrip()
    if unfinished is not None:
        return Reply(answer, (rejection("unfinished thought", unfinished),))
    return Reply(answer, () if answer.strip() else (rejection("empty reply", ""),))


def without_thoughts(text: str) -> tuple[str, str | None]:
    """The text outside thoughts, and the thought that was never ended, if any."""
    kept: list[str] = []
    position, thinking = 0, False
    for tag in THOUGHT_TAG.finditer(text):
        closes = bool(tag[1] or tag[2])
        if closes and not thinking:
            kept.clear()
        elif not closes and not thinking:
            kept.append(text[position : tag.start()])
        if closes or not thinking:
            position, thinking = tag.end(), not closes
    if thinking:
        return "\n".join(kept), THOUGHT_TAG.sub("\n", text[position:])
    return "\n".join([*kept, text[position:]]), None


def without_fence(text: str) -> str:
    """The text without a code fence that opens before its first word and closes, if at all, after its last."""
    lines = text.strip().split("\n")
    fences = [number for number, line in enumerate(lines) if line.lstrip().startswith("```")]
    if fences == [0] or fences == [0, len(lines) - 1]:
        return "\n".join(lines[1 : fences[-1] or None])
    return text


def plain(text: str) -> str:
    """The text as phrases are compared: undressed, on one line, with straight apostrophes; its beginning suffices."""
    return undressed(text[:2000])


@lru_cache(maxsize=32)
def undressed(text: str) -> str:
    """What `plain` gives of a short text; the same text is asked about several times in a row."""
    return " ".join(text.replace("’", "'").strip(DRESSING).split())


def is_refusal(text: str) -> bool:
    """Whether it declines to answer."""
    return REFUSAL.match(plain(text)) is not None


def is_preamble(text: str) -> bool:
    """Whether it announces an answer instead of giving one."""
    return PREAMBLE.match(plain(text)) is not None


def is_farewell(text: str) -> bool:
    """Whether it takes leave of the reader, or sums up, after an answer."""
    return FAREWELL.match(plain(text)) is not None


def rejection(reason: str, text: str) -> Rejection:
    """A piece of a reply that is no data."""
    return Rejection(filter=PARSE, reason=reason, text=text.strip())
