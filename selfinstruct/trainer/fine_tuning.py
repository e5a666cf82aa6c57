"""One training from its rows to its files: prepare, resume, train, write.

All processes of a launch come here; the first of them writes.  What a killed process has left is overwritten: a model
is written beside its place and renamed when it is whole, and a training is finished when `training.json` says so.
"""

import logging
import shutil
from typing import TYPE_CHECKING, Any

from selfinstruct.trainer import MERGED, MODEL, Training
from selfinstruct.trainer.checkpoints import Note, latest, remove, resumed
from selfinstruct.trainer.devices import Device, check_count, device_of
from selfinstruct.trainer.failures import explained
from selfinstruct.trainer.loading import adapted, model_of, tokenizer_of
from selfinstruct.trainer.prepared import Prepared, columns, pair_columns, prepared, sequences_of
from selfinstruct.trainer.processes import barrier, is_main, process_count
from selfinstruct.trainer.progress import Progress, callback
from selfinstruct.trainer.record import FILES, Record, started_with
from selfinstruct.trainer.result import result_of, warn_of_rise
from selfinstruct.trainer.saving import clear, merge, write
from selfinstruct.trainer.sft_config import sft_config
from selfinstruct.trainer.silence import silenced
from selfinstruct.trainer.tokens import reported

if TYPE_CHECKING:
    from selfinstruct.trainer.supervised import Supervised

LOG = logging.getLogger(__name__)

FINISHED = "The training in {folder} is finished, so nothing is trained. Remove {files} there to train anew."


def fine_tuned(trainer: "Supervised", training: Training) -> dict[str, Any]:
    """Train, and return what `summary.json` says of it; a training that is finished is not done again."""
    settings, record = started_with(trainer, training), Record(training.folder, training.dataset)
    if is_main():
        record.start(settings)
    barrier()
    record.check_model()
    result = record.result
    merged = training.folder / MERGED
    is_merged = trainer.merge and trainer.method is not None
    device = device_of(trainer.device)
    with silenced(), explained(training.folder, device.name):
        if result is None:
            result = trained(trainer, training, device)
            if is_main():
                record.finish(settings, result)
        elif is_main() and (merged.is_dir() or not is_merged):
            LOG.warning(FINISHED.format(folder=training.folder, files=FILES))
        if is_main():
            remove(training.folder)
            clear(training.folder)
            if is_merged and not merged.is_dir():
                merge(trainer, training.folder)
    barrier()
    return result


def trained(trainer: "Supervised", training: Training, device: Device) -> dict[str, Any]:
    """Train from the last checkpoint, and write the model."""
    import torch

    if trainer.threads is not None:
        torch.set_num_threads(trainer.threads)
    check_count(device, process_count())
    tokenizer = tokenizer_of(trainer)
    rows = prepared(trainer, training, tokenizer)
    if is_main():
        for sentence in reported(rows.fitting, trainer.max_length):
            LOG.warning(sentence)
        clear(training.folder)
        shutil.rmtree(training.folder / MERGED, ignore_errors=True)  # of an earlier training
        resumed(training.folder)
    barrier()
    last = latest(training.folder)
    if training.is_stopping():
        raise KeyboardInterrupt
    sft = sft_of(trainer, training, tokenizer, rows, device)
    progress = Progress(training, Note() if last is None else last.note)
    sft.add_callback(callback(progress))
    sft.train(resume_from_checkpoint=None if last is None else str(last.folder))
    if progress.is_stopped:
        raise KeyboardInterrupt
    write(sft, tokenizer, training.folder / MODEL)
    result = result_of(trainer, training, sft, rows, progress)
    if is_main():
        warn_of_rise(result, trainer.learning_rate)
    return result


def sft_of(trainer: "Supervised", training: Training, tokenizer: Any, rows: Prepared, device: Device) -> Any:
    """Return TRL's trainer, with the model loaded."""
    from datasets import Dataset
    from transformers import set_seed
    from transformers.trainer_callback import PrinterCallback
    from trl import SFTTrainer

    learned = columns if trainer.objective is None else pair_columns
    sequences = sequences_of(trainer, rows.train)
    config = sft_config(trainer, training, device, sequences=sequences, is_validated=bool(rows.held_out))
    set_seed(config.seed)
    known = {
        "args": config,
        "train_dataset": Dataset.from_list(learned(rows.train)),
        "eval_dataset": Dataset.from_list(learned(rows.held_out)) if rows.held_out else None,
        "processing_class": tokenizer,
    }
    if trainer.objective is None:
        sft = SFTTrainer(model=adapted(model_of(trainer), trainer), **known)
    else:
        sft = trainer.objective.tuner(trainer, **known)
    sft.remove_callback(PrinterCallback)
    reach_loss(sft.model)
    return sft


def reach_loss(model: Any) -> None:
    """Have a method call the model's forward function as it is now.

    TRL replaces that function to compute the loss, but PEFT's adaption prompt remembers the one before.
    """
    inner = getattr(model, "base_model", None)
    if inner is not None and "forward" in vars(inner) and hasattr(model, "get_base_model"):
        inner.forward = model.get_base_model().forward
