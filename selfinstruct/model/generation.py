"""How transformers answers a batch of requests: prompts to tokens, tokens drawn, replies cut at their stop texts.

What the model's folder says of sampling (`generation_config.json`) is not used: the decoding of the prompt says it all.

Shorter prompts are padded on the left.  An adapter that stands for tokens before the prompt (prefix and prompt tuning)
is not left to PEFT's own `generate`: it hands a prefix over by a name that newer transformers ignore, counts positions
otherwise than in training, and does not know of padding, so that the replies would be those of another model.
"""

import hashlib
import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import ModelError
from selfinstruct.model.arguments import given
from selfinstruct.model.replies import cut
from selfinstruct.model.sampling import Drawing, Row, Stopping, decoded
from selfinstruct.model.shared_prompt import padded, remembered, shared_length
from selfinstruct.request import Completion, Failure, Request

if TYPE_CHECKING:
    from selfinstruct.model.transformers import Transformers

TOO_LONG = "the prompt has {count} tokens, and the context of {name} is {context}"
NOT_TAKEN = "it does not take {names}. Set what decoding.extra holds to null where it is set."
NO_START = "the prompt is empty, and {name} has no token to start with"
NOT_RENDERED = "its chat template cannot render a prompt: {error}. Change the prompt, or set model.mode=completion."
NAMES = ("input_ids", "attention_mask")
PREFIXES = ("PREFIX_TUNING", "CARTRIDGE")
"""The kinds of adapters that stand for tokens which the model has seen before the prompt."""
UNKNOWN_LENGTH = 1 << 30
"""A context that no model has; tokenizers name a far larger one where they do not know it."""
ANSWER = "0-0"
"""What a chat template is shown as an answer, to find what follows one."""


@dataclass(frozen=True)
class Asked:
    """A request that can be answered, with its prompt in tokens and the most tokens of its reply."""

    request: Request
    prompt: list[int]
    most: int


