"""The files of a tuned model: written beside their place, and renamed when they are whole."""

import os
import shutil
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.storage import digests
from selfinstruct.trainer import MERGED, MODEL
from selfinstruct.trainer.loading import model_of
from selfinstruct.trainer.processes import barrier, is_main

if TYPE_CHECKING:
    from selfinstruct.trainer.supervised import Supervised

NOT_WEIGHTS = ("training_args.bin", "README.md")
"""Files of the libraries: a pickle with paths of this machine, and a card that is an empty form."""
SHAPING = ("*.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "*.model")
"""The files of a base model that shape what is trained."""
NOT_GATHERED = (
    "The model is trained, but accelerate's config file leaves its weights divided among the processes. Set"
    " fsdp_state_dict_type: FULL_STATE_DICT there for FSDP, or zero3_save_16bit_model: true for DeepSpeed, and run the"
    " same command again; the training resumes from its last checkpoint."
)


def write(sft: Any, tokenizer: Any, folder: Path) -> None:
    """Write the weights that were trained, in safetensors, with the tokenizer; all processes take part."""
    beside = part_of(folder)
    if is_main():
        shutil.rmtree(beside, ignore_errors=True)
    barrier()
    sft.save_model(str(beside))
    barrier()
    if is_main():
        if not hashes(beside):
            raise SelfInstructError(NOT_GATHERED)
        tokenizer.save_pretrained(str(beside))
        put(beside, folder)
    barrier()


def merge(trainer: "Supervised", folder: Path) -> None:
    """Write the base model with the trained weights in it."""
    from peft import PeftModel
    from transformers import AutoTokenizer

    beside = part_of(folder / MERGED)
    shutil.rmtree(beside, ignore_errors=True)
    whole = PeftModel.from_pretrained(model_of(trainer), str(folder / MODEL)).merge_and_unload()
    whole.save_pretrained(str(beside))
    AutoTokenizer.from_pretrained(str(folder / MODEL)).save_pretrained(str(beside))
    put(beside, folder / MERGED)


def put(beside: Path, folder: Path) -> None:
    """Let a folder that is whole take the place of another."""
    for name in NOT_WEIGHTS:
        (beside / name).unlink(missing_ok=True)
    sync(beside.rglob("*"))
    shutil.rmtree(folder, ignore_errors=True)
    beside.rename(folder)


def part_of(folder: Path) -> Path:
    """Return where a folder is written before it is whole."""
    return folder.with_name(f"{folder.name}.part")


def clear(folder: Path) -> None:
    """Remove the folders that a killed process has not finished."""
    for name in (MODEL, MERGED):
        shutil.rmtree(part_of(folder / name), ignore_errors=True)


def sync(paths: Iterable[Path]) -> None:
    """Have files on disk before anything relies on them, also where the power fails."""
    for path in paths:
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of weights in a folder."""
    return {path.name: digest_of(path) for path in sorted(folder.glob("*.safetensors"))}


def fingerprint(folder: Path) -> str:
    """Return one SHA-256 of the files of a base model."""
    paths = sorted({path for pattern in SHAPING for path in folder.glob(pattern) if path.is_file()})
    return combined({path.name: digest_of(path) for path in paths})


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file; one that has not changed is read once, since weights are large."""
    now = path.stat()
    return known_digest(path.resolve(), now.st_size, now.st_mtime_ns)


@lru_cache(maxsize=256)
def known_digest(path: Path, size: int, changed: int) -> str:
    """Return the SHA-256 of a file as it was at a time."""
    return digests.digest_of(path)


def combined(found: Mapping[str, str]) -> str:
    """Return one hash of several files."""
    text = "".join(f"{name}\0{digest}\n" for name, digest in sorted(found.items()))
    return digests.digest(text.encode())
