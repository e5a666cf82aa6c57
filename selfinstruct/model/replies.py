"""What the fields of a reply are worth: text, reason, tokens, cost; the same on both paths, LiteLLM and endpoint.

Servers put values of any type into any field, so nothing is used before its type is known: a field of an odd type is
read as if it were missing, and never raises.  Only the content counts; the reasoning of a model is neither text nor an
error.  A reply without content is an empty text, which the parser rejects like any other.

A count of tokens that cannot be right is unknown, never 0: every prompt has a token, and so has every text.  LiteLLM
fills in zeros where a server does not count.

A reply that a filter or a fault ended is raised as an error, so that it is asked for again like a reply that arrived in
half; what is still untrusted after the last attempt becomes a rejection with the provider's word.
"""

from collections.abc import Iterable
from dataclasses import replace
from math import inf
from typing import Annotated, Any, TypeGuard

from pydantic import Field

from selfinstruct.budget import Pricing
from selfinstruct.model.failed_attempt import GarbledError
from selfinstruct.part import part
from selfinstruct.request import Completion, Request

MOST_TOKENS = 1 << 53
"""No reply has so many; a larger number is a fault of the server, and would not fit into every file."""


@part
class Price:
    """US dollars per million tokens; null where it is not known."""

    prompt: Annotated[float, Field(ge=0)] | None
    """For a million tokens of the prompt."""
    completion: Annotated[float, Field(ge=0)] | None
    """For a million tokens of the reply."""

    def rates(self) -> Pricing | None:
        """The price, where it is known."""
        return None if self.prompt is None or self.completion is None else Pricing(self.prompt, self.completion)

    def of(self, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
        """The cost of a reply, where price and tokens are known."""
        rates = self.rates()
        if rates is None or prompt_tokens is None or completion_tokens is None:
            return None
        return rates.of(prompt_tokens, completion_tokens)


class BrokenError(GarbledError):
    """A filter or a fault of the provider ended the reply."""

    def __init__(self, word: str) -> None:
        super().__init__(200, f"the provider ended the reply with {word!r}, so its text cannot be used", {})


def trusted(reply: Completion) -> Completion:
    """Return the reply; raises an error where a filter or a fault ended it."""
    if reply.is_untrusted:
        raise BrokenError(reply.finish_reason)
    return reply


def stopped(reply: Completion, stops: Iterable[str]) -> Completion:
    """Return the reply up to the first of the stop strings, where it ended if a limit cut it off later."""
    text = cut(reply.text, stops)
    if text == reply.text:
        return reply
    return replace(reply, text=text, finish_reason=reply.finish_reason if reply.is_untrusted else "stop")


def cut(text: str, stops: Iterable[str]) -> str:
    """The text before the first of the stop strings."""
    places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return text[: min(places)] if places else text


def plain(content: object) -> str:
    """Return a content as text: a text, a part that holds one, or a list of them; empty for anything else."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(map(plain, content))
    text = content.get("text") if isinstance(content, dict) else None
    return text if isinstance(text, str) else ""


def name(value: object) -> str:
    """Return the name of a model as the server gives it, empty where it is not a name."""
    return value if isinstance(value, str) else ""


def counted(prompt: object, reply: object, text: str) -> tuple[int | None, int | None]:
    """Return the tokens of prompt and reply, None for a count that is missing or cannot be right."""
    prompt_tokens = prompt if is_count(prompt) and prompt > 0 else None
    reply_tokens = reply if is_count(reply) and (reply > 0 or not text) else None
    return prompt_tokens, None if prompt_tokens is None and reply_tokens == 0 else reply_tokens


def is_count(value: object) -> TypeGuard[int]:
    """Return whether a value can be a number of tokens."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_TOKENS


def charged(usage: object) -> float | None:
    """Return what the server itself says that a reply cost, in US dollars.

    OpenRouter and other gateways report it in `usage.cost`.  A cost of 0 is unknown, since it mostly means that.
    """
    cost = usage.get("cost") if isinstance(usage, dict) else None
    if not isinstance(cost, (int, float)) or isinstance(cost, bool):
        return None
    return float(cost) if 0 < cost < inf else None


def completion(response: Any, request: Request, word: str | None = None) -> Completion:
    """Return a response of LiteLLM as a completion, without its cost, cut at the request's stop strings.

    `word` is the reason as the provider gave it, None where LiteLLM's own is all that is known.  LiteLLM says "stop" of
    every word that it does not know, so that its "stop" alone is no reason.
    """
    text, litellms = said(response, request.chat)
    usage = getattr(response, "usage", None)
    prompt, reply = (getattr(usage, kind, None) for kind in ("prompt_tokens", "completion_tokens"))
    prompt_tokens, completion_tokens = counted(prompt, reply, text)
    found = Completion(
        text=text,
        finish_reason=word if word is not None else "" if litellms == "stop" else litellms,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        model=name(getattr(response, "model", None)),
    )
    return stopped(found, request.decoding.stop)


def said(response: Any, chat: bool) -> tuple[str, str]:
    """The text of the first choice and why it ended.

    Some gateways put an error into a reply with status 200, or no choice, which raises an error: it is no reply.
    """
    if error := getattr(response, "error", None):
        raise ValueError(f"an error in place of a reply: {error}")
    if not response.choices:
        raise GarbledError(200, "no completion: no choice", {"status": "200"})
    choice = response.choices[0]
    content = getattr(getattr(choice, "message", None), "content", None) if chat else getattr(choice, "text", None)
    reason = getattr(choice, "finish_reason", None)
    return plain(content), reason if isinstance(reason, str) else "stop"
