"""What transformers' `generate` calls at each step: how the next token of each row is drawn, and which rows are done.

Each row of a batch has decoding parameters and a random stream of its own, and so does not depend on its neighbors.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from selfinstruct.errors import ModelError
from selfinstruct.model.replies import cut
from selfinstruct.request import Decoding

if TYPE_CHECKING:
    import torch

MARGIN = 8
"""Tokens that are decoded beyond the length of the longest stop text, for a sign may take several."""
COLDEST = 1e-5
"""Below this temperature nothing is drawn, since the scores divided by it would be too large to tell apart."""
NOT_NUMBERS = "its scores are not numbers. Set model.precision=float32, or bfloat16 where its device has it."


@dataclass
class Row:
    """One reply of a batch while it is written."""

    decoding: Decoding
    seed: int
    most: int
    """The most tokens that it may have."""
    length: int | None = None
    """How many tokens it has, the one that ends it included; None while it is written."""
    finish_reason: Literal["stop", "length"] = "length"

    @cached_property
    def stream(self) -> "torch.Generator":
        """Return its random stream."""
        import torch

        return torch.Generator().manual_seed(self.seed)

    @property
    def is_drawn(self) -> bool:
        """Return whether its tokens are drawn; otherwise the likeliest is taken."""
        return (self.decoding.temperature or 0.0) >= COLDEST


class Drawing:
    """Chooses the next token of each row, as its decoding says.

    Penalties are those of OpenAI's reference: a token that stands in the reply loses `presence_penalty`, and
    `frequency_penalty` for each time.  Then come the temperature, the tokens within `top_p`, and Gumbel noise.
    Rejected: one random number a step and the sums of the probabilities, which takes less time; where a sum falls
    differs in its last digits with the batch, and far more often changes a token than the best of noisy scores does.
    """

    def __init__(self, start: int, rows: Sequence[Row]) -> None:
        self._start, self._rows = start, rows

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Return scores of which the best is the next token; raises ModelError where they are not numbers."""
        import torch

        if scores.isnan().any():
            raise ModelError(NOT_NUMBERS)
        replies = zip(self._rows, input_ids[:, self._start :], scores.float(), strict=True)
        return torch.stack([one if row.length is not None else scored(row, said, one) for row, said, one in replies])


def scored(row: Row, said: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
    """Return the scores of one row's next token, of which the best is taken."""
    import torch

    decoding = row.decoding
    frequency, presence = decoding.frequency_penalty or 0.0, decoding.presence_penalty or 0.0
    if frequency or presence:
        counts = torch.bincount(said, minlength=len(scores))[: len(scores)]
        scores = scores - frequency * counts - presence * (counts > 0)
    if not row.is_drawn or decoding.temperature is None:
        return scores
    scores = scores / decoding.temperature
    if decoding.top_p is not None and decoding.top_p < 1:
        scores = within(scores, decoding.top_p)
    uniform = torch.rand(len(scores), generator=row.stream, dtype=torch.float64)
    noise = -torch.log(-torch.log(uniform.clamp_min(1e-300)))
    return scores + noise.to(scores.device, torch.float32)


def within(scores: "torch.Tensor", top_p: float) -> "torch.Tensor":
    """Return the scores with all but the likeliest tokens that together have this probability ruled out."""
    ordered, places = scores.sort(descending=True, stable=True)
    shares = ordered.softmax(-1)
    ruled_out = shares.cumsum(-1) - shares >= top_p
    ruled_out[0] = False
    return scores.masked_fill(ruled_out.new_zeros(len(scores)).scatter(0, places, ruled_out), float("-inf"))


class Stopping:
    """Says which rows are done: those that end, hold a stop text, or have as many tokens as they may."""

    def __init__(
        self,
        tokenizer: Any,
        start: int,
        rows: Sequence[Row],
        ends: Sequence[int],
        is_given_up: Callable[[], bool] = lambda: False,
    ) -> None:
        self._tokenizer, self._start, self._rows = tokenizer, start, rows
        self._ends, self._is_given_up = frozenset(ends), is_given_up

    def __call__(self, input_ids: "torch.Tensor", scores: "torch.Tensor | None", **_: Any) -> "torch.Tensor":
        """Return whether each row is done; raises CancelledError where the batch is given up."""
        import torch

        if self._is_given_up():
            raise CancelledError
        for row, tokens in zip(self._rows, input_ids[:, self._start :].tolist(), strict=True):
            if row.length is None:
                self._look(row, tokens)
        return torch.tensor([row.length is not None for row in self._rows], device=input_ids.device)

    def _look(self, row: Row, tokens: list[int]) -> None:
        """Note in a row whether it is done with its last token."""
        is_ended = tokens[-1] in self._ends or self._has_stop(row, tokens)
        if is_ended or len(tokens) >= row.most:
            row.length, row.finish_reason = len(tokens), "stop" if is_ended else "length"

    def _has_stop(self, row: Row, tokens: list[int]) -> bool:
        """Return whether a stop text stands in the reply; its end is looked at first, or long replies would be slow."""
        longest = max((len(stop.encode("utf-8", "surrogatepass")) for stop in row.decoding.stop), default=0)
        return longest > 0 and all(
            cut(text, row.decoding.stop) != text
            for text in (decoded(self._tokenizer, some) for some in (tokens[-longest - MARGIN :], tokens))
        )


def decoded(tokenizer: Any, tokens: list[int]) -> str:
    """Return the text of tokens, without special ones."""
    return str(tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))
