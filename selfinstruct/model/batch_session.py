"""A session that answers in this process, batch after batch, in a thread of its own.

The requests that are handed over together are divided into batches, in the order asked, so that which requests share a
batch does not depend on timing.  The model is loaded for the first of them: a run whose replies are all stored loads
nothing.

Closing gives up the batch that is computed, at its next token: no reply of it is paid for, and asked again, it is the
same.  So the second Ctrl-C ends a run soon, and a run that has all it needs does not compute what nobody reads.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, TypeAlias

from selfinstruct.errors import ModelError
from selfinstruct.model.sending import CLOSED
from selfinstruct.request import Completion, Failure, Request

if TYPE_CHECKING:
    from selfinstruct.model.transformers import Transformers

LOG = logging.getLogger(__name__)

LONGEST_END = 5.0
"""Seconds that closing waits for the thread, which may be loading a model; then it ends with the process."""
Batch: TypeAlias = "list[tuple[Request, Future[Completion]]]"


class Answers(Protocol):
    """A model that is loaded."""

    def completions(self, requests: Sequence[Request], is_given_up: Callable[[], bool]) -> Sequence[Completion]:
        """Answer a batch; raises ModelError where it cannot, and CancelledError soon after it is given up."""
        ...


class BatchSession:
    """A session with a model that `load` loads."""

    def __init__(self, model: "Transformers", load: "Callable[[Transformers], Answers]") -> None:
        self._model, self._load = model, load
        self._answers: Answers | None = None
        self._failure: Failure | None = None
        self._batches: SimpleQueue[Batch | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def __enter__(self) -> "BatchSession":
        return self

    def submit(self, requests: Sequence[Request]) -> Sequence["Future[Completion]"]:
        """Queue the requests in batches, and return at once."""
        if self._closed.is_set():
            raise RuntimeError("the session is closed")
        pairs = [(request, Future[Completion]()) for request in requests]
        size = self._model.batch_size
        for start in range(0, len(pairs), size):
            self._batches.put(pairs[start : start + size])
        if pairs and self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="selfinstruct-transformers", daemon=True)
            self._thread.start()
        return [future for _, future in pairs]

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closed.set()
        self._cancel()
        self._batches.put(None)
        if self._thread is not None:
            self._thread.join(LONGEST_END)

    def _cancel(self) -> None:
        """Cancel the batches that wait."""
        try:
            while True:
                for _, future in self._batches.get_nowait() or ():
                    future.cancel()
        except Empty:
            return

    def _serve(self) -> None:
        while (batch := self._batches.get()) is not None:
            self._answer(batch)
        self._answers = None  # its memory may be needed

    def _answer(self, batch: Batch) -> None:
        """Answer a batch; whatever goes wrong is the completion of each of its requests."""
        if self._closed.is_set():
            for _, future in batch:
                future.cancel()
        left = [(request, future) for request, future in batch if future.set_running_or_notify_cancel()]
        if not left:
            return
        completions = self._completions([request for request, _ in left])
        for (_, future), completion in zip(left, completions, strict=True):
            future.set_result(completion)

    def _completions(self, requests: Sequence[Request]) -> Sequence[Completion]:
        """Return the completions of a batch; once the model cannot be loaded, or fails, no later one is computed."""
        if self._failure is None:
            try:
                self._answers = self._answers or self._load(self._model)
                return self._answers.completions(requests, self._closed.is_set)
            except CancelledError:
                self._failure = CLOSED
            except ModelError as error:
                self._failure = Failure("fatal", str(error))
            except BaseException as error:  # nobody else would hear of it, and the run would wait forever
                self._failure = Failure("fatal", self._sentence(error, len(requests)))
        return [Completion(failure=self._failure)] * len(requests)

    def _sentence(self, error: BaseException, count: int) -> str:
        """Return an error that was not foreseen as one line; the log has all of it."""
        from selfinstruct.model.loading import in_one_line, is_out_of_memory, out_of_memory

        if is_out_of_memory(error):
            return out_of_memory(self._model, count)
        LOG.debug("A batch of %d requests failed.", count, exc_info=error)
        return f"{type(error).__name__}: {in_one_line(error)}"
