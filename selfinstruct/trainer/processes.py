"""Several processes that train one model, as `accelerate launch` and `torchrun` start them.

The first process is the program: it composes, generates, writes.  The others train along with it and do nothing else:
each waits until the first one trains, gets the trainer and what is trained on, and takes part; then it waits again.
"""

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selfinstruct.trainer import Trainer, Training

WAIT = 30 * 24 * 3600
"""Seconds that a process waits for another; the first may generate for days before it trains."""


def process_count() -> int:
    """Return the number of processes that were launched together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main() -> bool:
    """Return whether this process is the one that writes."""
    return int(os.environ.get("RANK", "0")) == 0


def is_follower() -> bool:
    """Return whether this process only trains along with another."""
    return process_count() > 1 and not is_main()


def barrier() -> None:
    """Wait for all processes, where there are several."""
    if process_count() > 1:
        joined().wait_for_everyone()


def joined() -> Any:
    """Return the state of the processes, joined when first needed."""
    from accelerate import PartialState

    return PartialState(timeout=timedelta(seconds=WAIT))


def announced(trainer: "Trainer", training: "Training") -> dict[str, Any]:
    """Train with all processes that were launched."""
    if process_count() > 1:
        send((trainer, training.dataset, training.folder, training.random_seed))
    return trainer.train(training)


def send(what: Any) -> Any:
    """Give an object of the first process to all others; return it in each."""
    from accelerate.utils import broadcast_object_list

    joined()
    return broadcast_object_list([what], from_process=0)[0]


def follow() -> None:
    """Train whenever the first process does, until it ends."""
    from selfinstruct.trainer import Training

    while (found := send(None)) is not None:
        trainer, dataset, folder, random_seed = found
        trainer.train(Training(dataset=dataset, folder=folder, random_seed=random_seed))


def dismiss() -> None:
    """Let the other processes end, where the first one has no more to train."""
    if process_count() > 1 and is_main():
        send(None)
