"""Examples as tokens, with the loss on the completion only.

This is done here and not left to TRL, which drops rows in silence: what is too long is counted and named before the
first step, and `actions=[plan]` counts the very same.  A prompt is encoded alone and with its completion; the tokens
that both have in common are shown, all others are learned.  So no chat template needs marks of what is generated.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.trainer.rows import Example, Message

NOT_LEARNED = -100
"""The label of a token that has no part in the loss, as torch has it."""
END = "<|endoftext|>"
"""The end marker of the format `prompt_completion`; the model's own end token takes its place."""
NO_TEMPLATE = (
    "{name} has no chat template, so it cannot be tuned on messages. Set trainer.chat_template to a file with one, or"
    " trainer.mode=completion with formats=[prompt_completion]."
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """An example as tokens."""

    name: str
    place: int
    """Its place among the examples."""
    input_ids: list[int]
    labels: list[int]
    """The tokens that are learned, each at its place; -100 elsewhere."""

    @property
    def is_cut_off(self) -> bool:
        """Return whether nothing is left to learn."""
        return all(label == NOT_LEARNED for label in self.labels)


@dataclass(frozen=True, slots=True)
class Fitting:
    """Examples that fit into the length, and the names of those that do not."""

    rows: list[Encoded]
    dropped: list[str]
    """Rows that are left out."""
    cut: list[str]
    """Rows that are trained on without their end."""
    unaligned: list[str]
    """Rows whose prompt the chat template writes differently inside the whole conversation."""


def fitting(
    examples: Iterable[Example], tokenizer: Any, max_length: int | None, *, cut: bool, loss_on_prompt: bool = False
) -> Fitting:
    """Encode examples; those longer than `max_length` tokens are cut, if anything to learn is left, or dropped."""
    found = Fitting([], [], [], [])
    for place, example in enumerate(examples):
        ids, shown, is_aligned = encoded(example, tokenizer)
        if not is_aligned:
            found.unaligned.append(example.name)
        labels = ids if loss_on_prompt else [NOT_LEARNED] * shown + ids[shown:]
        is_long = max_length is not None and len(ids) > max_length
        row = Encoded(example.name, place, ids[:max_length], labels[:max_length])
        if row.is_cut_off or (is_long and not cut):
            found.dropped.append(example.name)
            continue
        found.rows.append(row)
        if is_long:
            found.cut.append(example.name)
    return found


def encoded(example: Example, tokenizer: Any) -> tuple[list[int], int, bool]:
    """Return the tokens of an example, how many of them are shown, and whether the prompt stands in them as it is."""
    if isinstance(example.prompt, str):
        prompt = list(tokenizer(example.prompt)["input_ids"])
        whole = list(tokenizer(example.prompt + example.completion.removesuffix(END))["input_ids"])
        if tokenizer.eos_token_id is not None and whole[-1:] != [tokenizer.eos_token_id]:
            whole.append(tokenizer.eos_token_id)
        return whole, in_common(prompt, whole), True
    turns = [*example.prompt, {"role": "assistant", "content": example.completion}]
    prompt, whole = chat(tokenizer, example.prompt, True), chat(tokenizer, turns, False)
    shown = in_common(prompt, whole)
    return whole, shown, shown == len(prompt)


def chat(tokenizer: Any, turns: Sequence[Message], is_prompt: bool) -> list[int]:
    """Return messages as tokens, by the tokenizer's chat template."""
    text = tokenizer.apply_chat_template(
        [dict(turn) for turn in turns], tokenize=False, add_generation_prompt=is_prompt
    )
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def in_common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two texts share at their beginning."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def reported(found: Fitting, max_length: int | None, shown: int = 10) -> list[str]:
    """Return a sentence for each kind of row that is not trained on as it stands, with the key to set."""
    remedy = f"Set trainer.max_length (now {max_length}) higher to train on all of them."
    kinds: Mapping[str, tuple[list[str], str]] = {
        "longer than trainer.max_length and left out": (found.dropped, remedy),
        "longer than trainer.max_length and cut": (found.cut, remedy),
        "written differently by the chat template where the answer follows": (
            found.unaligned,
            "Some tokens of their prompts are learned as well.",
        ),
    }
    total = len(found.rows) + len(found.dropped)
    return [
        f"{len(names):,} of {total:,} rows are {what}: {', '.join(names[:shown])}"
        f"{', …' if len(names) > shown else ''}. {then}"
        for what, (names, then) in kinds.items()
        if names
    ]


def check_template(tokenizer: Any, name: str, mode: str) -> None:
    """Raise SelfInstructError for a model without a chat template that is to be tuned on messages."""
    if mode == "chat" and tokenizer.chat_template is None:
        raise SelfInstructError(NO_TEMPLATE.format(name=name))
