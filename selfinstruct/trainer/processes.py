"""Several processes that train one model, as `accelerate launch` and `torchrun` start them.

The first process is the program: it composes, generates, writes.  The others only train along with it.  They meet at
the store of the launcher, a small server of keys and values by which the processes of torch find each other: each of
them waits there until the first process announces a training, takes part in it, and waits again until it is dismissed.

Rejected: to wait in a collective operation.  That would need a timeout longer than the first process may generate,
keep the GPUs busy meanwhile, ignore signals, and choose a backend before `trainer.device` is known.  What is announced
is JSON, since everyone who reaches the port of the store can write to it.

When a training fails in all processes, as for a dataset without rows, they can do the next one of a sweep.  When only
some fail, the others wait in an operation that never ends: then nothing can be trained in this launch any more.
"""

import json
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.text.command import process_count as process_count

if TYPE_CHECKING:
    from torch.distributed import Store

    from selfinstruct.trainer import Trainer, Training

WAIT = 3600
"""Seconds after which an operation of several processes fails: one may write a large checkpoint in it.  It cannot be
longer than a user would wait, since torch also takes it as the time to look for a launcher that has ended."""
PATIENCE = 20.0
"""Seconds in which a failure of one process is expected in the others."""
PAUSE = 0.1
NO_LAUNCHER = "The launcher of this process has ended. Run the same command again; the training resumes."
OUT_OF_STEP = (
    "An earlier training has failed in some processes of this launch only, so no other can be started in it. Run the"
    " same command again; finished jobs are skipped."
)


def is_main() -> bool:
    """Return whether this process is the one that writes."""
    return process_count() == 1 or int(os.environ["RANK"]) == 0


def barrier() -> None:
    """Wait for all processes, where there are several."""
    if process_count() > 1:
        launch().meet()


class Launch:
    """The processes that were launched together, as one of them sees them."""

    def __init__(self, store: "Store", size: int, patience: float = PATIENCE) -> None:
        """Meet at a store of torch's, which all processes share."""
        self._store, self._size, self._patience = store, size, patience
        self._number = self._met = 0
        self.is_in_step = True
        """Whether each training so far has succeeded, or has failed in all processes."""

    def announce(self, what: Mapping[str, Any] | None) -> None:
        """Let the other processes train; None for nothing more."""
        self._begin()
        with connected():
            self._store.set(f"training/{self._number}", json.dumps(what))

    def announced(self) -> dict[str, Any] | None:
        """Wait for the next training, and return it; None where there is no more."""
        self._begin()
        key = f"training/{self._number}"
        with connected():
            while not self._store.check([key]):
                time.sleep(PAUSE)
            found: dict[str, Any] | None = json.loads(self._store.get(key))
        return found

    def meet(self) -> None:
        """Wait until all processes are here."""
        self._met += 1
        self._all_reach(f"met/{self._number}/{self._met}", math.inf)

    def fail(self) -> None:
        """Note that the training has failed in this process, and wait until it has in all others, but not for long."""
        self.is_in_step = self._all_reach(f"failed/{self._number}", self._patience)

    def leave(self, patience: float) -> None:
        """Note that this process needs the store no more, and wait for the others: the first one may be its server."""
        self._all_reach("left", patience)

    def _begin(self) -> None:
        self._number, self._met = self._number + 1, 0

    def _all_reach(self, key: str, patience: float) -> bool:
        end = time.monotonic() + patience
        with connected():
            count: int = self._store.add(key, 1)
            while count < self._size and time.monotonic() < end:
                time.sleep(PAUSE)
                count = self._store.add(key, 0)
        return count >= self._size


@contextmanager
def connected() -> Iterator[None]:
    """Raise SelfInstructError where the store is gone."""
    from torch.distributed import DistError

    try:
        yield
    except DistError:
        raise SelfInstructError(NO_LAUNCHER) from None


@cache
def launch() -> Launch:
    """Return the launch that this process belongs to; without a launcher's store, the first process is the server."""
    from torch.distributed import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    store, _, size = next(rendezvous("env://", timeout=timedelta(seconds=WAIT)))
    return Launch(PrefixStore("selfinstruct", store), size)


def announced(trainer: "Trainer", training: "Training", config: Mapping[str, Any]) -> dict[str, Any]:
    """Train with all processes that were launched; `config` is what the trainer was made of."""
    if process_count() == 1:
        return trainer.train(training)
    if not launch().is_in_step:
        raise SelfInstructError(OUT_OF_STEP)
    paths = {"dataset": str(training.dataset), "folder": str(training.folder)}
    launch().announce({"trainer": config, **paths, "random_seed": training.random_seed})
    try:
        return trainer.train(training)
    except Exception:
        launch().fail()
        raise


def follow(make: Callable[[Any], "Trainer"]) -> None:
    """Train whenever the first process does, until it has no more to train.

    What fails in all processes is reported by the first.
    """
    from selfinstruct.trainer import Training

    while (found := launch().announced()) is not None:
        dataset, folder = Path(found["dataset"]), Path(found["folder"])
        try:
            make(found["trainer"]).train(Training(dataset=dataset, folder=folder, random_seed=found["random_seed"]))
        except Exception:
            launch().fail()
            if not launch().is_in_step:
                raise
    leave(0)


def dismiss() -> None:
    """Let the other processes end, where the first one has no more to train."""
    launch().announce(None)
    leave(PATIENCE)


def leave(patience: float) -> None:
    """Leave the group of processes, if they have trained."""
    import torch.distributed

    launch().leave(patience)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
