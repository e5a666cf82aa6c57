"""One training from its rows to its files: prepare, resume, train, write.

All processes of a launch come here; the first of them writes.  What a killed process has left is overwritten: a model
is written beside its place and renamed when it is whole, and a training is finished when `training.json` says so.
"""

import hashlib
import logging
import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.storage.summary import digest_of
from selfinstruct.trainer import MERGED, MODEL, Training
from selfinstruct.trainer.checkpoints import CHECKPOINTS, Record, latest, lines, remove, resumed
from selfinstruct.trainer.failures import explained, not_loaded
from selfinstruct.trainer.processes import barrier, is_main, process_count
from selfinstruct.trainer.progress import Progress, callback
from selfinstruct.trainer.rows import divided, examples_in
from selfinstruct.trainer.sft_config import on_cpu, sft_config
from selfinstruct.trainer.tokens import Encoded, Fitting, check_template, fitting, reported

if TYPE_CHECKING:
    from selfinstruct.trainer.supervised import Supervised

LOG = logging.getLogger(__name__)

VERSIONS = ("torch", "transformers", "trl", "peft", "accelerate", "safetensors", "tokenizers")
NOT_WEIGHTS = ("training_args.bin", "README.md")
"""Files of the libraries: a pickle with paths of this machine, and a card that is an empty form."""


def fine_tuned(trainer: "Supervised", training: Training) -> dict[str, Any]:
    """Train, and return what `summary.json` says of it; a training that is finished is not done again."""
    settings, record = started_with(trainer, training), Record(training.folder)
    if is_main():
        record.start(settings)
    barrier()
    result = record.result
    if result is None or result["sha256"] != hashes(training.folder / MODEL):
        with explained(training.folder, "The CPU" if on_cpu(trainer.device) else "The GPU"):
            result = trained(trainer, training)
        if is_main():
            record.finish(settings, result)
            remove(training.folder)
    if is_main() and trainer.merge and trainer.method is not None and not (training.folder / MERGED).is_dir():
        with explained(training.folder, "This machine"):
            merge(trainer, training.folder)
    barrier()
    return result


def started_with(trainer: "Supervised", training: Training) -> dict[str, Any]:
    """Return what a training is started with, which may not change until it is finished."""
    base = Path(trainer.base_model)
    found = {"trainer": trainer.settings(), "random_seed": training.random_seed, "processes": process_count()}
    weights = combined(hashes(base)) if base.is_dir() else None
    return {**found, "base_weights": weights, "dataset": digest_of(training.dataset)}


def combined(found: Mapping[str, str]) -> str:
    """Return one hash of several."""
    return hashlib.sha256("".join(found.values()).encode()).hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of weights in a folder."""
    return {path.name: digest_of(path) for path in sorted(folder.glob("*.safetensors"))}


def tokenizer_of(trainer: "Supervised") -> Any:
    """Return the tokenizer of the base model, with its chat template; raises SelfInstructError where it has none."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(trainer.base_model)
    except (OSError, ValueError) as error:
        raise not_loaded(trainer.base_model, error) from None
    if trainer.chat_template is not None:
        tokenizer.chat_template = trainer.chat_template.read_text(encoding="utf-8")
    check_template(tokenizer, trainer.base_model, trainer.mode)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def prepared(trainer: "Supervised", training: Training, tokenizer: Any) -> tuple[Fitting, list[Encoded], list[Encoded]]:
    """Return the rows of the dataset, those of them that are trained on, and those that are held out."""
    examples = examples_in(training.dataset, trainer.mode)
    cut = trainer.too_long == "cut"
    found = fitting(examples, tokenizer, trainer.max_length, cut=cut, loss_on_prompt=trainer.loss_on_prompt)
    train, held_out = divided(
        [examples[row.place] for row in found.rows], trainer.validation_share, training.random_seed
    )
    return found, [found.rows[place] for place in train], [found.rows[place] for place in held_out]


def model_of(trainer: "Supervised") -> Any:
    """Return the base model with its weights; code that comes with it is not run, and pickles are not read."""
    import torch
    from transformers import AutoModelForCausalLM

    try:
        dtype = getattr(torch, trainer.weights)
        return AutoModelForCausalLM.from_pretrained(trainer.base_model, dtype=dtype, use_safetensors=True)
    except (OSError, ValueError) as error:
        raise not_loaded(trainer.base_model, error) from None


