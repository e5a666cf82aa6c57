"""OpenAI's protocol, as servers of one's own speak it: what is sent, and what comes back.

Everything here is a function of its arguments; endpoint.py does the sending.  Servers differ in what they leave out, so
nothing is taken for granted: a reply is read for what it holds, an error is found in whatever shape and under whatever
status it comes, and what is neither is a fault that may pass.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, TypeGuard

from selfinstruct.model.arguments import Droppable, Limit, asked, chosen, given, stops
from selfinstruct.model.replies import cut
from selfinstruct.model.trouble import GarbledError, ReplyError
from selfinstruct.request import Completion, Request

TAG = re.compile(r"<(?:style|script|head)\b.*?</(?:style|script|head)>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def path(chat: bool) -> str:
    """Where a request goes, below the address of the server."""
    return "chat/completions" if chat else "completions"


def parameters(
    model: str,
    extra: Mapping[str, Any],
    request: Request,
    unsupported: Collection[Droppable] = (),
    limit: Limit | None = None,
) -> dict[str, Any]:
    """What is sent for a request beside the prompt and the name of the model."""
    return {
        **given(extra),
        **given(request.decoding.extra),
        **chosen(request.decoding, limit),
        **stops(request.decoding, model, {"stop"} - set(unsupported)),
    }


def body(model: str, sent: Mapping[str, Any], request: Request) -> bytes:
    """What is sent for a request, with these parameters."""
    return json.dumps({**sent, **asked(request), "model": model}).encode()


def completion(status: int, headers: Mapping[str, str], content: bytes, request: Request) -> Completion:
    """The completion that a reply holds, without its cost; raises ReplyError where it holds none."""
    try:
        said = json.loads(content)
    except ValueError:  # UnicodeDecodeError is one
        said = None
    choices = said.get("choices") if is_object(said) else None
    if status != 200 or not is_object(said) or said.get("error") or not (isinstance(choices, list) and choices):
        raise fault(status, headers, content, said)
    choice = choices[0] if is_object(choices[0]) else {}
    if error := choice.get("error"):
        raise fault(status, headers, content, {"error": error})
    text = text_of(choice, request.chat)
    shortened = cut(text, request.decoding.stop)
    reason = choice.get("finish_reason")
    prompt_tokens, completion_tokens = tokens(said.get("usage"))
    return Completion(
        text=shortened,
        finish_reason="stop" if shortened != text or not reason else str(reason),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        model=str(said.get("model") or ""),
    )


def text_of(choice: Mapping[str, Any], chat: bool) -> str:
    """The text of a choice; what a reasoning model thought beside it is none."""
    if not chat:
        return plain(choice.get("text"))
    message = choice.get("message")
    return plain(message.get("content")) if is_object(message) else ""


def plain(content: object) -> str:
    """A content as text: it may be a text, a list of parts, or nothing."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "".join(part["text"] for part in content if is_object(part) and isinstance(part.get("text"), str))


def tokens(usage: object) -> tuple[int | None, int | None]:
    """The tokens of prompt and reply, where the server counted them; a prompt has at least one."""
    counted = usage if is_object(usage) else {}
    prompt, reply = counted.get("prompt_tokens"), counted.get("completion_tokens")
    if not is_count(prompt) or prompt == 0:
        return None, None
    return prompt, reply if is_count(reply) else 0


def is_count(value: object) -> TypeGuard[int]:
    """Whether a value of JSON can be a number of tokens."""
    return isinstance(value, int) and 0 <= value < 1 << 53


def fault(status: int, headers: Mapping[str, str], content: bytes, said: object) -> ReplyError:
    """What a server said in place of a reply; an error within a success may name a status of its own."""
    is_garbled = status == 200 and not (is_object(said) and said.get("error"))
    error = said.get("error", said) if is_object(said) else None
    if is_object(error):
        message = error.get("message") or error.get("detail") or error.get("error_type")
        signs = [error.get("code"), error.get("type")]
    else:
        message, signs = error, []
    shown = message if isinstance(message, str) else words(content)
    code = signs[0] if signs else None
    if status == 200 and isinstance(code, int) and 400 <= code < 600:
        status = code
    if is_garbled and status == 200:
        return GarbledError(status, f"no completion: {words(content) or 'nothing'}", headers)
    return ReplyError(status, shown, headers, " ".join(sign for sign in signs if isinstance(sign, str)))


def words(content: bytes) -> str:
    """What a person would read of a page."""
    return " ".join(TAG.sub(" ", content[:10_000].decode(errors="replace")).split())


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value of JSON has keys."""
    return isinstance(value, dict)
