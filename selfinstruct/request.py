"""What travels to a model and back: a question with its decoding, and the completion or the reason why not.

A failure is data and not an exception, so that one request that fails does not lose the others.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.round import Sample
from selfinstruct.text.finish_reason import FinishKind, kind_of


@part
class Decoding:
    """How the model chooses its words; a value of null is not sent, and the provider's own default holds."""

    max_tokens: Annotated[int, Field(ge=1)] | None = None
    """The most tokens a reply may have."""
    temperature: Annotated[float, Field(ge=0)] | None = None
    """0 takes the likeliest token; higher varies more."""
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    """Only the likeliest tokens that together have this probability are drawn from."""
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    """Lowers tokens by how often they stand in the reply."""
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    """Lowers tokens that stand in the reply at all."""
    stop: list[str] = Field(default_factory=list)
    """The reply ends before the first of these texts; each is a template with the prompt's variables."""
    extra: dict[str, Any] = Field(default_factory=dict)
    """Further parameters, sent to the provider as they are (seed, top_k, logit_bias, …)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the model."""

    id: str
    """`stage/round/number`, the name under which pool and rejections refer to it."""
    stage: str
    round: int
    text: str
    """The prompt: completed as it stands, or sent as the user's message."""
    system: str | None
    """The system message, for chat models."""
    chat: bool
    """Sent as messages if true, else as text to be continued."""
    decoding: Decoding
    reply_format: str
    """The name of the parser that will read the reply; never sent to a provider."""
    sample: Sample | None = field(default=None, compare=False, repr=False)
    """What the prompt shows; it is stored with the reply and never sent to a provider."""
    attempt: int = 1
    """How often the question was asked, this time included."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request got no reply."""

    kind: Literal["refused", "unavailable", "fatal"]
    """`refused`: this request will never be answered; `unavailable`: it was not answered in spite of retries;
    `fatal`: no request will be answered (bad key, unknown model)."""
    message: str
    """One line, without keys."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One reply, or the failure to get one."""

    text: str = ""
    finish_reason: str = "stop"
    """Why the reply ended, in the provider's own word; empty where the provider does not say."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_usd: float | None = None
    """In US dollars; None where no price is known, never 0 for unknown."""
    seconds: float = 0.0
    """From sending to receiving, all attempts included."""
    model: str = ""
    """The model that answered, by its own word."""
    sent: str = ""
    """The parameters that were sent beside the prompt, as JSON; they may be fewer than were asked for."""
    cached_tokens: int | None = None
    """Those of the prompt's tokens that the provider had in its cache, which cost less; None where it does not say."""
    failure: Failure | None = None

    @property
    def finish_kind(self) -> FinishKind:
        """Return what the provider's word means for the text."""
        return kind_of(self.finish_reason)

    @property
    def is_cut_off(self) -> bool:
        """Return whether the reply was cut off at a limit."""
        return self.finish_kind == "cut off"

    @property
    def is_untrusted(self) -> bool:
        """Return whether a filter or a fault ended the reply, so that none of its text may be used."""
        return self.finish_kind in ("filtered", "broken")
