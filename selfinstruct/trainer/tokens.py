"""Examples as tokens, with the loss on the completion only.

This is done here and not left to TRL, which drops rows in silence: what is too long is counted and named before the
first step, and `actions=[plan]` counts the very same.  A prompt is encoded alone and with its completion; the tokens
that both have in common are shown, all others are learned.  So no chat template needs marks of what is generated.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.trainer.rows import Example, Message

NOT_LEARNED = -100
"""The label of a token that has no part in the loss, as torch has it."""
NO_TEMPLATE = (
    "{name} has no chat template, so it cannot be tuned on messages. Set trainer.chat_template to a file with one, or"
    " trainer.mode=completion with formats=[prompt_completion]."
)
REFUSING = (
    "The chat template of {name} cannot write a conversation of the roles {roles}: {error}. Remove such rows, or set"
    " trainer.chat_template to a file with another template."
)
NOTHING_LEFT = "{dataset} has no row left to train on: {reasons}."
LONGER = "{count:,} of its rows are longer than trainer.max_length={most}, which has to be set higher"
EMPTY = "{count:,} have nothing to learn"


@dataclass(frozen=True, slots=True)
class Encoded:
    """An example as tokens."""

    name: str
    place: int
    """Its place among the examples."""
    input_ids: list[int]
    labels: list[int]
    """The tokens that are learned, each at its place; -100 elsewhere."""
    rejected: "Encoded | None" = None
    """In a pair, the prompt with the rejected answer."""

    @property
    def shown(self) -> int:
        """Return how many tokens stand before the first that is learned."""
        return next((place for place, label in enumerate(self.labels) if label != NOT_LEARNED), len(self.labels))

    @property
    def size(self) -> int:
        """Return how many tokens are computed, of both answers in a pair."""
        return len(self.input_ids) + (0 if self.rejected is None else len(self.rejected.input_ids))

    @property
    def is_cut_off(self) -> bool:
        """Return whether nothing is left to learn."""
        return all(label == NOT_LEARNED for label in self.labels)


@dataclass(frozen=True, slots=True)
class Fitting:
    """Examples that fit into the length, and the names of those that do not."""

    rows: list[Encoded]
    dropped: list[str]
    """Rows that are left out because they are too long."""
    cut: list[str]
    """Rows that are trained on without their end."""
    unaligned: list[str]
    """Rows whose prompt the chat template writes differently inside the whole conversation."""
    empty: list[str]
    """Rows that are left out because they have nothing to learn, not even an end."""


def fitting(
    examples: Iterable[Example], tokenizer: Any, max_length: int | None, *, cut: bool, loss_on_prompt: bool = False
) -> Fitting:
    """Encode examples; those longer than `max_length` tokens are cut, if anything to learn is left, or dropped."""
    found = Fitting([], [], [], [], [])
    for place, example in enumerate(examples):
        sides = [encoded(side, tokenizer) for side in example.sides]
        if not all(is_aligned for _, _, is_aligned in sides):
            found.unaligned.append(example.name)
        is_long = max_length is not None and any(len(ids) > max_length for ids, _, _ in sides)
        rows = []
        for ids, shown, _ in sides:
            labels = list(ids) if loss_on_prompt else [NOT_LEARNED] * shown + ids[shown:]
            rows.append(Encoded(example.name, place, ids[:max_length], labels[:max_length]))
        if any(shown == len(ids) for ids, shown, _ in sides) or example.completion == example.rejected:
            found.empty.append(example.name)
        elif any(row.is_cut_off for row in rows) or (is_long and not cut):
            found.dropped.append(example.name)
        else:
            found.rows.append(replace(rows[0], rejected=rows[1]) if len(rows) > 1 else rows[0])
            found.cut.extend([example.name] if is_long else [])
    return found


def encoded(example: Example, tokenizer: Any) -> tuple[list[int], int, bool]:
    """Return the tokens of an example, how many of them are shown, and whether the prompt stands in them as it is.

    A text ends with the model's end token; how a message ends, its chat template says.  So a completion that is empty
    still teaches the model to end there.  Where the last characters of the prompt and the first of the completion are
    one token, that token is learned.
    """
    if isinstance(example.prompt, str):
        shown, whole = tokens(tokenizer, example.prompt), tokens(tokenizer, example.prompt + example.completion)
        end = tokenizer.eos_token_id
        whole += [end] if end is not None and whole[-1:] != [end] else []
        return whole, in_common(shown, whole), True
    turns = [*example.prompt, {"role": "assistant", "content": example.completion}]
    prompt, text = chat(tokenizer, example.prompt, True), chat(tokenizer, turns, False)
    whole = tokens(tokenizer, text, special=False)
    return whole, in_common(tokens(tokenizer, prompt, special=False), whole), text.startswith(prompt)


def tokens(tokenizer: Any, text: str, *, special: bool = True) -> list[int]:
    """Return a text as tokens, with those that the tokenizer puts around each text, or without them."""
    return list(tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"])


def chat(tokenizer: Any, turns: Sequence[Message], is_prompt: bool) -> str:
    """Return messages as a text, by the tokenizer's chat template; raises SelfInstructError where it refuses them."""
    try:
        messages = [dict(turn) for turn in turns]
        return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=is_prompt))
    except Exception as error:
        if not type(error).__module__.startswith("jinja2"):
            raise
        roles = ", ".join(turn["role"] for turn in turns)
        raise SelfInstructError(REFUSING.format(name=tokenizer.name_or_path, error=error, roles=roles)) from None


def in_common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two texts share at their beginning."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def reported(found: Fitting, max_length: int | None, shown: int = 10) -> list[str]:
    """Return a sentence for each kind of row that is not trained on as it stands, with the key to set."""
    longer = f"Set trainer.max_length (now {max_length}) higher to train on all of them."
    kinds: Sequence[tuple[str, list[str], str]] = (
        ("longer than trainer.max_length and left out", found.dropped, longer),
        ("longer than trainer.max_length and cut", found.cut, longer),
        ("left out, for they have nothing to learn", found.empty, "Their completions are empty, or equal in a pair."),
        (
            "written differently by the chat template where the answer follows",
            found.unaligned,
            "Some tokens of their prompts are learned as well.",
        ),
    )
    total = len(found.rows) + len(found.dropped) + len(found.empty)
    return [
        f"{len(names):,} of {total:,} rows are {what}: {', '.join(names[:shown])}"
        f"{', …' if len(names) > shown else ''}. {then}"
        for what, names, then in kinds
        if names
    ]


def nothing_left(found: Fitting, dataset: object, max_length: int | None) -> str:
    """Return a sentence about a dataset of which no row is left."""
    longer = [LONGER.format(count=len(found.dropped), most=max_length)] if found.dropped else []
    empty = [EMPTY.format(count=len(found.empty))] if found.empty else []
    return NOTHING_LEFT.format(dataset=dataset, reasons=", and ".join(longer + empty))


def check_template(tokenizer: Any, name: str, mode: str) -> None:
    """Raise SelfInstructError for a model without a chat template that is to be tuned on messages."""
    if mode == "chat" and tokenizer.chat_template is None:
        raise SelfInstructError(NO_TEMPLATE.format(name=name))
