"""What transformers' `generate` calls at each step: how the next token of each row is drawn, and which rows are done.

Each row of a batch has decoding parameters and a random stream of its own, and so does not depend on its neighbors.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from selfinstruct.request import Decoding

if TYPE_CHECKING:
    import torch

MARGIN = 8
"""Tokens that are decoded beyond the length of the longest stop text, for a sign may take several."""


class Drawing:
    """Chooses the next token of each row, as its decoding says.

    Penalties are those of OpenAI's reference: a token that stands in the reply loses `presence_penalty`, and
    `frequency_penalty` for each time.  Then come the temperature, the tokens within `top_p`, and Gumbel noise.
    """

    def __init__(self, start: int, decodings: Sequence[Decoding], seeds: Sequence[int]) -> None:
        import torch

        self._start, self._decodings = start, decodings
        self._streams = [torch.Generator().manual_seed(seed) for seed in seeds]

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Return scores of which the best is the next token."""
        import torch

        rows = [
            self._row(place, input_ids[place, self._start :], scores[place].float())
            for place in range(len(self._decodings))
        ]
        return torch.stack(rows)

    def _row(self, place: int, said: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        import torch

        decoding = self._decodings[place]
        frequency, presence = decoding.frequency_penalty or 0.0, decoding.presence_penalty or 0.0
        if frequency or presence:
            counts = torch.bincount(said, minlength=len(scores))[: len(scores)]
            scores = scores - frequency * counts - presence * (counts > 0)
        if not decoding.temperature:
            return scores
        scores = scores / decoding.temperature
        if decoding.top_p is not None and decoding.top_p < 1:
            scores = within(scores, decoding.top_p)
        uniform = torch.rand(len(scores), generator=self._streams[place], dtype=torch.float64)
        noise = -torch.log(-torch.log(uniform.clamp_min(1e-300)))
        return scores + noise.to(scores.device, torch.float32)


def within(scores: "torch.Tensor", top_p: float) -> "torch.Tensor":
    """Return the scores with all but the likeliest tokens that together have this probability ruled out."""
    ordered, places = scores.sort(descending=True, stable=True)
    before = ordered.softmax(-1).cumsum(-1) - ordered.softmax(-1)
    ruled_out = before >= top_p
    ruled_out[0] = False
    return scores.masked_fill(ruled_out.new_zeros(len(scores)).scatter(0, places, ruled_out), float("-inf"))


class Stopping:
    """Says which rows are done: those that hold a stop text, or as many tokens as they may."""

    def __init__(self, tokenizer: Any, start: int, stops: Sequence[Sequence[str]], most: Sequence[int]) -> None:
        self._tokenizer, self._start, self._stops, self._most = tokenizer, start, stops, most
        self._tail = max((len(stop.encode()) for row in stops for stop in row), default=0) + MARGIN

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor", **_: Any) -> "torch.Tensor":
        """Return whether each row is done."""
        import torch

        said = input_ids.shape[1] - self._start
        tails = [row[-min(said, self._tail) :] for row in input_ids.tolist()] if any(self._stops) else []
        done = [
            said >= most or (bool(stops) and self._has_stop(tails[place], stops))
            for place, (stops, most) in enumerate(zip(self._stops, self._most, strict=True))
        ]
        return torch.tensor(done, device=input_ids.device)

    def _has_stop(self, tail: list[int], stops: Sequence[str]) -> bool:
        text = self._tokenizer.decode(tail, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return any(stop and stop in text for stop in stops)
