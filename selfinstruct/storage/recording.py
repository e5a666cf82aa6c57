"""A model every reply of which is stored, and none paid for twice.

The key of a reply is the hash of everything that shapes it: the model's fingerprint, the prompt and every parameter.
The same question asked again is another draw, not a copy of the first: sampling a prompt twice is no accident.  A reply
is found again by request and key, so that a round that was cut short is made anew at no cost.

A store that runs share is asked next, by key and draw: a sweep whose jobs ask the same question pays once for each of
its draws.  What it holds is copied.  A request that failed is never stored as data.
"""

import hashlib
import json
import logging
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager
from copy import copy
from dataclasses import asdict, replace
from functools import partial
from itertools import count
from pathlib import Path

from selfinstruct.budget import Pricing
from selfinstruct.errors import ModelError, RunFolderError
from selfinstruct.model import Mode, Model, Session, sendable
from selfinstruct.model.batches import Batching
from selfinstruct.request import Completion, Request
from selfinstruct.storage.batches import ProviderBatches
from selfinstruct.storage.completions import Store, StoredRequest, storable
from selfinstruct.storage.drawn import written
from selfinstruct.storage.tally import Tally

LOG = logging.getLogger(__name__)

TOGETHER = 32
"""Requests handed to the session at once: the first are under way while the next are looked up."""
NO_REASON = "why replies end is not reported, so cut-off replies cannot be recognized."
MOST_UNKNOWN = 5
"""Unknown reasons that are reported; a server may invent a new one for each reply."""


@contextmanager
def recorded(model: Model, store: Store, tally: Tally | None = None) -> Iterator["CachedModel"]:
    """Open a session with the model, with every reply stored, and in the model's own store where it has one."""
    with ExitStack() as stack:
        shared = None if model.store is None else stack.enter_context(closing(opened(Path(model.store))))
        session = stack.enter_context(model.session(store.answered()))
        tally = tally or Tally()
        batches = None
        if isinstance(model, Batching) and model.batch:
            batches = stack.enter_context(ProviderBatches(model, session, store, tally))
        yield CachedModel(model, session, store, shared, tally, batches)


def client_of(
    model: Model, store: Store, opened: list["CachedModel"], sessions: ExitStack, tally: Tally | None = None
) -> "CachedModel":
    """Return the model's client: the one that is open, or else a new one, which is closed with the other sessions."""
    known = next((client for client in opened if client.model == model), None)
    if known is None:
        opened.append(known := sessions.enter_context(recorded(model, store, tally)))
    return known


