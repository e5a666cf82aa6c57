"""The answer in a raw reply, and the phrases that chat models put around it.

Reasoning models think aloud between tags; what they think is not data, also where the thought never ends (the reply was
cut off) or where its opening tag stood in the prompt and only the closing one is in the reply.  A thought that has
ended is dropped; one that has not is a rejection, because nothing came after it.  A control token that the server left
ends or opens the reply (control_tokens.py).

Phrases are recognized at the beginning of a text and only where an instruction cannot begin that way.  Rejected: a
trained classifier, and a second model that judges: a parser has to be exact, free and the same tomorrow.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from selfinstruct.prompt.control_tokens import answer_turns
from selfinstruct.request import Completion
from selfinstruct.round import PARSE, Candidate, Rejection
from selfinstruct.text.pattern import lazy

THOUGHT_TAG = lazy(r"<(/?)(?:think|thinking|thought|reasoning)>|\[(/?)THINK\]", re.IGNORECASE)
LINE_BREAK = lazy("\r\n?|\u2028|\u2029|\x85")
INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u2060"))
MARKUP = " \t\n*_#>\"'“”`"  # markdown and quotes around a text, which do not count when phrases are compared


def phrases(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern of several phrases, in any case."""
    return lazy("|".join(alternatives), re.IGNORECASE)


