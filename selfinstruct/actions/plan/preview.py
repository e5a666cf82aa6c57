"""The first prompt of a stage as it would be sent, and parameters that its provider does not accept.

A stage that makes tasks shows seeds in its first prompt, drawn from the random stream of its first round; one that
completes tasks has none to complete yet, and shows a seed instead.
"""

from dataclasses import dataclass
from random import Random

from selfinstruct.model import Model, Selective, sendable
from selfinstruct.model.limits import CHARACTERS_PER_TOKEN
from selfinstruct.pool import Pool
from selfinstruct.recipe import ModelStage, stream
from selfinstruct.request import Request

DRAWS = 20
"""The number of prompts whose mean length is taken."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A prompt of a stage."""

    request: Request
    tokens: float
    """The approximate mean number of tokens of the stage's prompts."""
    untaken: list[str]
    """Parameters that the provider does not accept, and what to set instead."""


def preview(name: str, stage: ModelStage, model: Model, seeds: Pool, random_seed: int) -> Preview:
    """Return the first prompt of a stage; raises ValueError where it cannot be rendered."""
    rng = stream(random_seed, name, 1)
    requests = [rendered(name, stage, model, seeds, rng) for _ in range(DRAWS)]
    key = "model" if stage.model is None else f"recipe.{name}.model"
    wrong = model.unsupported_parameters(key, {name: stage.prompt.decodings()}) if isinstance(model, Selective) else []
    tokens = sum(map(tokens_of, requests)) / len(requests)
    return Preview(request=requests[0], tokens=tokens, untaken=wrong)


def rendered(name: str, stage: ModelStage, model: Model, seeds: Pool, rng: Random) -> Request:
    """Return a prompt as the stage would send it."""
    return sendable(model, stage.prompt.render(stage.preview(seeds, rng), model.mode == "chat", name, 1, 1))


def tokens_of(request: Request) -> float:
    """Return the approximate tokens of a prompt, with one for each character beyond ASCII."""
    text = f"{request.system or ''}{request.text}"
    plain = sum(character.isascii() for character in text)
    return plain / CHARACTERS_PER_TOKEN + len(text) - plain
