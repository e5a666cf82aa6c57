"""Where a training computes, and in what numbers: decided from facts about the machine, which are read in one place."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from selfinstruct.errors import SelfInstructError

Kind: TypeAlias = Literal["cpu", "cuda", "mps"]

NO_BFLOAT16 = "This GPU cannot compute in bfloat16. Set trainer.precision=float16 or float32."
ONLY_ON_GPU = "trainer.precision=float16 needs a GPU. Set it to auto or float32."
SEVERAL = (
    "{count} GPUs are visible to one process, which can use only one. Start a process for each, with accelerate launch"
    " --num_processes {count} -m selfinstruct and the same words, or set CUDA_VISIBLE_DEVICES=0."
)


@dataclass(frozen=True, slots=True)
class Device:
    """What a training computes on."""

    kind: Kind
    has_bfloat16: bool = True
    """Whether it computes in bfloat16 by itself, not by emulation."""
    count: int = 1
    """How many of its kind this process sees."""

    @property
    def name(self) -> str:
        """Return what a sentence calls it."""
        return "The CPU" if self.kind == "cpu" else "The GPU"


def device_of(asked: Literal["auto", "cpu"]) -> Device:
    """Return the device that this machine has for a training."""
    import torch

    if asked == "auto" and torch.cuda.is_available():
        return Device("cuda", torch.cuda.is_bf16_supported(including_emulation=False), torch.cuda.device_count())
    if asked == "auto" and torch.backends.mps.is_available():
        return Device("mps")
    return Device("cpu")


def precision_on(device: Device, asked: str) -> str:
    """Return in what numbers is computed; raises SelfInstructError for what the device does not have."""
    if asked == "auto":
        return "bfloat16" if device.kind == "cuda" and device.has_bfloat16 else "float32"
    if asked == "bfloat16" and not device.has_bfloat16:
        raise SelfInstructError(NO_BFLOAT16)
    if asked == "float16" and device.kind == "cpu":
        raise SelfInstructError(ONLY_ON_GPU)
    return asked


def check_count(device: Device, processes: int) -> None:
    """Raise SelfInstructError where one process sees several GPUs, which TRL cannot use from one."""
    if device.kind == "cuda" and device.count > 1 and processes == 1:
        raise SelfInstructError(SEVERAL.format(count=device.count))
