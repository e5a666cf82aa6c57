"""What a reply of LiteLLM says: text, tokens, cost.

Only the content counts; what a reasoning model thought beside it is neither text nor an error.  A reply without content
is an empty text, which the parser rejects like any other.  LiteLLM fills in zeros where a server counts no tokens;
a prompt has at least one, so zeros are read as unknown.
"""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from selfinstruct.budget import Rates
from selfinstruct.model.trouble import GarbledError
from selfinstruct.part import part
from selfinstruct.request import Completion, Request


@part
class Price:
    """US dollars per million tokens; null where it is not known."""

    prompt: Annotated[float, Field(ge=0)] | None
    """For a million tokens of the prompt."""
    completion: Annotated[float, Field(ge=0)] | None
    """For a million tokens of the reply."""

    def rates(self) -> Rates | None:
        """The price, where it is known."""
        return None if self.prompt is None or self.completion is None else Rates(self.prompt, self.completion)

    def of(self, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
        """The cost of a reply, where price and tokens are known."""
        rates = self.rates()
        if rates is None or prompt_tokens is None or completion_tokens is None:
            return None
        return rates.of(prompt_tokens, completion_tokens)


def completion(response: Any, request: Request) -> Completion:
    """A response of LiteLLM as a completion, without its cost, cut at the request's stop strings."""
    text, finish_reason = said(response, request.chat)
    shortened = cut(text, request.decoding.stop)
    prompt_tokens, completion_tokens = tokens(response)
    return Completion(
        text=shortened,
        finish_reason="stop" if shortened != text else finish_reason,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        model=getattr(response, "model", None) or "",
    )


def said(response: Any, chat: bool) -> tuple[str, str]:
    """The text of the first choice and why it ended.

    Some gateways put an error into a reply with status 200, or no choice, which raises an error: it is no reply.
    """
    if error := getattr(response, "error", None):
        raise ValueError(f"an error in place of a reply: {error}")
    if not response.choices:
        raise GarbledError(200, "no completion: no choice", {"status": "200"})
    choice = response.choices[0]
    text = choice.message.content if chat else choice.text
    return text or "", choice.finish_reason or "stop"


def cut(text: str, stops: Iterable[str]) -> str:
    """The text before the first of the stop strings."""
    places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return text[: min(places)] if places else text


def tokens(response: Any) -> tuple[int | None, int | None]:
    """The tokens of prompt and reply, where the server counted them."""
    usage = getattr(response, "usage", None)
    if usage is None or not usage.prompt_tokens:
        return None, None
    return usage.prompt_tokens, usage.completion_tokens
