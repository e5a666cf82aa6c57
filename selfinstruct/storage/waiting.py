"""The batches that wait at a provider, each with a file in the folder of its run until its replies are stored.

The file is there before the batch is created, so that a process that is killed in between leaves word of it.
"""

import hashlib
import json
import re
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from selfinstruct.errors import RunFolderError
from selfinstruct.model.batches import Intent
from selfinstruct.request import Completion, Request
from selfinstruct.storage.completions import Store
from selfinstruct.storage.folder import replace_text

PATTERN = "batch-*.json"


@dataclass
class Batch:
    """Requests that are sent together."""

    asked: dict[str, tuple[Request, "Future[Completion]"]]
    """The requests by the names that they have in the batch."""
    left: dict[str, str]
    """Which request each name stands for, of those whose replies are not stored yet."""
    id: str = ""
    """The provider's name for it; empty until that is known."""
    intent: Intent | None = None
    """What is known of it since it was about to be created; None where an earlier version has noted it."""
    path: Path | None = None

    @classmethod
    def of(cls, asked: Mapping[str, tuple[Request, "Future[Completion]"]]) -> "Batch":
        """Return a batch of which nothing is at the provider."""
        return cls(dict(asked), {name: request.id for name, (request, _) in asked.items()})

    @property
    def requests(self) -> dict[str, Request]:
        """Return the requests by name."""
        return {name: request for name, (request, _) in self.asked.items()}

    def note(self, folder: Path, fingerprint: str, intent: Intent, batch: str = "") -> None:
        """Have the batch on disk, in the folder of a run, before it is created and when its id is known."""
        self.intent, self.id = intent, batch
        name = re.sub(r"\W", "_", intent.mark)
        self.path = folder / PATTERN.replace("*", name)
        content = {"batch": batch, "intent": asdict(intent), "model": fingerprint, "requests": self.left}
        replace_text(self.path, json.dumps(content))

    def withdraw(self) -> None:
        """Note that the batch was not created: nothing of it is at the provider."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        self.left, self.intent, self.path = Batch.of(self.asked).left, None, None

    def forget(self, names: Collection[str]) -> None:
        """Note that nothing more is wanted for some requests; with the last one the file goes."""
        for name in names:
            self.left.pop(name, None)
        if not self.left and self.path is not None:
            self.path.unlink(missing_ok=True)


def name_of(request: Request) -> str:
    """Return the name of a request in a batch, the same in every process."""
    shape = [request.id, request.chat, request.system, request.text, asdict(request.decoding)]
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:40]


def times_in(folder: Path) -> list[float]:
    """Return when each batch was written down that waits for the run in a folder, as times of Unix."""
    times = []
    for path in folder.glob(PATTERN):
        with suppress(FileNotFoundError):  # its last reply was stored a moment ago
            times.append(path.stat().st_mtime)
    return times


def minute(seconds: float) -> str:
    """Return a time of Unix as the clock of this machine shows it."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def left_in(store: Store, fingerprint: str) -> Iterator[Batch]:
    """Yield the batches of a model that wait for a run, and remove the files of those whose replies are all stored."""
    paths = sorted(store.folder.glob(PATTERN))
    done = store.requests() if paths else set()
    for path in paths:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            left = {name: request for name, request in found["requests"].items() if request not in done}
            intent = Intent(**found["intent"]) if "intent" in found or not found["batch"] else None
            batch = Batch({}, left, found["batch"], intent, path)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise RunFolderError(f"{path} cannot be read: {error}. Delete it to send its requests again.") from None
        if found["model"] == fingerprint:
            batch.forget(())
            yield batch
