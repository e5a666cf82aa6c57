"""What a training came to, as `summary.json` and the model card say it."""

import logging
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from selfinstruct.trainer import MODEL, Training
from selfinstruct.trainer.checkpoints import lines
from selfinstruct.trainer.processes import process_count
from selfinstruct.trainer.progress import REWARDS, Progress
from selfinstruct.trainer.saving import digest_of, hashes

if TYPE_CHECKING:
    from selfinstruct.trainer.prepared import Prepared
    from selfinstruct.trainer.supervised import Supervised

LOG = logging.getLogger(__name__)

VERSIONS = ("torch", "transformers", "trl", "peft", "accelerate", "safetensors", "tokenizers")
ROSE = (
    "The loss rose from {first:.4g} to {last:.4g}, so the tuned model is likely to be of no use. Set"
    " trainer.learning_rate lower (now {rate:g}), and train anew in another folder."
)
RISE = 1.5
"""A loss that has grown to so many times the first is reported; single batches differ by less."""


def result_of(
    trainer: "Supervised", training: Training, sft: Any, rows: "Prepared", progress: Progress
) -> dict[str, Any]:
    """Return what a finished training came to."""
    import torch

    found = outcome(lines(training.folder))
    config = sft.args
    return {
        "base_model": trainer.base_model,
        "method": "full" if trainer.method is None else type(trainer.method).__name__,
        "mode": trainer.mode,
        **({} if trainer.objective is None else {"objective": type(trainer.objective).__name__}),
        "dataset": {
            "name": training.dataset.name,
            "is_of_run": training.dataset.parent.parent == training.folder,
            "sha256": digest_of(training.dataset),
        },
        "settings": trainer.settings(),
        "rows": rows.counts(),
        **found,
        "seconds": round(progress.seconds, 3),
        "tokens_per_second": round(found["tokens"] / progress.seconds, 1) if progress.seconds else None,
        "trainable_parameters": sum(one.numel() for one in sft.model.parameters() if one.requires_grad),
        "parameters": sum(one.numel() for one in sft.model.parameters()),
        "device": str(config.device.type),
        "precision": "bfloat16" if config.bf16 else "float16" if config.fp16 else "float32",
        "threads": torch.get_num_threads(),
        "processes": process_count(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONS}},
        "sha256": hashes(training.folder / MODEL),
    }


def outcome(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the lines of `training.jsonl` come to."""
    losses = [row["loss"] for row in rows if "loss" in row]
    validated = [row["validation_loss"] for row in rows if "validation_loss" in row]
    last = rows[-1] if rows else {"step": 0, "epoch": 0.0, "tokens": 0}
    return {
        "steps": last["step"],
        "epochs": last["epoch"],
        "tokens": last["tokens"],
        "first_loss": losses[0] if losses else None,
        "loss": losses[-1] if losses else None,
        "validation_loss": validated[-1] if validated else None,
        **{key: row[key] for row in rows for key in REWARDS if key in row},
    }


def warn_of_rise(result: Mapping[str, Any], rate: float) -> None:
    """Report a loss that is far higher at the end than at the beginning."""
    first, last = result["first_loss"], result["loss"]
    if first is not None and last is not None and last > RISE * first:
        LOG.warning(ROSE.format(first=first, last=last, rate=rate))