QUOTATION = lazy(r"\s*(?:\"[^\"]+\"|“[^”]+”|「[^」]+」|«[^»]+»)[\s,.:;]*(?=\w)")
"""A quotation in front of more text, which is material of a task."""
REFUSAL = phrases(
    r"(?:i'm |i am )?(?:really |very |so )?(?:sorry|afraid)[,.]?\s+(?:but )?(?:as an ai|i'm (?:unable|not able)"
    r"|i (?:can't|cannot|can not|am unable|am not able))",
    r"i apologi[sz]e,? but i",
    r"(?:unfortunately, )?(?:i (?:can't|cannot|am unable to|am not able to)|i'm (?:unable|not able) to)"
    r" (?:assist|help|fulfil|comply|provide|complete|answer|create|generate|write|do)",
    r"as an ai(?:,| language model| model| assistant)|as a (?:large )?language model",
    r"(?:lo siento|lo lamento|me temo que|lamentablemente)[,.]? [^.]{0,40}\bno (?:puedo|me es posible)\b",
    r"(?:no puedo|no me es posible) (?:ayudar|completar|responder|cumplir|generar)",
    r"抱歉|对不起|對不起|很遗憾|很遺憾|죄송|申し訳|すみません",
)
PREAMBLE = phrases(
    r"(?:sure|certainly|of course|absolutely|got it|understood|great|okay|ok|no problem|alright)(?:[!,.]|$)",
    r"i(?:'d| would) be (?:happy|glad)|i(?:'m| am) (?:ready|happy|glad|here) to",
    r"i'll (?:be|do|go|complete|provide|choose)|it (?:seems|looks) like|let's (?:start|get|begin)",
    r"here you go|here(?:'s| is| are) (?:what|the|some|my|a few|\d+|two|three|four|five|several|more|your)\b[^.?!]*$",
    r"(?:below|the following) (?:is|are) (?:the|some|a|my|\d+)\b[^.?!]*$",
    r"(?:以下|下面|다음)[^.。:：\"“「]{0,80}(?:如下|です|ます|입니다)[.。:：]?[\s-]*$",
    r"¡?(?:claro(?: que sí)?|por supuesto|desde luego|con (?:mucho )?gusto|entendido|perfecto)(?:[!,.:]|$)",
    r"aquí (?:tienes?|van?|están?|te (?:dejo|presento))\b[^.?!]*$",
    r"a continuación\b[^.?!]{0,60}\b(?:tareas|instrucciones|lista|propuestas)\b[^.?!]*$",
    r"好的|没问题|沒問題|当然|當然|물론|알겠습니다|もちろん|承知",
)
FAREWELL = phrases(
    r"(?:please )?let me know|feel free|good luck|happy (?:writing|learning)|(?:please )?don't hesitate",
    r"i hope (?:this|these|that|you)|hope (?:this|these|that)|thank you for|you're welcome|is there anything else",
    r"(?:which|what) (?:one|task)\b[^.]*would you|would you like (?:me|more|to)",
    r"if you(?:'d| would| need| have| want)\b[^.]{0,80}(?:let me know|feel free|just ask|i can)",
    r"these (?:\w+ ){0,3}(?:tasks|instructions|prompts|questions|examples|items)\b",
    r"¡?espero que (?:te|le|les|os|est[aeo]s?)\b|¡?avísame|no dudes en|¿(?:quieres|deseas) que (?:añada|agregue|siga)",
    r"si (?:necesitas?|quieres?|deseas?)\b[^.]{0,80}(?:no dude|avís|dímelo|dime\b|decírme|házmelo)",
    r"希望(?:这些|以上|对(?:您|你))|祝(?:您|你)|以上(?:就)?是[^。：:]{0,12}(?:任务|列表|内容)[^。：:]{0,20}[。.]?$",
    r"(?:请问)?(?:您|你)?还(?:有|需要)[^。！？?]{0,15}(?:帮助|帮忙|协助|为您)|如果?(?:您|你)?(?:还)?有[^。]{0,30}(?:随时|请告诉我)",
    r"(?:他|ほか)に[^。]{0,20}(?:お手伝い|お役に立て)|(?:더|다른)[^.]{0,15}도움이 필요",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """The part of a completion that may hold data."""

    text: str  # the answer: no thoughts, no control tokens, lines that end in a line feed; may be empty
    rejections: tuple[Rejection, ...]  # a thought that was never ended, or the lack of an answer
    is_cut_off: bool = False  # whether the reply ended at the token limit, and no control token ended it before

    def without_data(self, reason: str) -> list[Candidate | Rejection]:
        """Return why the reply holds no data: a rejection of its own, a refusal, or else `reason`."""
        if self.rejections:
            return list(self.rejections)
        return [rejection("refusal" if is_refusal(self.text) else reason, self.text)]


def read(completion: Completion) -> Reply:
    """Return the answer in a completion: without thoughts, control tokens, invisible characters and a fence around."""
    reply = read_text(LINE_BREAK.sub("\n", completion.text).translate(INVISIBLE), is_cut_off=completion.is_cut_off)
    answer = without_fence(reply.text)
    if answer != reply.text:
        answer = read_text(answer, is_cut_off=reply.is_cut_off).text
    answer = answer.rstrip()
    is_empty = not (answer.strip() or reply.rejections)
    return replace(reply, text=answer, rejections=(rejection("empty reply", ""),) if is_empty else reply.rejections)


def read_text(text: str, *, is_cut_off: bool) -> Reply:
    """Return the answer in a text, without control tokens and thoughts."""
    found = answer_turns(text)
    unfinished: str | None = found.thought
    answer = ""
    for turn in found.texts:
        answer, unfinished = without_thoughts(turn)
        if answer.strip():
            break
    rejections = () if unfinished is None else (rejection("unfinished thought", unfinished),)
    return Reply(answer, rejections, is_cut_off=is_cut_off and not found.is_ended)


def without_thoughts(text: str) -> tuple[str, str | None]:
    """Return the text outside thoughts, and the thought that was never ended, if any."""
    outside: list[str] = []
    position, thinking = 0, False
    for tag in THOUGHT_TAG.finditer(text):
        closes = bool(tag[1] or tag[2])
        if closes and not thinking:
            outside.clear()
        elif not closes and not thinking:
            outside.append(text[position : tag.start()])
        if closes or not thinking:
            position, thinking = tag.end(), not closes
    if thinking:
        return "\n".join(outside), THOUGHT_TAG.sub("\n", text[position:])
    return "\n".join([*outside, text[position:]]), None


def without_fence(text: str) -> str:
    """Return the text without a code fence around all of it; a named fence inside opens another one and closes none."""
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
    """Return the beginning of a text as phrases are compared: without markup, on one line, straight apostrophes."""
    return plain_beginning(text[:2000])


@lru_cache(maxsize=32)  # the same text is compared several times in a row
def plain_beginning(text: str) -> str:
    """Return what `plain` does, of a short text."""
    return " ".join(text.replace("’", "'").strip(MARKUP).split())


def begins_with(pattern: re.Pattern[str], text: str) -> bool:
    """Return whether a text begins with one of the phrases, by its own words and not by words that it quotes."""
    return pattern.match(plain(text)) is not None and not quotes(text)


def quotes(text: str) -> bool:
    """Return whether a text begins with a quotation and continues after it."""
    return QUOTATION.match(text) is not None


def is_refusal(text: str) -> bool:
    """Return whether a text declines to answer."""
    return begins_with(REFUSAL, text)


def is_preamble(text: str) -> bool:
    """Return whether a text, or its first line, announces an answer instead of giving one."""
    first, line_end, _ = text.strip().partition("\n")
    return begins_with(PREAMBLE, text) or bool(line_end and begins_with(PREAMBLE, first))


def is_farewell(text: str) -> bool:
    """Return whether a text is a closing remark."""
    return begins_with(FAREWELL, text)


def rejection(reason: str, text: str) -> Rejection:
    """Return the rejection of a part of a reply."""
    return Rejection(filter=PARSE, reason=reason, text=text.strip())
