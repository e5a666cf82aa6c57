"""The config of TRL's trainer, from the keys of ours; what it would choose by itself is said here."""

import math
import os
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from selfinstruct.trainer import Training
from selfinstruct.trainer.checkpoints import CHECKPOINTS
from selfinstruct.trainer.devices import Device, precision_on
from selfinstruct.trainer.processes import WAIT, process_count

if TYPE_CHECKING:
    from selfinstruct.trainer.supervised import Supervised

LAUNCHED_WITH = {"bfloat16": "bf16", "float16": "fp16"}
"""The precisions by accelerate's names; what its config file says must not win over `trainer.precision`."""


def steps_of(trainer: "Supervised", sequences: int) -> tuple[int, int]:
    """Return the steps of an epoch and of the whole training, which ends with its epochs or its steps."""
    batches = math.ceil(sequences / (trainer.batch_size * process_count()))
    each = max(math.ceil(batches / trainer.accumulate), 1)
    total = max(math.ceil(trainer.epochs * each), 1)
    return each, total if trainer.steps is None else min(trainer.steps, total)


def sft_config(trainer: "Supervised", training: Training, device: Device, *, sequences: int, is_validated: bool) -> Any:
    """Return the config of TRL's trainer; raises SelfInstructError for a precision that the device does not have."""
    precision, is_cpu = precision_on(device, trainer.precision), device.kind == "cpu"
    os.environ["ACCELERATE_MIXED_PRECISION"] = LAUNCHED_WITH.get(precision, "no")
    epoch, total = steps_of(trainer, sequences)
    saves = trainer.checkpoint_steps is not None
    made, own = config_of(trainer)
    return made(
        output_dir=str(training.folder / CHECKPOINTS),
        per_device_train_batch_size=trainer.batch_size,
        per_device_eval_batch_size=trainer.batch_size,
        gradient_accumulation_steps=trainer.accumulate,
        num_train_epochs=trainer.epochs,
        max_steps=total,
        learning_rate=trainer.learning_rate,
        lr_scheduler_type=trainer.schedule,
        warmup_steps=trainer.warmup,
        weight_decay=trainer.weight_decay,
        max_grad_norm=trainer.max_grad_norm,
        optim=trainer.optimizer,
        max_length=trainer.max_length,
        bf16=precision == "bfloat16",
        fp16=precision == "float16",
        use_cpu=is_cpu,
        **checkpointing(made, trainer.gradient_checkpointing),
        seed=training.random_seed % 2**32,
        logging_strategy="steps",
        logging_steps=trainer.log_steps,
        logging_first_step=True,
        logging_nan_inf_filter=False,
        eval_strategy="steps" if is_validated else "no",
        eval_steps=(trainer.validation_steps or epoch) if is_validated else None,
        save_strategy="steps" if saves else "no",
        save_steps=trainer.checkpoint_steps or 1,
        save_total_limit=None,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=not is_cpu,
        ddp_timeout=WAIT,
        **own,
    )


def config_of(trainer: "Supervised") -> tuple[Any, dict[str, Any]]:
    """Return the class of the config for what the trainer learns from, and the values that only it has."""
    from trl import DPOConfig, SFTConfig

    if trainer.objective is not None:
        return DPOConfig, {"beta": trainer.objective.beta, "loss_type": ["sigmoid"]}
    return SFTConfig, {"packing": trainer.packing, "eval_packing": False, "loss_type": "nll"}


def checkpointing(config: Any, is_on: bool) -> dict[str, bool]:
    """Return the setting of gradient checkpointing, which transformers has renamed, by the name that it has here."""
    names = {one.name for one in fields(config)}
    return {"activation_checkpointing" if "activation_checkpointing" in names else "gradient_checkpointing": is_on}
