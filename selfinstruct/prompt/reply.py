"""The text of a raw reply, without what surrounds the answer, and the phrases that chat models surround it with.

Reasoning models think aloud between tags; what they think is not data, also where the thought never ends (the reply was
cut off) or where its opening tag stood in the prompt and only the closing one is in the reply.  A thought that has
ended is dropped without a word, because it belongs to the answer as much as a hidden one does; one that has not is a
rejection, because nothing came after it.

A control token that the server left ends or opens the reply (`control_tokens`).

Phrases are recognised at the beginning of a text and only where an instruction cannot begin that way.  A trained
classifier and a second model that judges were rejected: a parser has to be exact, free and the same tomorrow.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from selfinstruct.prompt.control_tokens import spoken
from selfinstruct.request import Completion
from selfinstruct.round import PARSE, Rejection

THOUGHT_TAG = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>|\[(/?)THINK\]", re.IGNORECASE)
LINE_BREAK = re.compile("\r\n?|\u2028|\u2029|\x85")
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u2060"))
DRESSING = " \t\n*_#>\"'“”`"


def phrases(*alternatives: str) -> re.Pattern[str]:
    """A pattern of any of several phrases, in any case."""
    return re.compile("|".join(alternatives), re.IGNORECASE)


QUOTATION = re.compile(r"\s*(?:\"[^\"]+\"|“[^”]+”|「[^」]+」|«[^»]+»)[\s,.:;]*(?=\w)")
"""A quotation in front of more text: what it says is material."""
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
    r"here you go|here(?:'s| is| are) (?:what|the|some|my|a few|\d+|two|three|four|five|several|more|your)\b[^.?!]*$",
    r"(?:below|the following) (?:is|are) (?:the|some|a|my|\d+)\b[^.?!]*$",
    r"(?:以下|下面|다음)[^.。:：\"“「]{0,80}(?:如下|です|ます|입니다)[.。:：]?[\s-]*$",
    r"好的|当然|當然|물론|알겠습니다|もちろん|承知",
)
FAREWELL = phrases(
    r"(?:please )?let me know|feel free|good luck|happy (?:writing|learning)|(?:please )?don't hesitate",
    r"i hope (?:this|these|that|you)|hope (?:this|these|that)|thank you for|you're welcome|is there anything else",
    r"(?:which|what) (?:one|task)\b[^.]*would you|would you like (?:me|more|to)",
    r"if you(?:'d| would| need| have| want)\b[^.]{0,80}(?:let me know|feel free|just ask|i can)",
    r"these (?:\w+ ){0,3}(?:tasks|instructions|prompts|questions|examples|items)\b",
    r"(?:请问)?(?:您|你)?还(?:有|需要)[^。！？?]{0,15}(?:帮助|帮忙|协助|为您)|如果?(?:您|你)?(?:还)?有[^。]{0,30}(?:随时|请告诉我)",
    r"(?:他|ほか)に[^。]{0,20}(?:お手伝い|お役に立て)|(?:더|다른)[^.]{0,15}도움이 필요",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What of a completion may hold data."""

    text: str
    """The answer: no thoughts, no control tokens, lines that end in a line feed; may be empty."""
    rejections: tuple[Rejection, ...]
    """A thought that was never ended; or that there is no answer at all."""
    is_cut_off: bool = False
    """Whether the reply ended at the token limit, and no control token ended it before."""


def read(completion: Completion) -> Reply:
    """Return the answer in a reply, without a fence around the whole."""
    reply = said(LINE_BREAK.sub("\n", completion.text).translate(INVISIBLE), is_cut_off=completion.is_cut_off)
    answer = without_fence(reply.text)
    if answer != reply.text:
        answer = said(answer, is_cut_off=reply.is_cut_off).text
    answer = answer.rstrip()
    is_empty = not (answer.strip() or reply.rejections)
    return replace(reply, text=answer, rejections=(rejection("empty reply", ""),) if is_empty else reply.rejections)


def said(text: str, *, is_cut_off: bool) -> Reply:
    """Return what a text says, without control tokens and thoughts; empty where it says nothing."""
    found = spoken(text)
    unfinished: str | None = found.thought
    answer = ""
    for turn in found.texts:
        answer, unfinished = without_thoughts(turn)
        if answer.strip():
            break
    rejections = () if unfinished is None else (rejection("unfinished thought", unfinished),)
    return Reply(answer, rejections, is_cut_off=is_cut_off and not found.is_ended)


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
    """The text without a code fence that opens before its first word and closes, if at all, after its last.

    A fence inside the first that names a language, or stands behind other text, opens another one and closes none.
    """
    lines = text.strip().split("\n")
    fences = [number for number, line in enumerate(lines) if line.lstrip().startswith("```")]
    if fences[:1] != [0]:
        return text
    is_closed = len(fences) > 1 and lines[-1].strip() == "```"
    inside = next((line.strip() for line in lines[1:-1] if line.count("```") % 2), "```")
    if fences == [0] or fences == [0, len(lines) - 1] or (is_closed and inside != "```"):
        return "\n".join(lines[1 : fences[-1] or None])
    return text


def plain(text: str) -> str:
    """The text as phrases are compared: undressed, on one line, with straight apostrophes; its beginning suffices."""
    return undressed(text[:2000])


@lru_cache(maxsize=32)
def undressed(text: str) -> str:
    """What `plain` gives of a short text; the same text is asked about several times in a row."""
    return " ".join(text.replace("’", "'").strip(DRESSING).split())


def says(pattern: re.Pattern[str], text: str) -> bool:
    """Return whether a text begins as one of the phrases does, by its own words and not by words that it quotes."""
    return pattern.match(plain(text)) is not None and not quotes(text)


def quotes(text: str) -> bool:
    """Return whether a text begins with a quotation and goes on after it."""
    return QUOTATION.match(text) is not None


def is_refusal(text: str) -> bool:
    """Whether it declines to answer."""
    return says(REFUSAL, text)


def is_preamble(text: str) -> bool:
    """Whether it announces an answer instead of giving one: as a whole, or by its first line."""
    first, line_end, _ = text.strip().partition("\n")
    return says(PREAMBLE, text) or bool(line_end and says(PREAMBLE, first))


def is_farewell(text: str) -> bool:
    """Whether it takes leave of the reader, or sums up, after an answer."""
    return says(FAREWELL, text)


def rejection(reason: str, text: str) -> Rejection:
    """A piece of a reply that is no data."""
    return Rejection(filter=PARSE, reason=reason, text=text.strip())
