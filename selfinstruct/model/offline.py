"""A model that needs no network and no key: a grammar writes the replies.

It serves to try a config, to teach, and to test: a newcomer sees a whole run in seconds before a token is paid for.
Its replies have the forms of real ones, and at set rates their faults.  A reply is a pure function of the request, its
id included, so that a run gives the same bytes on every machine.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from dataclasses import asdict
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from selfinstruct.budget import Pricing
from selfinstruct.model import ImmediateSession, Mode, Session
from selfinstruct.model.arguments import SCHEMA
from selfinstruct.part import part
from selfinstruct.request import Completion, Decoding, Failure, Request
from selfinstruct.task import OFFLINE
from selfinstruct.text.pattern import lazy

if TYPE_CHECKING:
    from selfinstruct.model.batches import BatchProvider

Share = Annotated[float, Field(ge=0, le=1)]

WORD = lazy(r"\S+")
TOKENS_PER_WORD = 4 / 3
UNANSWERED = (
    "it cannot answer the prompt of stage {stage}: {reason}. "
    "Set model=scripted with replies of your own, or choose a real model."
)


@part
class Offline:
    """Completes prompts from a grammar."""

    mode: Mode
    """`chat` to be sent messages, `completion` to continue a text."""
    repeats: Share
    """Share of new instructions that are near copies of one in the prompt or earlier in the reply."""
    truncated: Share
    """Share of replies that are cut off, as if at the token limit."""
    bad_format: Share
    """Share of replies whose form is off: numbers that restart, bullets, missing markers, no usable yes or no."""
    chatty: Share
    """Share of replies with a preamble and a farewell; a yes or no is followed by a reason."""
    thinking: Share
    """Share of replies that open with a <think> block."""
    batch: bool = False
    """Whether the requests of stages that annotate wait in batches, as at a provider with a batch interface."""
    batch_seconds: Annotated[float, Field(ge=0)] = 3.0
    """How long a batch waits; a provider's waits up to a day."""
    key_env: ClassVar[str | None] = None
    deadline_seconds: ClassVar[float | None] = None
    name: ClassVar[str] = OFFLINE
    is_offline: ClassVar[bool] = True
    store: ClassVar[str | None] = None

    def pricing(self) -> Pricing:
        """Return a price of 0."""
        return Pricing(0.0, 0.0)

    def problems(self) -> list[str]:
        """Return nothing: it needs no key and no network."""
        return []

    def fingerprint(self) -> dict[str, object]:
        """Return its name, mode and fault rates."""
        shape = {key: value for key, value in asdict(self).items() if key not in ("batch", "batch_seconds")}
        return {"name": self.name, **shape}

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session in which every request is answered at once."""
        return nullcontext(ImmediateSession(self._completion))

    def batches(self) -> AbstractAsyncContextManager["BatchProvider"]:
        """Connect to batches that wait in no other place."""
        from selfinstruct.model.offline_batches import OfflineBatches

        return nullcontext(OfflineBatches(self.batch_seconds, self._completion))

    def _completion(self, request: Request) -> Completion:
        from selfinstruct.model.grammar.parsed_prompt import UnanswerableError  # read when first prompt, not before

        rng = stream(request)
        try:
            text, cut_off = ended(self._text(request, rng), request.decoding)
        except UnanswerableError as reason:
            return Completion(failure=Failure("fatal", UNANSWERED.format(stage=request.stage, reason=reason)))
        if rng.random() < self.truncated:
            text, cut_off = first_words(text, int(len(text.split()) * rng.uniform(0.2, 0.9))), True
        return Completion(
            text=text,
            finish_reason="length" if cut_off else "stop",
            prompt_tokens=tokens(f"{request.system or ''} {request.text}"),
            completion_tokens=tokens(text),
            cost_usd=0.0,  # known: it costs nothing
            model=self.name,
        )

    def _text(self, request: Request, rng: Random) -> str:
        from selfinstruct.model.grammar.parsed_prompt import ParsedPrompt
        from selfinstruct.model.grammar.replies import between, reply, thought
        from selfinstruct.model.grammar.structured import structured

        spoiled, talks, thinks = (rng.random() < share for share in (self.bad_format, self.chatty, self.thinking))
        prompt = ParsedPrompt(request, rng, self.repeats, spoiled)
        if SCHEMA in request.decoding.extra:
            return structured(prompt)
        text = reply(prompt)
        if talks:
            text = between(text, prompt)
        return thought(text) if thinks else text


def stream(request: Request) -> Random:
    """Return the random stream of a request, which is the same on every machine."""
    shape = (request.id, request.system, request.text, request.chat, request.reply_format, asdict(request.decoding))
    return Random(int.from_bytes(sha256(repr(shape).encode()).digest()))


def ended(text: str, decoding: Decoding) -> tuple[str, bool]:
    """Return the reply up to the first stop text or the token limit, and whether it was the limit."""
    text = text[: min((text.find(stop) for stop in decoding.stop if stop and stop in text), default=len(text))]
    if decoding.max_tokens is None:
        return text, False
    most = max(int(decoding.max_tokens / TOKENS_PER_WORD), 1)
    return first_words(text, most), len(text.split()) > most


def first_words(text: str, count: int) -> str:
    """Return the first words of a text with the space between them."""
    ends = [match.end() for match in WORD.finditer(text)]
    return text if count >= len(ends) else text[: ends[count - 1]] if count else ""


def tokens(text: str) -> int:
    """Return about how many tokens a text has."""
    return round(len(text.split()) * TOKENS_PER_WORD)
