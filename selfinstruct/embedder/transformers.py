"""A sentence model in this process, by Hugging Face's transformers: the mean of its last states.

Mean pooling is what most sentence models were trained with (Reimers and Gurevych, 2019,
https://arxiv.org/abs/1908.10084), and it gives a usable vector of a causal model as well.  Texts are embedded one at a
time and without padding, so that a vector depends on its text alone.  Weights are read, and errors reported, as for
`model=transformers`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Literal

from selfinstruct.embedder import encode
from selfinstruct.errors import ModelError
from selfinstruct.model import Session
from selfinstruct.model.batch_session import BatchSession
from selfinstruct.model.transformers import Transformers
from selfinstruct.part import part
from selfinstruct.request import Completion, Failure, Request


@part
class SentenceModel(Transformers):
    """Embeds texts in this process."""

    max_tokens: int
    """The most tokens of a text that are read; the rest is left out."""
    adapter: None = None
    """Always null."""
    mode: Literal["completion"] = "completion"
    """Not used: an embedder is sent a text."""
    batch_size: Literal[1] = 1
    """Always 1."""
    reads_meaning: ClassVar[bool] = True

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session; the model is loaded for its first text."""
        return BatchSession(self, loaded)


class Sentences:
    """A sentence model that is loaded."""

    def __init__(self, model: Transformers, tokenizer: Any, weights: Any, device: str) -> None:
        self._model, self._tokenizer, self._weights, self._device = model, tokenizer, weights, device

    def completions(self, requests: Sequence[Request], is_given_up: Callable[[], bool]) -> list[Completion]:
        """Return the vectors of some texts."""
        return [self._completion(request.text) for request in requests]

    def _completion(self, text: str) -> Completion:
        import torch

        tokens = self._tokenizer(text, truncation=True, max_length=self._model.max_tokens, return_tensors="pt")
        count = tokens["input_ids"].shape[1]
        if not count:
            return Completion(failure=Failure("refused", "the text has no tokens"))
        with torch.inference_mode():
            states = self._weights(**tokens.to(self._device)).last_hidden_state[0]
            mean = states.double().mean(0).tolist()
        return Completion(encode(mean), "stop", count, 0, 0.0, model=self._model.name)


def loaded(model: Transformers) -> Sentences:
    """Load a model; raises ModelError with why it cannot be loaded."""
    from transformers import AutoModel, AutoTokenizer

    from selfinstruct.model.loading import NOT_LOADED, SAFE, device_of, quiet, unfit, weights_of

    quiet()
    device = device_of(model)
    try:
        tokenizer = AutoTokenizer.from_pretrained(model.tokenizer, **SAFE)
        return Sentences(model, tokenizer, weights_of(model, AutoModel).to(device).eval(), device)
    except ModelError:
        raise
    except Exception as error:  # whatever a file of it leads to
        raise unfit(model, error, NOT_LOADED, device) from None
