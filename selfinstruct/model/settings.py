"""The settings of every model behind a network, and their checks that need no request.

A key never enters a config: the config names the environment variable that holds it.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field

from selfinstruct.budget import Pricing
from selfinstruct.model import Mode
from selfinstruct.model.failed_attempt import UnsendableError
from selfinstruct.model.reserved import misplaced
from selfinstruct.part import part
from selfinstruct.request import Decoding

Droppable: TypeAlias = Literal["temperature", "top_p", "frequency_penalty", "presence_penalty", "stop"]
"""The decoding parameters that a model may not take."""
TokenLimit: TypeAlias = Literal["max_tokens", "max_completion_tokens"]
"""The names that servers have for the largest number of tokens of a reply."""
MAX_REPLY_BYTES = 32 << 20


@part
class Price:
    """US dollars per million tokens; null where it is not known."""

    prompt: Annotated[float, Field(ge=0)] | None
    """For a million tokens of the prompt."""
    completion: Annotated[float, Field(ge=0)] | None
    """For a million tokens of the reply."""

    def pricing(self) -> Pricing | None:
        """Return the price, where it is known."""
        return None if self.prompt is None or self.completion is None else Pricing(self.prompt, self.completion)

    def of(self, prompt_tokens: int | None, completion_tokens: int | None) -> float | None:
        """Return the cost of a reply, where price and tokens are known."""
        pricing = self.pricing()
        if pricing is None or prompt_tokens is None or completion_tokens is None:
            return None
        return pricing.of(prompt_tokens, completion_tokens)

    def halved(self) -> "Price":
        """Return the price of a request in a batch."""
        prompt, completion = (None if value is None else value / 2 for value in (self.prompt, self.completion))
        return replace(self, prompt=prompt, completion=completion)


@part
class ServerSettings:
    """The settings of a model behind a network, whatever it is asked for."""

    name: Annotated[str, Field(min_length=1)]
    """The model: its name on the server, or `provider/model` for LiteLLM."""
    mode: Mode
    """`chat` for models that are sent messages, `completion` for models that continue a text."""
    api_base: str | None
    """URL of the server, up to and with `/v1`; null for the provider's own."""
    key_env: str | None
    """Name of the environment variable that holds the key; null to send none."""
    key_required: bool
    """Whether a run without that key is refused before it starts."""
    concurrency: Annotated[int, Field(ge=1)]
    """Requests under way at once; fewer while the server reports overload."""
    requests_per_minute: Annotated[int, Field(ge=1)] | None
    """Attempts in any 60 seconds; null for no limit."""
    tokens_per_minute: Annotated[int, Field(ge=1)] | None
    """Tokens of prompts and replies in any 60 seconds; null for no limit."""
    timeout_seconds: Annotated[float, Field(gt=0)]
    """Seconds after which an attempt is given up."""
    deadline_seconds: Annotated[float, Field(gt=0)] | None
    """Seconds after which a request is given up, all attempts and waits together, and the run stops; a server that has
    answered before is waited for as long. Null for no limit."""
    attempts: Annotated[int, Field(ge=1)]
    """Faults of one request, after which it is given up: a garbled reply, and a reset, a timeout or an error of the
    server while others are answered. Faults of the server alone (an overload, an outage, a model that is loading) are
    not counted once it has answered. A request with nothing but garbled replies is asked as often once more when
    others were answered, and then rejected."""
    price: Price
    """The price of the model, where no list knows it."""
    store: str | None
    """Path of a store of replies that several runs share, so that each reply is paid for once; null for none."""
    extra: dict[str, Any]
    """Further parameters of every request, sent as they are (top_k, num_ctx, chat_template_kwargs, …)."""
    max_reply_bytes: Annotated[int, Field(ge=1024)] = MAX_REPLY_BYTES
    """Bytes of a reply, after decompression, beyond which reading stops and the reply counts as garbled."""
    is_offline: ClassVar[bool] = False

    def problems(self) -> list[str]:
        """Return what is wrong with the key, the address, the price and the further parameters."""
        found = [] if self.api_base is None else problems_of_address(self.api_base)
        if (self.price.prompt is None) != (self.price.completion is None):
            found.append("model.price must give both prompt and completion, or neither.")
        return problems_of_key(self) + found + misplaced("model.extra", self.extra)

    def check(self) -> None:
        """Raise UnsendableError with all that would keep it from answering."""
        if problems := self.problems():
            raise UnsendableError(" ".join(problems))

    def pricing(self) -> Pricing | None:
        """Return the price of the config."""
        return self.price.pricing()

    def fingerprint(self) -> dict[str, object]:
        """Return what shapes a reply: name, mode, address, and the parameters of every request; no key and no limit."""
        return {"name": self.name, "mode": self.mode, "api_base": self.api_base, "extra": dict(self.extra)}


@part
class CompletionSettings(ServerSettings):
    """The settings of a model behind a network that completes prompts; an embedder has none of these."""

    unsupported: list[Droppable] = Field(default_factory=list)
    """Decoding parameters that the model does not take: no stage sends them, whatever its prompt says."""
    max_tokens_parameter: TokenLimit | None = None
    """Name under which `max_tokens` is sent; null for `max_tokens`, or LiteLLM's own choice for models it knows."""
    batch: bool = False
    """Whether the requests of stages that annotate are sent through the provider's batch interface: they are answered
    within a day, mostly at half the price. Where `price` is set, half of it counts."""

    def fingerprint(self) -> dict[str, object]:
        """Return what shapes a reply."""
        limit = self.max_tokens_parameter
        return super().fingerprint() | ({} if limit is None else {"max_tokens_parameter": limit})

    def accepted(self, decoding: Decoding) -> Decoding:
        """Return the decoding without what the model does not take; stop strings stay, as replies are cut at them."""
        dropped: dict[str, Any] = {name: None for name in self.unsupported if name != "stop"}
        return replace(decoding, **dropped) if dropped else decoding


def key_in(variable: str | None) -> str | None:
    """Return the key in an environment variable, if there is one."""
    return os.environ.get(variable, "").strip() or None if variable else None


def keys_within(config: Any) -> Iterator[str]:
    """Yield every key that a config names by its variable, at any depth."""
    if isinstance(config, Mapping):
        if isinstance(variable := config.get("key_env"), str) and (key := key_in(variable)):
            yield key
        config = list(config.values())
    if isinstance(config, list):
        for value in config:
            yield from keys_within(value)


def problems_of_key(settings: ServerSettings) -> list[str]:
    """Return why a required key is missing."""
    if not settings.key_required or key_in(settings.key_env):
        return []
    if settings.key_env is None:
        return [f"model.key_env is null, but {settings.name} needs a key; name the environment variable it is in."]
    return [f"The environment variable {settings.key_env} is not set; {settings.name} needs its key there."]


def problems_of_address(api_base: str) -> list[str]:
    """Return what an address may not hold; it is not shown where it may hold a secret."""
    if is_url(api_base) and api_base.isprintable() and not set(api_base) & set("@?# "):
        return []
    shown = "" if "@" in api_base or "?" in api_base else f" (got {api_base!r})"
    remedy = "without a key (model.key_env names its variable) and without a query (model.extra holds parameters)"
    return [f"model.api_base must be a URL such as http://127.0.0.1:8000/v1{shown}, {remedy}."]


def is_url(text: str) -> bool:
    """Return whether a text is the address of a server."""
    try:
        return urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).hostname)
    except ValueError:
        return False
