"""Control tokens that a server left in a reply: `<|im_end|>`, `</s>`, `[/INST]`, Llama 3's headers, harmony's channels.

The text before a token that ends a turn is the reply, and the text after it was made up by a model that should have
stopped.  A header opens a turn and names its role.  In harmony the final channel is the reply, and the analysis channel
is a thought.

Any text of that shape counts at the beginning and the end of a reply.  Inside it a token counts where it can end or
open a turn: at the beginning of a line, after a sentence or a word without a space, or next to others.  In quotes or
code it is text, because tasks about tokens show them so.  Models are more than any table of tokens, and their tokens
are alike.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from selfinstruct.text.pattern import lazy

MARKER = (
    r"(?:<[|｜]/?[A-Za-z][\w▁/.-]{0,40}[|｜]>|<\|[a-z_]{1,20}>|<[a-z_]{1,20}\|>|</?s>|<(?:bos|eos|eot|eop|sop|eoa|pad)>"
    r"|<(?:start|end)_of_(?:turn|utterance)>|\[/?INST\]|<</?SYS>>|\[\|/?[A-Za-z]\w{0,40}\|\])"
)
ROLE = r"(?:assistant|model|user|system|human|tool|developer|ipython)"
CHANNEL = r"(?:(?:analysis|commentary|final|thought)(?:[ \t]+to=[^\s<]{1,80})?)"
WORD = rf"(?:{ROLE}|{CHANNEL}|json)[ \t]*"
RUN = lazy(rf"(?:\A\s*+{WORD}(?={MARKER}))?{MARKER}(?:\s*+(?:{MARKER}|{WORD}(?={MARKER}|\n|\Z)))*", re.IGNORECASE)
PART = lazy(rf"{MARKER}|[a-z]+", re.IGNORECASE)
PLAIN_HARMONY = lazy(r"\A\s*+analysis(?=[^\sa-z]).*?assistantfinal", re.DOTALL)
"""Harmony from a server that dropped the tokens and left the words between them."""

OTHERS = lazy(r"user|human|system|tool|developer|ipython|observation|^\[inst|<<sys", re.IGNORECASE)
OURS = lazy(r"assistant|model|chatbot|/inst", re.IGNORECASE)
THOUGHT = lazy(r"analysis|commentary|thought|start_thinking", re.IGNORECASE)
FINAL = lazy(r"final|start_response", re.IGNORECASE)
KNOWN = lazy(
    r"end|\beo[a-z]|_eo|im_|start|begin|turn|user|human|assistant|chatbot|system|inst|sys>|/?s>|header|channel|message"
    r"|call|bos",
    re.IGNORECASE,
)
"""Parts of the tokens that end or open a turn; `<|name|>` in a letter is a placeholder."""
SENTENCE_END = (".", "?", "!", "。", "？", "！", ":", "：", '"', "”", ")", "*")
QUOTES = ("'", '"', "`", "”", "’", "»", "」", ")", "）")
FENCE = lazy(r"^[ \t]*```", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ReplyTurns:
    """The turns of a reply that are the model's own."""

    texts: tuple[str, ...]  # the turns that may be the reply, best first; none where there are only thoughts
    thought: str | None = None  # the thoughts, where nothing came after them
    has_tokens: bool = False  # whether control tokens were cut out
    is_ended: bool = False  # whether a token ended the reply, so that it is whole wherever the server stopped


@dataclass(frozen=True, slots=True)
class Turn:
    """The text between two groups of tokens, with the group before it."""

    text: str
    header: str = ""
    is_ended: bool = False

    @property
    def is_other(self) -> bool:
        """Whether another role than the model speaks."""
        roles = [part for part in PART.findall(self.header) if OTHERS.search(part) or OURS.search(part)]
        return bool(roles) and OURS.search(roles[-1]) is None

    @property
    def is_ours(self) -> bool:
        """Whether the header says that the model speaks."""
        return not self.is_other and (OURS.search(self.header) or FINAL.search(self.header)) is not None

    @property
    def is_final(self) -> bool:
        """Whether it is in the channel of the reply."""
        return FINAL.search(self.header) is not None

    @property
    def is_thought(self) -> bool:
        """Whether it is in a channel for thoughts."""
        return THOUGHT.search(self.header) is not None and not self.is_final


def leaks(text: str) -> bool:
    """Return whether a reply holds control tokens."""
    return answer_turns(text).has_tokens


@lru_cache(maxsize=8)
def answer_turns(text: str) -> ReplyTurns:
    """Return the turns of the model, without control tokens and without the text after the end of its turn."""
    if plain := PLAIN_HARMONY.match(text):
        return ReplyTurns((text[plain.end() :],), has_tokens=True)
    turns = list(turns_of(text))
    if len(turns) == 1:
        return ReplyTurns((text,))
    own: list[Turn] = []
    for turn in turns:
        if any(not one.is_thought for one in own) and not turn.is_ours:
            break
        if not turn.is_other and turn.text.strip():
            own.append(turn)
    replies = [turn for turn in own if turn.is_final] or [turn for turn in own if not turn.is_thought]
    texts = tuple(turn.text for turn in replies)
    thought = None if replies else "\n".join(turn.text for turn in own)
    return ReplyTurns(texts, thought or None, has_tokens=True, is_ended=bool(replies) and replies[0].is_ended)


def turns_of(text: str) -> Iterator[Turn]:
    """Yield the turns of a text in order; the whole text where no token separates it."""
    header, position = "", 0
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    runs = list(RUN.finditer(text))
    fences = [fence.start() for fence in FENCE.finditer(text)] if runs else []
    proven = {run[0].strip() for run in runs[-1:] if run.end() >= last}
    for run in runs:
        fence = bisect_left(fences, run.start())
        is_code = fence % 2 == 1 and fence < len(fences)
        is_at_end = run.start() <= first or run.end() >= last
        if is_at_end or (not is_code and (closes(header, run[0]) or parts_turns(run, is_proven=run[0] in proven))):
            yield Turn(text[position : run.start()], header, is_ended=True)
            header, position = run[0], run.end()
    yield Turn(text[position:], header)


def closes(header: str, run: str) -> bool:
    """Return whether tokens end a turn that is not the reply: another role's, or a thought."""
    turn = Turn("", header)
    return (turn.is_other or turn.is_thought) and KNOWN.search(run) is not None


def parts_turns(run: re.Match[str], *, is_proven: bool) -> bool:
    """Return whether tokens inside a text end or open a turn; `is_proven` where the text ends with the same ones."""
    text = run.string
    before = text[max(text.rfind("\n", 0, run.start()) + 1, run.start() - 500) : run.start()]
    after = text[run.end() : run.end() + 1]
    if after in QUOTES or before.count("`") % 2 or before.count('"') % 2 or before.count("“") > before.count("”"):
        return False
    if KNOWN.search(run[0]) is None:
        return False
    if not before.strip() or not re.fullmatch(MARKER, run[0], re.IGNORECASE):
        return True
    ends_sentence = before.rstrip().endswith(SENTENCE_END)
    is_glued = not before[-1].isspace()
    return (ends_sentence or is_glued) if after == "\n" else is_glued and (ends_sentence or is_proven)
