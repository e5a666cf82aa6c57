"""What all prompts of a batch begin with, computed once.

Prompts of a stage mostly begin with the same worked examples; those of Self-Instruct's classification share 800 tokens
of 900.  The model reads them once, and its memory of them (keys and values) is copied for each prompt.  Shorter prompts
are then padded between what is shared and the rest, where a mask hides it, so that positions are those of the text.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

FEWEST = 64
"""The fewest shared tokens that are worth computing once."""


def shared_length(prompts: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all prompts begin with, or 0 where that saves nothing; one token of each is left."""
    most = min(map(len, prompts)) - 1
    first = prompts[0]
    found = next((place for place in range(most) if any(prompt[place] != first[place] for prompt in prompts)), most)
    return found if len(prompts) > 1 and found >= FEWEST else 0


def padded(prompts: Sequence[Sequence[int]], shared: int, pad: int) -> tuple[list[list[int]], list[list[int]]]:
    """Return prompts of one length, padded after what they share, and the masks that hide the padding."""
    longest = max(map(len, prompts))
    gaps = [longest - len(prompt) for prompt in prompts]
    rows = [[*prompt[:shared], *[pad] * gap, *prompt[shared:]] for prompt, gap in zip(prompts, gaps, strict=True)]
    return rows, [[1] * shared + [0] * gap + [1] * (longest - shared - gap) for gap in gaps]


def remembered(weights: Any, tokens: "torch.Tensor", count: int) -> Any:
    """Return the keys and values of some tokens, copied for so many prompts; None for a model that forgets some.

    Where a layer sees only the last tokens, or keeps a state in place of keys, padding in the middle would count.
    """
    from transformers.cache_utils import DynamicLayer

    cache = weights(input_ids=tokens, use_cache=True, logits_to_keep=1).past_key_values
    if any(type(layer) is not DynamicLayer for layer in getattr(cache, "layers", [None])):
        return None
    cache.batch_repeat_interleave(count)
    return cache
