"""What a training would be, without weights: rows, tokens, steps, trainable parameters, and memory.

The model is built without memory for its weights, from its config alone, so that the count is exact.
"""

from typing import TYPE_CHECKING, Any

from selfinstruct.trainer import Training
from selfinstruct.trainer.failures import not_loaded
from selfinstruct.trainer.fine_tuning import prepared, tokenizer_of
from selfinstruct.trainer.sft_config import precision_of, steps_of

if TYPE_CHECKING:
    from selfinstruct.trainer.supervised import Supervised

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
ADAM = 8
"""Bytes of two moments of a trained weight, in float32."""


def preview(trainer: "Supervised", training: Training, rows: int | None) -> dict[str, Any]:
    """Return what a training would be; `rows` where the dataset is not made yet."""
    found: dict[str, Any] = {"dropped": None, "cut": None, "validated_on": None, "tokens": None, "longest_row": None}
    if training.dataset.is_file():
        fits, train, held_out = prepared(trainer, training, tokenizer_of(trainer))
        each = sum(len(row.input_ids) for row in train)
        rows = len(train)
        found |= {"dropped": len(fits.dropped), "cut": len(fits.cut), "validated_on": len(held_out)}
        found |= {"tokens_per_epoch": each, "longest_row": max(len(row.input_ids) for row in train)}
    elif rows is not None:
        rows = round(rows * (1 - trainer.validation_share))
    if rows:
        epoch, steps = steps_of(trainer, rows)
        found |= {"steps": steps}
        if "tokens_per_epoch" in found:
            found["tokens"] = round(found["tokens_per_epoch"] * steps / epoch)
    trainable, parameters = parameters_of(trainer)
    memory = parameters * BYTES[trainer.weights] + trainable * (BYTES[trainer.weights] + ADAM)
    return {
        "rows": rows,
        **found,
        "parameters": parameters,
        "trainable_parameters": trainable,
        "memory_bytes": memory,
        "precision": precision_of(trainer),
    }


def parameters_of(trainer: "Supervised") -> tuple[int, int]:
    """Return how many parameters are trained, and how many there are."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config = AutoConfig.from_pretrained(trainer.base_model)
    except (OSError, ValueError) as error:
        raise not_loaded(trainer.base_model, error) from None
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
        if trainer.method is not None:
            from peft import get_peft_model

            model = get_peft_model(model, trainer.method.config())
    counts = [(one.numel(), one.requires_grad) for one in model.parameters()]
    return sum(count for count, is_trained in counts if is_trained), sum(count for count, _ in counts)
