"""OpenAI's protocol, as servers of one's own speak it: what is sent, and what comes back.

Everything here is a function of its arguments; endpoint.py does the sending.  Servers differ in what they leave out, so
nothing is taken for granted: a reply is read for what it holds, an error is found in whatever shape and under whatever
status it comes, and what is neither is a fault that may pass.
"""

import json
import re
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Any, TypeGuard
from urllib.parse import urljoin

from selfinstruct.model.arguments import Droppable, Limit, asked, chosen, given, stops
from selfinstruct.model.failed_attempt import GarbledError, ReplyError
from selfinstruct.model.replies import charged, counted, name, plain, stopped
from selfinstruct.request import Completion, Request
from selfinstruct.text.finish_reason import kind_of, word_of

TAG = re.compile(r"<(?:style|script|head)\b.*?</(?:style|script|head)>|<[^>]*>", re.DOTALL | re.IGNORECASE)
LONGEST_FAULT = 10_000
"""Characters of an error that are read; a server may send megabytes, which would be searched for signs for minutes."""
LONGEST_PLACE = 200
"""Characters of the address of a redirect that are shown."""


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
    """Return the completion that a reply holds, with the cost that the server names, if any.

    Raises ReplyError where it holds none.
    """
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError; brackets may lie thousands deep
        said = None
    choices = said.get("choices") if is_object(said) else None
    if (
        not is_success(status)
        or not is_object(said)
        or said.get("error")
        or not (isinstance(choices, list) and choices)
    ):
        raise fault(status, headers, content, said)
    choice = choices[0] if is_object(choices[0]) else {}
    if error := choice.get("error"):
        raise fault(status, headers, content, {"error": error})
    text, usage = text_of(choice), said.get("usage")
    counts = usage if is_object(usage) else {}
    prompt_tokens, completion_tokens = counted(counts.get("prompt_tokens"), counts.get("completion_tokens"), text)
    found = Completion(
        text=text,
        finish_reason=reason_of(choice),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost_usd=charged(usage),
        model=name(said.get("model")),
    )
    return stopped(found, request.decoding.stop)


def text_of(choice: Mapping[str, Any]) -> str:
    """Return the text of a choice, of a message or to be continued; the reasoning of a model is not part of it."""
    message = choice.get("message")
    return plain(message.get("content") if is_object(message) else choice.get("text"))


def reason_of(choice: Mapping[str, Any]) -> str:
    """Return why a choice ended; of one without text, what stands in its place: a refusal, or the call of a tool.

    OpenAI's models say "stop" when they refuse, and put the refusal beside an empty content.
    """
    word, message = word_of(choice.get("finish_reason")), choice.get("message")
    if not is_object(message) or text_of(choice).strip() or kind_of(word) not in ("ended", "unknown"):
        return word
    return "refusal" if message.get("refusal") else "tool_calls" if message.get("tool_calls") else word


def check_moved(status: int, reason: str, headers: Mapping[str, str], url: str) -> None:
    """Raise ReplyError for a redirect, with where it leads; it is not followed, since the key would go along."""
    if not 300 <= status < 400:
        return
    place = urljoin(url, headers.get("Location", "")) if headers.get("Location") else "nowhere"
    shown = place if len(place) <= LONGEST_PLACE else place[:LONGEST_PLACE] + "…"
    reason = reason or (HTTPStatus(status).phrase if status in list(HTTPStatus) else "redirect")
    raise ReplyError(status, f"{reason} to {shown}; set model.api_base to where it is", headers)


def fault(status: int, headers: Mapping[str, str], content: bytes, said: object) -> ReplyError:
    """What a server said in place of a reply; an error within a success may name a status of its own."""
    is_garbled = is_success(status) and not (is_object(said) and said.get("error"))
    error = said.get("error", said) if is_object(said) else None
    if is_object(error):
        message = error.get("message") or error.get("detail") or error.get("error_type")
        signs = [error.get("code"), error.get("type")]
    else:
        message, signs = error, []
    shown = message[:LONGEST_FAULT] if isinstance(message, str) else words(content)
    code = signs[0] if signs else None
    if is_success(status) and isinstance(code, int) and 400 <= code < 600:
        status = code
    if is_garbled and is_success(status):
        return GarbledError(status, f"no completion: {words(content) or 'nothing'}", headers)
    details = content[:LONGEST_FAULT].decode(errors="replace")
    said_signs = " ".join(sign[:LONGEST_PLACE] for sign in signs if isinstance(sign, str))
    return ReplyError(status, shown, headers, said_signs, details)


def words(content: bytes) -> str:
    """What a person would read of a page."""
    return " ".join(TAG.sub(" ", content[:LONGEST_FAULT].decode(errors="replace")).split())


def is_success(status: int) -> bool:
    """Return whether a status promises a reply; some gateways answer 201 or 202."""
    return 200 <= status < 300


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value of JSON has keys."""
    return isinstance(value, dict)
