"""How prompts, replies and pieces of them are shown, in Markdown that is also plain to read."""

import re
from collections.abc import Iterator, Sequence

from selfinstruct.round import Candidate, Rejection
from selfinstruct.storage.replies import Reply

LONG = 300
FENCE = "```"
"""The start of a fence."""


def fenced(text: str) -> str:
    """Return a text in a fence that it cannot close."""
    fence = "`" * max(len(FENCE), 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def one_line(text: str) -> str:
    """Return a text in one line, shortened where it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONG else f"{flat[: LONG - 1]}…"


def piece_text(piece: Candidate | Rejection, *, is_whole: bool = False) -> str:
    """Return the words of a piece of a reply; with `is_whole` an instance has its instruction above it."""
    if isinstance(piece, Rejection):
        return piece.text
    if piece.is_classification is not None and not piece.instances:
        return "yes" if piece.is_classification else "no"
    if piece.instance is None:
        return piece.instruction
    head = f"{piece.instruction}\n" if is_whole else ""
    return f"{head}input: {piece.instance.input}\noutput: {piece.instance.output}"


def reply_lines(reply: Reply | None, rejections: Sequence[Rejection], request: str) -> Iterator[str]:
    """Yield what was sent and what came back."""
    if reply is None:
        refused = next((item for item in rejections if item.request == request), None)
        yield from ("", f"There is no reply{f': {refused.reason}' if refused else ''}.")
        return
    answer = reply.completion
    yield from ("", "## The prompt as sent", "", f"Decoding: {reply.decoding}", f"Model: {reply.fingerprint}", "")
    if reply.system is not None:
        yield from ("System:", "", fenced(reply.system), "")
    tokens = "" if answer.completion_tokens is None else f", {answer.completion_tokens} tokens"
    by = f", by {answer.model}" if answer.model else ""
    ended = f"Ended: {answer.finish_reason or 'for a reason that was not reported'}{tokens}{by}."
    yield from (fenced(reply.prompt), "", "## The reply as received", "", ended, "", fenced(answer.text))
