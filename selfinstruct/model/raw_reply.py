"""The body of a reply as the provider sent it, read before LiteLLM converts it.

LiteLLM 1.106 writes "stop" for every reason that it does not know, and for every reply of Cohere and of Ollama's
`/api/generate`.  It raises a bare KeyError where a provider leaves out the usage.  So the reason is noted as it was
given, and a field that LiteLLM could not convert is replaced: counts of other types by zeros, an unknown reason by
"stop", a text in parts by the whole.  An ordinary body is passed on as it arrived.

Rejected: LiteLLM's callbacks, which are not called for Cohere and Ollama and get the body too late to change it.
"""

import json
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from selfinstruct.model.failed_attempt import GarbledError, ReplyError, plain
from selfinstruct.model.protocol import is_object, is_success, reason_of, text_of, words
from selfinstruct.model.replies import cost_in, is_count
from selfinstruct.model.settings import MAX_REPLY_BYTES
from selfinstruct.text.finish_reason import word_of

Path: TypeAlias = tuple[str | int, ...]
STOP = "stop"  # a reason that LiteLLM accepts from every provider


class Format(NamedTuple):
    """The layout of the replies of some providers."""

    reason: Path  # the place of the finish reason
    zeros: Mapping[str, Any]  # the counts that LiteLLM needs; it reads zeros as unknown, and so do we


CHOICES = Format(("choices", 0, "finish_reason"), {"usage": {"prompt_tokens": 0, "completion_tokens": 0}})
"""OpenAI's, which most others use as well."""
FORMATS = (
    CHOICES,
    Format(("candidates", 0, "finishReason"), {"usageMetadata": {"promptTokenCount": 0}}),  # Gemini, Vertex AI
    Format(("stop_reason",), {"usage": {"input_tokens": 0, "output_tokens": 0}}),  # Anthropic
    Format(("stopReason",), {"usage": {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}}),  # Bedrock Converse
    Format(("done_reason",), {"prompt_eval_count": 0, "eval_count": 0}),  # Ollama
    Format(("finish_reason",), {"usage": {"tokens": {"input_tokens": 0, "output_tokens": 0}}}),  # Cohere v1 and v2
)

MAX_ERROR = 20_000
"""Bytes of a body without a reply that LiteLLM sees: it puts them into its errors, where waits are looked for."""


@dataclass
class RawReply:
    """The body that a provider sent in reply to one call."""

    chat: bool  # whether messages were sent, and not a text to continue
    limit: int = MAX_REPLY_BYTES  # the largest number of bytes of a body
    status: int = 0  # 0 until a whole body has arrived
    headers: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None
    """Why the reply ended, in the provider's word; None where the body has none of the known formats."""
    cost_usd: float | None = None  # the cost that the provider names, if any
    fault: str | None = None  # the text of a success that is neither a reply nor an error
    error: ReplyError | None = None  # why the last reply was not read to its end

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Note why a request gets no whole reply."""
        self.error = None
        try:
            yield
        except ReplyError as error:
            self.error = error
            raise

    def read(self, status: int, headers: Mapping[str, str], content: bytes, known: Container[str]) -> bytes:
        """Note what a body says, and return it as LiteLLM can convert it; `known` are the reasons that it knows."""
        if self.reason is not None:
            return content  # of a request that LiteLLM adds, such as Ollama's /api/show
        self.status, self.headers, self.fault = status, headers, None
        if not is_success(status):
            return content[:MAX_ERROR]
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            body = None
        form = format_of(body)
        if form is None:
            has_error = is_object(body) and body.get("error")
            self.fault = None if has_error else f"no completion: {words(content) or 'nothing'}"
            return content[:MAX_ERROR] if body is None or has_error else content
        holder, key = holder_of(body, form.reason) or {}, str(form.reason[-1])
        self.reason = reason_of(holder) if form is CHOICES else word_of(holder.get(key))
        self.cost_usd = cost_in(body.get("usage")) if is_object(body) else None
        is_changed = convert(body, form, holder, known, is_message=self.chat and form is CHOICES)
        return json.dumps(body).encode() if is_changed else content

    def explained(self, error: Exception, provider: str) -> ReplyError | None:
        """Return the error in plain words where we rejected the reply, or LiteLLM could not convert it."""
        if self.error is not None:
            return self.error
        message = self.fault
        if message is None and self.reason is not None:
            message = f"LiteLLM cannot convert this reply of {provider}: {plain(error)}"
        return None if message is None else GarbledError(self.status, message, self.headers)


CALL: ContextVar[RawReply | None] = ContextVar("call", default=None)  # the reply of the call under way


def convert(body: Any, form: Format, holder: dict[str, Any], known: Container[str], *, is_message: bool) -> bool:
    """Replace the fields that LiteLLM could not convert; return whether there were any."""
    edits: list[tuple[dict[str, Any], str, object]] = []
    key = str(form.reason[-1])
    if key in holder and not (isinstance(holder[key], str) and holder[key] in known):
        edits.append((holder, key, STOP))
    if is_object(body):
        if "model" in body and not isinstance(body["model"], str):
            edits.append((body, "model", ""))
        counts = {name: usable(body.get(name), zero) for name, zero in form.zeros.items()}
        edits += [(body, name, value) for name, value in counts.items() if value != body.get(name)]
    if is_message:
        message = holder.get("message")
        if not is_object(message):
            edits.append((holder, "message", {"role": "assistant", "content": text_of(holder)}))
        elif not isinstance(message.get("content"), str | None):
            edits.append((message, "content", text_of(holder)))
    for target, name, value in edits:
        target[name] = value
    return bool(edits)


def format_of(body: object) -> Format | None:
    """Return the layout of a body; one that has its reason goes before one that lacks it."""
    found = [(form, holder) for form in FORMATS if (holder := holder_of(body, form.reason)) is not None]
    return next((form for form, holder in found if form.reason[-1] in holder), found[0][0] if found else None)


def holder_of(body: object, path: Path) -> dict[str, Any] | None:
    """Return the object that holds the finish reason, None where the body has another layout."""
    place: Any = body
    for step in path[:-1]:
        if isinstance(step, int):
            place = place[step] if isinstance(place, list) and len(place) > step else None
        else:
            place = place.get(step) if is_object(place) else None
    return place if is_object(place) and (len(path) > 1 or path[-1] in place) else None


def usable(value: object, zero: Any) -> Any:
    """Return a count, or an object of counts, with a zero for each that is missing or cannot be a number of tokens."""
    if not is_object(zero):
        return value if is_count(value) else zero
    given = value if is_object(value) else {}
    return {**given, **{key: usable(given.get(key), inner) for key, inner in zero.items()}}
