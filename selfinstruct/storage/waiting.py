"""The batches that wait at a provider, each with a file in the folder of its run until its replies are stored."""

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path

from selfinstruct.errors import RunFolderError
from selfinstruct.request import Completion, Request
from selfinstruct.storage.completions import Store
from selfinstruct.storage.folder import replace_text

PATTERN = "batch-*.json"


@dataclass
class Batch:
    """Requests that are sent together."""

    asked: dict[str, tuple[Request, "Future[Completion]"]]
    """The requests by the names that they have in the batch."""
    left: set[str]
    """The names of those whose replies are not stored yet."""
    id: str = ""
    """The provider's name for it; empty until it is there."""
    path: Path | None = None

    @property
    def requests(self) -> dict[str, Request]:
        """Return the requests by name."""
        return {name: request for name, (request, _) in self.asked.items()}

    def note(self, folder: Path, fingerprint: str) -> None:
        """Have the batch on disk, in the folder of a run."""
        name = re.sub(r"\W", "_", self.id)
        self.path = folder / PATTERN.replace("*", name)
        requests = {name: request.id for name, request in self.requests.items()}
        replace_text(self.path, json.dumps({"batch": self.id, "model": fingerprint, "requests": requests}))

    def forget(self, names: Collection[str]) -> None:
        """Note that nothing more is wanted for some requests; with the last one the file goes."""
        self.left.difference_update(names)
        if not self.left and self.path is not None:
            self.path.unlink(missing_ok=True)


def name_of(request: Request) -> str:
    """Return the name of a request in a batch, the same in every process."""
    shape = [request.id, request.chat, request.system, request.text, asdict(request.decoding)]
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:40]


def left_in(store: Store, fingerprint: str) -> Iterator[Batch]:
    """Yield the batches of a model that wait for a run, and remove the files of those whose replies are all stored."""
    paths = sorted(store.folder.glob(PATTERN))
    done = store.requests() if paths else set()
    for path in paths:
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            names = {name for name, request in found["requests"].items() if request not in done}
            batch = Batch({}, names, found["batch"], path)
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise RunFolderError(f"{path} cannot be read: {error}. Delete it to send its requests again.") from None
        if found["model"] == fingerprint:
            batch.forget(())
            yield batch
