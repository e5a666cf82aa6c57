"""What goes wrong while a model is loaded, trained or written, as one sentence with the key to change."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selfinstruct.errors import SelfInstructError, UnwritableError

OUT_OF_MEMORY = (
    "{device} has not enough memory for this training. Set trainer.batch_size lower (and trainer.accumulate higher, for"
    " the same steps), trainer.gradient_checkpointing=true, trainer.max_length lower, or a method that trains fewer"
    " weights, such as trainer=lora."
)
DISK_FULL = (
    "{folder} cannot be written: {reason}. Free disk space (or raise the limit on the size of a file), or set"
    " trainer.checkpoint_steps=null to write no checkpoints. The training resumes from its last checkpoint."
)
NO_MODEL = (
    "trainer.base_model={name} cannot be loaded: {reason}. Name a folder with a model, or a model of the hub that you"
    " may read (for a gated one, accept its terms there, and set HF_TOKEN)."
)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
WRITING = (
    "No space left on device",
    "File too large",
    "Disk quota exceeded",
    "PytorchStreamWriter",
    "inline_container",
)
"""What torch and safetensors say, which raise no OSError, where a file cannot be written."""
ALLOCATION = ("out of memory", "can't allocate memory", "bad_alloc", "Cannot allocate memory")
"""What torch says of memory, in an error that is not of a class of its own on a CPU."""

NOT_ADAPTED = (
    "The method cannot be applied to trainer.base_model={name}: {reason}. Set the keys of trainer.method, or choose"
    " another trainer, such as trainer=lora."
)


@contextmanager
def explained(folder: Path, device: str) -> Iterator[None]:
    """Raise what can be helped as an error that says how."""
    try:
        yield
    except MemoryError:
        raise SelfInstructError(OUT_OF_MEMORY.format(device=device)) from None
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise SelfInstructError(OUT_OF_MEMORY.format(device=device)) from None
        if error.errno in FULL:
            raise UnwritableError(DISK_FULL.format(folder=folder, reason=error.strerror)) from None
        raise
    except Exception as error:
        text = str(error)
        if type(error).__name__ == "OutOfMemoryError" or any(word in text for word in ALLOCATION):
            raise SelfInstructError(OUT_OF_MEMORY.format(device=device)) from None
        if type(error).__name__ in ("SafetensorError", "RuntimeError") and any(word in text for word in WRITING):
            reason = next((word for word in WRITING[:3] if word in text), "the disk is probably full")
            raise UnwritableError(DISK_FULL.format(folder=folder, reason=reason)) from None
        raise


def not_loaded(name: str, error: Exception) -> SelfInstructError:
    """Return the error of a base model that cannot be loaded."""
    return SelfInstructError(NO_MODEL.format(name=name, reason=first_line(error)))


def not_adapted(name: str, error: Exception) -> SelfInstructError:
    """Return the error of a method that does not suit a model."""
    return SelfInstructError(NOT_ADAPTED.format(name=name, reason=first_line(error)))


def first_line(error: Exception) -> str:
    """Return what an error says, without the rest of it."""
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return first.rstrip(".")
