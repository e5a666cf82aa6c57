"""The config of TRL's trainer, from the keys of ours; what it would choose by itself is said here."""

import math
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.trainer import Training
from selfinstruct.trainer.checkpoints import CHECKPOINTS
from selfinstruct.trainer.processes import WAIT, process_count

if TYPE_CHECKING:
    from selfinstruct.trainer.supervised import Supervised

NO_BFLOAT16 = "This GPU cannot compute in bfloat16. Set trainer.precision=float16 or float32."
ONLY_ON_GPU = "trainer.precision=float16 needs a GPU. Set it to auto or float32."


def on_cpu(device: str) -> bool:
    """Return whether a training computes on the CPU."""
    import torch

    return device == "cpu" or not (torch.cuda.is_available() or torch.backends.mps.is_available())


def precision_of(trainer: "Supervised") -> str:
    """Return in what numbers is computed; raises SelfInstructError for what the device does not have."""
    import torch

    is_cpu = on_cpu(trainer.device)
    has_bfloat16 = is_cpu or not torch.cuda.is_available() or torch.cuda.is_bf16_supported(including_emulation=False)
    if trainer.precision == "auto":
        return "bfloat16" if torch.cuda.is_available() and not is_cpu and has_bfloat16 else "float32"
    if trainer.precision == "bfloat16" and not has_bfloat16:
        raise SelfInstructError(NO_BFLOAT16)
    if trainer.precision == "float16" and is_cpu:
        raise SelfInstructError(ONLY_ON_GPU)
    return trainer.precision


def steps_of(trainer: "Supervised", rows: int) -> tuple[int, int]:
    """Return the steps of an epoch and of the whole training."""
    batches = math.ceil(rows / (trainer.batch_size * process_count()))
    each = max(math.ceil(batches / trainer.accumulate), 1)
    return each, trainer.steps or max(math.ceil(trainer.epochs * each), 1)


def sft_config(trainer: "Supervised", training: Training, *, rows: int, is_validated: bool) -> Any:
    """Return the config of TRL's trainer."""
    from trl import SFTConfig

    precision, is_cpu = precision_of(trainer), on_cpu(trainer.device)
    epoch, _ = steps_of(trainer, rows)
    saves = trainer.checkpoint_steps is not None
    return SFTConfig(
        output_dir=str(training.folder / CHECKPOINTS),
        per_device_train_batch_size=trainer.batch_size,
        per_device_eval_batch_size=trainer.batch_size,
        gradient_accumulation_steps=trainer.accumulate,
        num_train_epochs=trainer.epochs,
        max_steps=trainer.steps or -1,
        learning_rate=trainer.learning_rate,
        lr_scheduler_type=trainer.schedule,
        warmup_steps=trainer.warmup,
        weight_decay=trainer.weight_decay,
        max_grad_norm=trainer.max_grad_norm,
        optim=trainer.optimizer,
        max_length=trainer.max_length,
        packing=trainer.packing,
        eval_packing=False,
        bf16=precision == "bfloat16",
        fp16=precision == "float16",
        use_cpu=is_cpu,
        gradient_checkpointing=trainer.gradient_checkpointing,
        seed=training.random_seed % 2**32,
        logging_strategy="steps",
        logging_steps=trainer.log_steps,
        logging_first_step=True,
        eval_strategy="steps" if is_validated else "no",
        eval_steps=(trainer.validation_steps or epoch) if is_validated else None,
        save_strategy="steps" if saves else "no",
        save_steps=trainer.checkpoint_steps or 1,
        save_total_limit=None,
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=not is_cpu,
        ddp_timeout=WAIT,
        loss_type="nll",
    )
