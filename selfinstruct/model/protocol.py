"""OpenAI's protocol, as self-hosted servers speak it: how a reply and an error are read.

Servers differ in what they leave out: an error is found in any shape and under any status, and a body that is neither a
reply nor an error is a fault that may pass.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeGuard
from urllib.parse import urljoin

from selfinstruct.model.failed_attempt import GarbledError, ReplyError
from selfinstruct.model.replies import completion, cost_in, text_in
from selfinstruct.model.settings import Price
from selfinstruct.request import Completion, Request
from selfinstruct.text.finish_reason import kind_of, word_of
from selfinstruct.text.pattern import lazy

PATHS = {True: "chat/completions", False: "completions"}
"""Where messages are sent, and where a text, below the address of the server."""
TAG = lazy(r"<(?:style|script|head)\b.*?</(?:style|script|head)>|<[^>]*>", re.DOTALL | re.IGNORECASE)
MAX_ERROR = 10_000
"""Characters of an error that are read; a server may send megabytes, which would be searched for minutes."""
MAX_SHOWN = 200  # characters of an address or a code that are shown


def read(
    status: int, headers: Mapping[str, str], content: bytes, request: Request, price: Price, sent: str = ""
) -> Completion:
    """Return the completion that a reply holds, with its cost; raises ReplyError where it holds none."""
    body = parsed(content)
    choices = body.get("choices") if is_object(body) else None
    if not (is_success(status) and is_object(body) and isinstance(choices, list) and choices) or body.get("error"):
        raise fault(status, headers, content, body)
    choice = choices[0] if is_object(choices[0]) else {}
    if error := choice.get("error"):
        raise fault(status, headers, content, {"error": error})
    usage = body.get("usage")
    counts = usage if is_object(usage) else {}
    tokens = counts.get("prompt_tokens"), counts.get("completion_tokens")
    details = counts.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if is_object(details) else None
    model, named = body.get("model"), cost_in(usage)
    return completion(text_of(choice), reason_of(choice), model, tokens, request, price, named, sent, cached)


def parsed(content: bytes) -> object:
    """Return the JSON value of some bytes, None where they are not JSON."""
    try:
        found: object = json.loads(content)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError; brackets may lie thousands deep
        return None
    return found


def text_of(choice: Mapping[str, Any]) -> str:
    """Return the text of a choice, without the reasoning of the model."""
    message = choice.get("message")
    return text_in(message.get("content") if is_object(message) else choice.get("text"))


def reason_of(choice: Mapping[str, Any]) -> str:
    """Return why a choice ended; where OpenAI's models say "stop" and refuse or call a tool, that is the reason."""
    word, message = word_of(choice.get("finish_reason")), choice.get("message")
    if not is_object(message) or text_of(choice).strip() or kind_of(word) not in ("ended", "unknown"):
        return word
    return "refusal" if message.get("refusal") else "tool_calls" if message.get("tool_calls") else word


def check_moved(status: int, reason: str, headers: Mapping[str, str], url: str) -> None:
    """Raise ReplyError for a redirect, with its target; it is not followed, since the key would go along."""
    if not 300 <= status < 400:
        return
    target = urljoin(url, headers.get("Location", "")) if headers.get("Location") else "nowhere"
    shown = target if len(target) <= MAX_SHOWN else target[:MAX_SHOWN] + "…"
    reason = reason or (HTTPStatus(status).phrase if status in list(HTTPStatus) else "redirect")
    raise ReplyError(status, f"{reason} to {shown}; set model.api_base to where it is", headers)


def fault(status: int, headers: Mapping[str, str], content: bytes, body: object) -> ReplyError:
    """Return the error that a server sent in place of a reply; within a success it may name a status of its own."""
    error = body.get("error", body) if is_object(body) else None
    code = kind = None
    message: object = error
    if is_object(error):
        message = error.get("message") or error.get("detail") or error.get("error_type")
        code, kind = error.get("code"), error.get("type")
    is_garbled = is_success(status) and not (is_object(body) and body.get("error"))
    if is_success(status) and isinstance(code, int) and 400 <= code < 600:
        status = code
    page = words(content)
    if is_garbled and is_success(status):
        return GarbledError(status, f"no completion: {page or 'nothing'}", headers)
    shown = message[:MAX_ERROR] if isinstance(message, str) else page
    signs = " ".join(sign[:MAX_SHOWN] for sign in (code, kind) if isinstance(sign, str))
    return ReplyError(status, shown, headers, signs, content[:MAX_ERROR].decode(errors="replace"))


def words(content: bytes) -> str:
    """Return the text of a page, without its markup."""
    return " ".join(TAG.sub(" ", content[:MAX_ERROR].decode(errors="replace")).split())


def is_success(status: int) -> bool:
    """Return whether a status promises a reply; some gateways answer 201 or 202."""
    return 200 <= status < 300


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a JSON value is an object."""
    return isinstance(value, dict)
