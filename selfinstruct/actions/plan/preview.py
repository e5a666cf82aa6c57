"""The first prompt of a stage, as it would be sent, and what the provider would not take of it.

A stage that makes tasks shows seeds in its first prompt, drawn from the very stream of its first round; one that
completes tasks has none to complete yet, and shows a seed in its place.
"""

from dataclasses import dataclass
from random import Random

from selfinstruct.model import Model, Selective, sendable
from selfinstruct.model.limits import CHARACTERS_PER_TOKEN
from selfinstruct.pool import Pool
from selfinstruct.recipe import ModelStage, stream
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


def preview(name: str, stage: ModelStage, model: Model, seeds: Pool, random_seed: int) -> Preview:
    """The first prompt of a stage; raises ValueError where it cannot be rendered."""
    rng = stream(random_seed, name, 1)
    requests = [rendered(name, stage, model, seeds, rng) for _ in range(DRAWS)]
    key = "model" if stage.model is None else f"recipe.{name}.model"
    wrong = model.unsupported_parameters(key, {name: stage.prompt.decodings()}) if isinstance(model, Selective) else []
    tokens = sum(map(tokens_of, requests)) / len(requests)
    return Preview(request=requests[0], tokens=tokens, untaken=wrong)


def rendered(name: str, stage: ModelStage, model: Model, seeds: Pool, rng: Random) -> Request:
    """A prompt as the stage would send it."""
    return sendable(model, stage.prompt.render(stage.preview(seeds, rng), model.mode == "chat", name, 1, 1))


def tokens_of(request: Request) -> float:
    """About how many tokens a prompt has: those of English prose, and one for each character beyond ASCII."""
    text = f"{request.system or ''}{request.text}"
    plain = sum(character.isascii() for character in text)
    return plain / CHARACTERS_PER_TOKEN + len(text) - plain
