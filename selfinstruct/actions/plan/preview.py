"""The first prompt of a stage, as it would be sent, and what the provider would not take of it.

A stage that makes tasks shows seeds in its first prompt, drawn from the very stream of its first round; one that
completes tasks has none to complete yet, and shows a seed in its place.
"""

from dataclasses import dataclass
from random import Random

from selfinstruct.model import Model
from selfinstruct.model.arguments import misplaced, untaken
from selfinstruct.model.connection import loaded
from selfinstruct.model.limits import CHARACTERS_PER_TOKEN
from selfinstruct.model.litellm import LiteLLM
from selfinstruct.pool import Pool
from selfinstruct.recipe import Asking, stream
from selfinstruct.request import Request

DRAWS = 20
"""Prompts whose mean length is taken."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A prompt of a stage."""

    request: Request
    tokens: float
    """About how many the prompts of the stage have on average."""
    untaken: list[str]
    """What the provider would not take of it, and what to set instead."""


def preview(name: str, stage: Asking, model: Model, seeds: Pool, random_seed: int) -> Preview:
    """The first prompt of a stage; raises ValueError where it cannot be rendered."""
    rng = stream(random_seed, name, 1)
    requests = [rendered(name, stage, model, seeds, rng) for _ in range(DRAWS)]
    again = rendered(name, stage, model, seeds, rng, attempt=2)
    wrong = [text for request in (requests[0], again) for text in refused(request, model)]
    tokens = sum(map(tokens_of, requests)) / len(requests)
    return Preview(request=requests[0], tokens=tokens, untaken=list(dict.fromkeys(wrong)))


def rendered(name: str, stage: Asking, model: Model, seeds: Pool, rng: Random, attempt: int = 1) -> Request:
    """A prompt as the stage would send it."""
    return stage.prompt.render(stage.preview(seeds, rng), model.mode == "chat", name, 1, 1, attempt)


def tokens_of(request: Request) -> float:
    """About how many tokens a prompt has: those of English prose, and one for each character beyond ASCII."""
    text = f"{request.system or ''}{request.text}"
    plain = sum(character.isascii() for character in text)
    return plain / CHARACTERS_PER_TOKEN + len(text) - plain


def refused(request: Request, model: Model) -> list[str]:
    """What the provider would not take, in one sentence each."""
    found = misplaced(f"recipe.{request.stage}.prompt.decoding.extra", request.decoding.extra)
    if isinstance(model, LiteLLM):
        litellm = loaded()
        try:
            name, provider, _, _ = litellm.get_llm_provider(model=model.name, api_base=model.api_base)
        except Exception:  # it knows no such provider, which the model's own problems tell
            return found
        taken = litellm.get_supported_openai_params(model=name, custom_llm_provider=provider) or []
        found += untaken(request, model.extra, provider, taken)
    return found
