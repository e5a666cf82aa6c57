"""How transformers answers a batch of requests: prompts to tokens, tokens drawn, replies cut at their stop texts."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from selfinstruct.request import Completion, Decoding, Failure, Request

if TYPE_CHECKING:
    from selfinstruct.model.transformers import Transformers

NO_TEMPLATE = "{name} has no chat template. Set model.mode=completion, or choose a model that was tuned to chat."
TOO_LONG = "the prompt has {count} tokens, and the context of {name} is {context}"
NOT_TAKEN = "model=transformers does not take {names}. Set the stage's prompt.decoding.extra={{}}."
UNKNOWN_LENGTH = 1 << 30
"""A context that no model has; tokenizers name a far larger one where they do not know it."""


def loaded(model: "Transformers") -> "Generation | Failure":
    """Load a model with its adapter; return why it cannot be loaded where it cannot."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    device = model.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        tokenizer = AutoTokenizer.from_pretrained(model.base_model, padding_side="left")
        weights = AutoModelForCausalLM.from_pretrained(
            model.base_model, dtype=getattr(torch, model.precision), use_safetensors=True
        )
        if model.adapter is not None:
            from peft import PeftModel

            weights = PeftModel.from_pretrained(weights, str(model.adapter), use_safetensors=True)
        weights = weights.to(device).eval()
    except (OSError, ValueError, RuntimeError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return Failure("fatal", f"{model.base_model} cannot be loaded: {first}")
    if model.mode == "chat" and tokenizer.chat_template is None:
        return Failure("fatal", NO_TEMPLATE.format(name=model.name))
    return Generation(model, tokenizer, weights, device)


class Generation:
    """A model that is loaded."""

    def __init__(self, model: "Transformers", tokenizer: Any, weights: Any, device: str) -> None:
        self._model, self._tokenizer, self._weights, self._device = model, tokenizer, weights, device
        self._pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
        stated = getattr(weights.config, "max_position_embeddings", None)
        self._context = min(stated or UNKNOWN_LENGTH, tokenizer.model_max_length or UNKNOWN_LENGTH)
        ends = weights.generation_config.eos_token_id
        found = {tokenizer.eos_token_id, *(ends if isinstance(ends, list) else [ends])} - {None}
        self._ends = sorted(found)

    def completions(self, requests: Sequence[Request]) -> list[Completion]:
        """Answer a batch; a request that cannot be answered fails alone."""
        prompts = [self._tokens(request) for request in requests]
        failures = [self._failure(request, prompt) for request, prompt in zip(requests, prompts, strict=True)]
        asked = [place for place, failure in enumerate(failures) if failure is None]
        found = [Completion(failure=failure) for failure in failures]
        if asked:
            batch = [requests[place] for place in asked]
            replies = self._replies(batch, [prompts[place] for place in asked])
            for place, reply in zip(asked, replies, strict=True):
                found[place] = reply
        return found

    def _tokens(self, request: Request) -> list[int]:
        """Return the prompt of a request as tokens."""
        if not request.chat:
            return list(self._tokenizer(request.text)["input_ids"])
        system = [] if request.system is None else [{"role": "system", "content": request.system}]
        messages = [*system, {"role": "user", "content": request.text}]
        text = self._tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _failure(self, request: Request, prompt: Sequence[int]) -> Failure | None:
        """Return why a request cannot be answered."""
        if request.decoding.extra:
            return Failure("fatal", NOT_TAKEN.format(names=", ".join(request.decoding.extra)))
        if len(prompt) >= self._context:
            text = TOO_LONG.format(count=len(prompt), name=self._model.name, context=self._context)
            return Failure("refused", text)
        return None

    def _most(self, request: Request, prompt: Sequence[int]) -> int:
        """Return the most tokens of a reply, within the context."""
        return min(request.decoding.max_tokens or self._model.max_tokens, self._context - len(prompt))

    def _replies(self, requests: Sequence[Request], prompts: Sequence[list[int]]) -> list[Completion]:
        import torch
        from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

        from selfinstruct.model.sampling import Drawing, Stopping

        began = time.perf_counter()
        longest = max(map(len, prompts))
        rows = [[self._pad] * (longest - len(prompt)) + prompt for prompt in prompts]
        masks = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        most = [self._most(request, prompt) for request, prompt in zip(requests, prompts, strict=True)]
        stopping = Stopping(self._tokenizer, longest, [request.decoding.stop for request in requests], most)
        drawing = Drawing(longest, [request.decoding for request in requests], [seed(one) for one in requests])
        settings = GenerationConfig(
            do_sample=False, max_new_tokens=max(most), eos_token_id=self._ends or None, pad_token_id=self._pad
        )
        with torch.inference_mode():
            output = self._weights.generate(
                input_ids=torch.tensor(rows, device=self._device),
                attention_mask=torch.tensor(masks, device=self._device),
                generation_config=settings,
                logits_processor=LogitsProcessorList([drawing]),
                stopping_criteria=StoppingCriteriaList([stopping]),
            )
        seconds = time.perf_counter() - began
        return [
            self._reply(request, prompt, tokens[longest:], limit, seconds)
            for request, prompt, tokens, limit in zip(requests, prompts, output.tolist(), most, strict=True)
        ]

    def _reply(
        self, request: Request, prompt: Sequence[int], tokens: list[int], most: int, seconds: float
    ) -> Completion:
        """Return what a model said, up to its end, its first stop text or its limit."""
        end = next((place for place, token in enumerate(tokens) if token in self._ends), None)
        said = tokens[: most if end is None else min(end, most)]
        text = self._tokenizer.decode(said, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        text, is_stopped = ended(text, request.decoding)
        is_whole = is_stopped or (end is not None and end < most)
        return Completion(
            text=text,
            finish_reason="stop" if is_whole else "length",
            prompt_tokens=len(prompt),
            completion_tokens=len(said) + (end is not None),
            cost_usd=0.0,
            seconds=seconds,
            model=self._model.name,
        )


def ended(text: str, decoding: Decoding) -> tuple[str, bool]:
    """Return a reply up to its first stop text, and whether it had one."""
    places = [text.find(stop) for stop in decoding.stop if stop and stop in text]
    return (text[: min(places)], True) if places else (text, False)


def seed(request: Request) -> int:
    """Return the seed of a request's random stream, the same on every machine."""
    shape = (request.id, request.attempt, request.system, request.text, request.chat, asdict(request.decoding))
    return int.from_bytes(hashlib.sha256(repr(shape).encode("utf-8", "surrogatepass")).digest()[:7])