def opened(path: Path) -> Store:
    """Open a store that several runs share; raises RunFolderError where it cannot be used."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"model.store={path} cannot be used: {error.strerror}.") from None
    return Store(path)


class CachedModel:
    """A model whose replies are kept, and are not asked for twice."""

    def __init__(
        self,
        model: Model,
        session: Session,
        store: Store,
        shared: Store | None = None,
        tally: Tally | None = None,
        batches: ProviderBatches | None = None,
    ) -> None:
        self.model = model
        self._session = session
        self._store = store
        self._shared = shared
        self._tally = tally or Tally()
        self._batches = batches
        self._fingerprint = json.dumps(model.fingerprint(), sort_keys=True)
        self._drawing: set[tuple[bytes, int]] = set()
        self._has_warned = False
        self._unknown: set[str] = set()

    @property
    def name(self) -> str:
        """Return the model's name."""
        return self.model.name

    @property
    def mode(self) -> Mode:
        """Return the model's mode."""
        return self.model.mode

    def pricing(self) -> Pricing | None:
        """Return the model's pricing."""
        return self.model.pricing()

    @property
    def batched(self) -> "CachedModel | None":
        """Return the same model with its requests sent in batches; None where they are not to be."""
        if self._batches is None:
            return None
        found = copy(self)
        found._session = self._batches
        return found

    def complete(self, requests: Sequence[Request]) -> "Replies":
        """Ask at once what the store does not hold; the replies come in the order asked."""
        replies = Replies(self.name, self._batches)
        requests = [sendable(self.model, request) for request in requests]
        for start in range(0, len(requests), TOGETHER):
            self._ask(requests[start : start + TOGETHER], replies)
        return replies

    def _ask(self, requests: Sequence[Request], replies: "Replies") -> None:
        new: list[tuple[StoredRequest, Future[Completion]]] = []
        for request in requests:
            decoding = json.dumps(asdict(request.decoding), sort_keys=True, ensure_ascii=False)
            key = key_of(self._fingerprint, request, decoding)
            kept: Future[Completion] = Future()
            replies.kept.append(kept)
            self._tally.asked(request, kept)
            if reply := self._store.find(request, key):
                kept.set_result(reply)
                continue
            drawn = None if request.sample is None else written(request.sample, request.attempt)
            asked = StoredRequest(request, key, self._draw(key), self._fingerprint, decoding, drawn)
            kept.add_done_callback(partial(self._settled, (key, asked.draw)))
            if self._shared is not None and (reply := self._shared.drawn(key, asked.draw)):
                self._store.save(asked, reply, kept)
            else:
                new.append((asked, kept))
        futures = self._session.submit([asked.request for asked, _ in new])
        for (asked, kept), future in zip(new, futures, strict=True):
            replies.submitted[kept] = future
            if self._batches is not None:
                kept.add_done_callback(partial(self._batches.stored, future))
            future.add_done_callback(partial(self._arrived, asked, kept))

    def _draw(self, key: bytes) -> int:
        """Return the first draw of a question that is neither stored nor under way."""
        for draw in count():
            # in this order: what is stored meanwhile leaves the first when it is in the second
            if (key, draw) not in self._drawing and draw not in self._store.draws(key):
                break
        self._drawing.add((key, draw))
        return draw

    def _settled(self, drawing: tuple[bytes, int], kept: Future[Completion]) -> None:
        self._drawing.discard(drawing)

    def _arrived(self, asked: StoredRequest, kept: Future[Completion], reply: Future[Completion]) -> None:
        """Store a reply as soon as it is there; called in a thread of the session, where nobody would see an error."""
        try:
            self._store_reply(asked, kept, reply)
        except Exception as defect:  # whatever a reply holds, the one who waits for it hears of it
            if not kept.done():
                kept.set_exception(defect)

    def _store_reply(self, asked: StoredRequest, kept: Future[Completion], reply: Future[Completion]) -> None:
        if reply.cancelled():
            kept.cancel()
        elif defect := reply.exception():
            kept.set_exception(defect)
        elif reply.result().failure is not None:
            kept.set_result(reply.result())
        else:
            completion = reply.result()
            text, reason, model = map(storable, (completion.text, completion.finish_reason, completion.model))
            completion = replace(completion, text=text, finish_reason=reason, model=model)
            self._report(completion)
            self._store.save(asked, completion, kept)
            if self._shared is not None:
                shared: Future[Completion] = Future()
                shared.add_done_callback(self._warn_once)
                self._shared.save(asked, completion, shared)

    def _report(self, reply: Completion) -> None:
        """Warn once a run of each reason that says nothing about the text, as far as there are few of them."""
        word = reply.finish_reason
        if reply.finish_kind != "unknown" or word in self._unknown or len(self._unknown) == MOST_UNKNOWN:
            return
        self._unknown.add(word)
        what = f"a reply ended with the unknown reason {word!r}. Such replies count as complete."
        LOG.warning("%s: %s", self.name, what if word else NO_REASON)

    def _warn_once(self, shared: Future[Completion]) -> None:
        """Warn once that the shared store cannot be written; that does not end the run."""
        if (error := shared.exception()) and not self._has_warned:
            self._has_warned = True
            LOG.warning("model.store: %s This run continues without it.", error)


class Replies(Iterator[Completion]):
    """Completions in the order asked; taking one raises ModelError when the model cannot continue."""

    def __init__(self, name: str, batches: ProviderBatches | None = None) -> None:
        self._name = name
        self._batches = batches
        self.kept: deque[Future[Completion]] = deque()  # not taken yet; done when on disk
        self.submitted: dict[Future[Completion], Future[Completion]] = {}  # of those that were asked now

    def __next__(self) -> Completion:
        if not self.kept:
            raise StopIteration
        kept = self.kept.popleft()
        if self._batches is not None and kept in self.submitted:
            self._batches.want(self.submitted[kept])
        reply = kept.result()
        if reply.failure is not None and reply.failure.kind != "refused":
            raise ModelError(f"{self._name}: {reply.failure.message}")
        return reply

    def close(self) -> None:
        """Do not ask what has not been sent yet; what has been is paid for, and is kept when it arrives."""
        for reply in self.submitted.values():
            reply.cancel()


def key_of(fingerprint: str, request: Request, decoding: str) -> bytes:
    """Return the SHA-256 of everything that shapes a reply."""
    shape = json.dumps([fingerprint, request.chat, request.system, request.text, decoding], ensure_ascii=False)
    return hashlib.sha256(shape.encode("utf-8", "surrogatepass")).digest()
