"""The fields of a reply, read in the same way from LiteLLM and from a server that is asked directly.

Servers put values of any type into any field: a field of another type is read as if it were missing.  Only the content
counts; the reasoning of a model is not text.  A token count that cannot be right is unknown, never 0.  A reply that a
filter or a fault ended is raised as an error, so that it is asked for again like half a reply.
"""

from collections.abc import Iterable
from dataclasses import replace
from math import inf
from typing import TypeGuard

from selfinstruct.model.failed_attempt import GarbledError
from selfinstruct.model.settings import Price
from selfinstruct.request import Completion, Request

MAX_TOKENS = 1 << 53  # a larger count is a fault of the server, and would not fit into every file


def completion(
    text: str,
    finish_reason: str,
    model: object,
    tokens: tuple[object, object],
    request: Request,
    price: Price | None = None,
    named_cost: float | None = None,
    sent: str = "",
    cached: object = None,
) -> Completion:
    """Return a reply, cut at the first stop string, with its cost; raises GarbledError if a filter ended it."""
    stopped = cut(text, request.decoding.stop)
    prompt_tokens, completion_tokens = token_counts(*tokens, text)
    cost = None if price is None else price.of(prompt_tokens, completion_tokens)
    found = Completion(
        text=stopped,
        finish_reason=finish_reason,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost_usd=named_cost if cost is None else cost,
        model=model if isinstance(model, str) else "",
        sent=sent,
        cached_tokens=cached if is_count(cached) else None,
    )
    if found.is_untrusted:
        message = f"the provider ended the reply with {finish_reason!r}, so its text cannot be used"
        raise GarbledError(200, message, {})
    return found if stopped == text else replace(found, finish_reason="stop")


def cut(text: str, stops: Iterable[str]) -> str:
    """Return the text before the first of the stop strings."""
    places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return text[: min(places)] if places else text


def text_in(content: object) -> str:
    """Return a content as text: a text, a part that holds one, or a list of them; empty for anything else."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(map(text_in, content))
    text = content.get("text") if isinstance(content, dict) else None
    return text if isinstance(text, str) else ""


def token_counts(prompt: object, reply: object, text: str) -> tuple[int | None, int | None]:
    """Return the tokens of prompt and reply, None for a count that is missing or cannot be right."""
    prompt_tokens = prompt if is_count(prompt) and prompt > 0 else None
    reply_tokens = reply if is_count(reply) and (reply > 0 or not text) else None
    return prompt_tokens, None if prompt_tokens is None and reply_tokens == 0 else reply_tokens


def is_count(value: object) -> TypeGuard[int]:
    """Return whether a value can be a number of tokens."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_TOKENS


def cost_in(usage: object) -> float | None:
    """Return the cost in US dollars in `usage.cost`, as OpenRouter names it; 0 mostly means unknown."""
    cost = usage.get("cost") if isinstance(usage, dict) else None
    if not isinstance(cost, (int, float)) or isinstance(cost, bool):
        return None
    return float(cost) if 0 < cost < inf else None