class Generation:
    """A model that is loaded."""

    def __init__(self, model: "Transformers", tokenizer: Any, weights: Any, device: str) -> None:
        self._model, self._tokenizer, self._weights, self._device = model, tokenizer, weights, device
        adapter: Any = getattr(weights, "active_peft_config", None)
        self._virtual = adapter.num_virtual_tokens if adapter is not None and adapter.is_prompt_learning else 0
        self._is_prefix = self._virtual > 0 and adapter.peft_type in PREFIXES
        config = weights.config.get_text_config()
        stated = getattr(config, "max_position_embeddings", None) or tokenizer.model_max_length or UNKNOWN_LENGTH
        self._context = min(stated, UNKNOWN_LENGTH) - self._virtual
        self._ends = self._ending()
        pads = (tokenizer.pad_token_id, *self._ends, 0)
        self._pad = next(token for token in pads if token is not None)

    def _ending(self) -> list[int]:
        """Return the tokens that end a reply: the tokenizer's, the model's, and what follows an answer in a chat."""
        ends = self._weights.generation_config.eos_token_id
        found = {self._tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])} - {None}
        if self._model.mode == "chat":
            messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": ANSWER}]
            rest = self._tokenizer.apply_chat_template(messages, tokenize=False).rpartition(ANSWER)[2]
            after = self._tokenizer(rest, add_special_tokens=False)["input_ids"][:1]
            found |= set(after) & set(self._tokenizer.all_special_ids)
        return sorted(found)

    def completions(
        self, requests: Sequence[Request], is_given_up: Callable[[], bool] = lambda: False
    ) -> list[Completion]:
        """Answer a batch; a request that cannot be answered fails alone.

        Raises ModelError where no request can be answered, and CancelledError soon after `is_given_up` says so.
        """
        found = [self._asked(request) for request in requests]
        asked = [one for one in found if isinstance(one, Asked)]
        replies = iter(self._replies(asked, is_given_up) if asked else ())
        return [next(replies) if isinstance(one, Asked) else Completion(failure=one) for one in found]

    def _asked(self, request: Request) -> Asked | Failure:
        """Return a request with its prompt in tokens, or why it cannot be answered."""
        if extra := given(request.decoding.extra):
            raise ModelError(NOT_TAKEN.format(names=", ".join(extra)))
        prompt, name = self._tokens(request), self._model.name
        if not prompt:
            return Failure("refused", NO_START.format(name=name))
        if len(prompt) >= self._context:
            return Failure("refused", TOO_LONG.format(count=len(prompt), name=name, context=self._context))
        most = min(request.decoding.max_tokens or self._model.max_tokens, self._context - len(prompt))
        return Asked(request, prompt, most)

    def _tokens(self, request: Request) -> list[int]:
        """Return the prompt of a request as tokens; an empty one starts as every text does."""
        ids = self._tokenizer
        if not request.chat:
            start = [ids.bos_token_id, ids.eos_token_id]
            return list(ids(request.text)["input_ids"]) or [token for token in start if token is not None][:1]
        system = [] if request.system is None else [{"role": "system", "content": request.system}]
        messages = [*system, {"role": "user", "content": request.text}]
        try:
            text = ids.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        except Exception as error:  # of Jinja; a template may raise what it likes
            raise ModelError(NOT_RENDERED.format(error=" ".join(str(error).split()))) from None
        return list(ids(text, add_special_tokens=False)["input_ids"])

    def _replies(self, asked: Sequence[Asked], is_given_up: Callable[[], bool]) -> list[Completion]:
        """Return the replies to a batch."""
        import torch
        from transformers import LogitsProcessorList, StoppingCriteriaList

        began = time.perf_counter()
        with torch.inference_mode():
            inputs = self._inputs([one.prompt for one in asked])
            start = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0
            rows = [Row(one.request.decoding, seed(one.request), one.most) for one in asked]
            stopping = Stopping(self._tokenizer, start, rows, self._ends, is_given_up)
            weights = self._weights.get_base_model() if self._virtual else self._weights
            output = weights.generate(
                **inputs,
                generation_config=self._settings(max(row.most for row in rows)),
                logits_processor=LogitsProcessorList([Drawing(start, rows)]),
                stopping_criteria=StoppingCriteriaList([stopping]),
            )
        seconds, said = time.perf_counter() - began, output[:, start:].tolist()
        return [self._reply(one, row, reply, seconds) for one, row, reply in zip(asked, rows, said, strict=True)]

    def _inputs(self, prompts: Sequence[list[int]]) -> dict[str, Any]:
        """Return prompts of one length, by padding, with what the adapter puts before them, or what they share."""
        import torch

        if not self._virtual:
            return self._plain_inputs(prompts)
        longest = max(map(len, prompts))
        pads = [longest - len(prompt) for prompt in prompts]
        seen = self._virtual if self._is_prefix else 0
        tokens = torch.tensor(
            [[self._pad] * (seen + count) + prompt for count, prompt in zip(pads, prompts, strict=True)],
            device=self._device,
        )
        before, put = (seen, 0) if seen else (0, self._virtual)
        masks = [[1] * before + [0] * count + [1] * (put + longest - count) for count in pads]
        mask = torch.tensor(masks, device=self._device)
        base, virtual = self._weights.get_base_model(), self._weights.get_prompt(batch_size=len(prompts))
        if self._is_prefix:
            name = "cache" if "cache" in inspect.signature(base.forward).parameters else "past_key_values"
            return {"input_ids": tokens, "attention_mask": mask, name: virtual}
        embedded = zip(base.get_input_embeddings()(tokens), virtual, pads, strict=True)
        return {
            "inputs_embeds": torch.stack([torch.cat((row[:pad], more, row[pad:])) for row, more, pad in embedded]),
            "attention_mask": mask,
        }

    def _plain_inputs(self, prompts: Sequence[list[int]]) -> dict[str, Any]:
        """Return prompts of one length for a model that nothing stands before."""
        import torch

        shared = shared_length(prompts)
        beginning = torch.tensor([prompts[0][:shared]], device=self._device)
        cache = remembered(self._weights, beginning, len(prompts)) if shared else None
        rows, masks = padded(prompts, 0 if cache is None else shared, self._pad)
        found = {key: torch.tensor(one, device=self._device) for key, one in zip(NAMES, (rows, masks), strict=True)}
        return found if cache is None else {**found, "cache": cache}

    def _settings(self, most: int) -> Any:
        """Return the settings of `generate`, which takes the best of the scores that `Drawing` gives it."""
        from transformers import GenerationConfig

        return GenerationConfig(
            do_sample=False, num_beams=1, max_new_tokens=most, eos_token_id=self._ends or None, pad_token_id=self._pad
        )

    def _reply(self, asked: Asked, row: Row, tokens: list[int], seconds: float) -> Completion:
        """Return what a model said, up to its end, its first stop text or its limit."""
        tokens = tokens[: row.length]
        is_ended = tokens[-1:] != [] and tokens[-1] in self._ends
        text = decoded(self._tokenizer, tokens[:-1] if is_ended else tokens)
        stopped = cut(text, row.decoding.stop)
        return Completion(
            text=stopped,
            finish_reason=row.finish_reason if stopped == text else "stop",
            prompt_tokens=len(asked.prompt),
            completion_tokens=len(tokens),
            cost_usd=0.0,
            seconds=seconds,
            model=self._model.name,
        )


def seed(request: Request) -> int:
    """Return the seed of a request's random stream, the same on every machine."""
    shape = (request.id, request.attempt, request.system, request.text, request.chat, asdict(request.decoding))
    return int.from_bytes(hashlib.sha256(repr(shape).encode("utf-8", "surrogatepass")).digest()[:7])