def trained(trainer: "Supervised", training: Training) -> dict[str, Any]:
    """Train from the last checkpoint, and write the model."""
    import torch
    from datasets import Dataset
    from transformers import set_seed
    from transformers.trainer_callback import PrinterCallback
    from transformers.utils import logging as transformers_logging
    from trl import SFTTrainer

    quiet(transformers_logging)
    if trainer.threads is not None:
        torch.set_num_threads(trainer.threads)
    tokenizer = tokenizer_of(trainer)
    found, train, held_out = prepared(trainer, training, tokenizer)
    for sentence in reported(found, trainer.max_length) if is_main() else ():
        LOG.warning(sentence)
    config = sft_config(trainer, training, rows=len(train), is_validated=bool(held_out))
    if is_main():
        resumed(training.folder)
    barrier()
    last = latest(training.folder)
    set_seed(config.seed)
    sft = SFTTrainer(
        model=model_of(trainer),
        args=config,
        train_dataset=Dataset.from_list(columns(train)),
        eval_dataset=Dataset.from_list(columns(held_out)) if held_out else None,
        processing_class=tokenizer,
        peft_config=None if trainer.method is None else trainer.method.config(),
    )
    sft.remove_callback(PrinterCallback)
    progress = Progress(training, None if last is None else last[1])
    sft.add_callback(callback(progress))
    sft.train(resume_from_checkpoint=None if last is None else str(last[0]))
    if progress.is_stopped:
        raise KeyboardInterrupt
    write(sft, tokenizer, training.folder / MODEL)
    return {
        "base_model": trainer.base_model,
        "method": "full" if trainer.method is None else type(trainer.method).__name__,
        "mode": trainer.mode,
        "dataset": {
            "name": training.dataset.name,
            "is_of_run": training.dataset.parent.parent == training.folder,
            "sha256": digest_of(training.dataset),
        },
        "settings": trainer.settings(),
        "rows": {
            "trained_on": len(train),
            "validated_on": len(held_out),
            "dropped": len(found.dropped),
            "cut": len(found.cut),
        },
        **outcome(lines(training.folder)),
        "seconds": round(progress.seconds, 3),
        "tokens_per_second": round(progress.tokens / progress.seconds, 1) if progress.seconds else None,
        "trainable_parameters": sum(one.numel() for one in sft.model.parameters() if one.requires_grad),
        "parameters": sum(one.numel() for one in sft.model.parameters()),
        "device": str(sft.args.device.type),
        "precision": "bfloat16" if config.bf16 else "float16" if config.fp16 else "float32",
        "threads": torch.get_num_threads(),
        "processes": process_count(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONS}},
        "sha256": hashes(training.folder / MODEL),
    }


def columns(rows: Sequence[Encoded]) -> list[dict[str, list[int]]]:
    """Return rows as TRL reads them."""
    return [{"input_ids": row.input_ids, "labels": row.labels} for row in rows]


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
    }


def quiet(transformers_logging: Any) -> None:
    """Keep the libraries' bars off the screen; warnings stay."""
    transformers_logging.disable_progress_bar()
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    import datasets

    datasets.disable_progress_bars()


def write(sft: Any, tokenizer: Any, folder: Path) -> None:
    """Write the weights that were trained, in safetensors, with the tokenizer; all processes take part."""
    beside = folder.with_name(f"{folder.name}.part")
    if is_main():
        shutil.rmtree(beside, ignore_errors=True)
    barrier()
    sft.save_model(str(beside))
    barrier()
    if is_main():
        tokenizer.save_pretrained(str(beside))
        put(beside, folder)


def put(beside: Path, folder: Path) -> None:
    """Let a folder that is whole take the place of another."""
    for name in NOT_WEIGHTS:
        (beside / name).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def merge(trainer: "Supervised", folder: Path) -> None:
    """Write the base model with the trained weights in it."""
    from peft import PeftModel
    from transformers import AutoTokenizer

    beside = folder / f"{MERGED}.part"
    shutil.rmtree(beside, ignore_errors=True)
    whole = PeftModel.from_pretrained(model_of(trainer), str(folder / MODEL)).merge_and_unload()
    whole.save_pretrained(str(beside))
    AutoTokenizer.from_pretrained(str(folder / MODEL)).save_pretrained(str(beside))
    put(beside, folder / MERGED)


__all__ = ["CHECKPOINTS", "fine_tuned", "prepared", "started_with", "tokenizer_of"]
