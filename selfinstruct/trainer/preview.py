"""What a training would be, without weights: rows, tokens, steps, trainable parameters, and memory.

The model is built without memory for its weights, from its config alone, so that the count is exact.  The memory is
that of weights, gradients and the optimizer; activations come on top, which grow with `batch_size` and `max_length`.
"""

from typing import TYPE_CHECKING, Any

from selfinstruct.trainer import Training
from selfinstruct.trainer.devices import device_of, precision_on
from selfinstruct.trainer.loading import outline_of, tokenizer_of
from selfinstruct.trainer.prepared import prepared, sequences_of
from selfinstruct.trainer.sft_config import steps_of
from selfinstruct.trainer.silence import silenced

if TYPE_CHECKING:
    from selfinstruct.trainer.supervised import Supervised

BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}
MOMENTS = {
    "adamw_torch": 2,
    "adamw_torch_fused": 2,
    "adafactor": 0,
    "sgd": 0,
    "adamw_8bit": 0.5,
    "paged_adamw_8bit": 0.5,
}
"""How many numbers an optimizer keeps for each trained one, each as large as it; what grows with a row or a column of a
matrix only is left out."""


def preview(trainer: "Supervised", training: Training, rows: int | None) -> dict[str, Any]:
    """Return what a training would be; `rows` where the dataset is not made yet."""
    with silenced():
        found = counted(trainer, training, rows)
        trainable, parameters = parameters_of(trainer)
        return {
            **found,
            "parameters": parameters,
            "trainable_parameters": trainable,
            "memory_bytes": memory(trainer, trainable, parameters),
            "precision": precision_on(device_of(trainer.device), trainer.precision),
        }


def counted(trainer: "Supervised", training: Training, rows: int | None) -> dict[str, Any]:
    """Return the rows, steps and tokens of a training; None where they are not known."""
    names = ("dropped", "cut", "validated_on", "tokens_per_epoch", "longest_row", "tokens", "steps")
    found: dict[str, Any] = {"rows": rows, **dict.fromkeys(names)}
    if not training.dataset.is_file():
        if rows:
            found["rows"] = max(round(rows * (1 - trainer.validation_share)), 1)
            found["steps"] = steps_of(trainer, found["rows"])[1]
        return found
    ready = prepared(trainer, training, tokenizer_of(trainer))
    each = sum(row.size for row in ready.train)
    epoch, steps = steps_of(trainer, sequences_of(trainer, ready.train))
    counts = ready.counts()
    return found | {
        "rows": counts["trained_on"],
        **{name: counts[name] for name in ("dropped", "cut", "validated_on")},
        "tokens_per_epoch": each,
        "longest_row": max(len(one.input_ids) for row in ready.train for one in (row, row.rejected) if one),
        "tokens": round(each * steps / epoch),  # exact for whole epochs
        "steps": steps,
    }


def parameters_of(trainer: "Supervised") -> tuple[int, int]:
    """Return how many parameters are trained, and how many there are."""
    counts = [(one.numel(), one.requires_grad) for one in outline_of(trainer).parameters()]
    return sum(count for count, is_trained in counts if is_trained), sum(count for count, _ in counts)


def memory(trainer: "Supervised", trainable: int, parameters: int) -> int:
    """Return the bytes of weights, gradients and the optimizer's moments; a method's own weights are in float32.

    An objective that compares with the base model holds its weights, too, where all weights are trained.
    """
    size = BYTES[trainer.weights]
    moments = MOMENTS[trainer.optimizer]
    if trainer.method is None:
        copies = 1 if trainer.objective is None else 2
        return round(copies * parameters * size + trainable * size * (1 + moments))
    return round((parameters - trainable) * size + trainable * 4 * (2 + moments))
