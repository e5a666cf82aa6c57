"""A model that answers in this process, by Hugging Face's transformers: a base model's folder, with or without adapter.

It serves to answer with a model that was just tuned, and for small models; a server such as vLLM is far faster, and
`model=vllm` asks it.  The requests that a stage hands over together are answered in batches, in the order asked.

A reply depends on its request, and not on the others in its batch, up to the rounding of floating-point numbers.  So
each request has a random stream of its own, from its id and its text: a token is drawn by adding Gumbel noise to the
scores and taking the best, which is the same as drawing from the softmax, and leaves `generate` to search greedily.
With a temperature of 0, or none, nothing is drawn.

Weights are read from safetensors only, and code that comes with a model is never run.
"""

import hashlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from selfinstruct.budget import Pricing
from selfinstruct.model import Mode, Session
from selfinstruct.part import part
from selfinstruct.request import Completion, Failure, Request

if TYPE_CHECKING:
    from selfinstruct.model.generation import Generation

Precision: TypeAlias = Literal["float32", "bfloat16", "float16"]
INSTALL = "model=transformers needs its packages. Run: pip install 'selfinstruct[train]'."
WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
ADAPTER = ("adapter_config.json", "adapter_model.safetensors")


@part
class Transformers:
    """Answers in this process."""

    base_model: str
    """A folder with a model, or its name on the Hugging Face hub."""
    adapter: Path | None
    """A folder with an adapter of PEFT for it; null for none."""
    label: str | None
    """The name in logs, scores and dataset; null for that of the model, with that of the adapter."""
    mode: Mode
    """`chat` to be sent messages, by its chat template, `completion` to continue a text."""
    precision: Precision
    """How its numbers are stored while it answers."""
    device: str
    """Where it computes: `cpu`, `cuda`, `cuda:1`, `mps`, or `auto` for a GPU where there is one."""
    batch_size: Annotated[int, Field(ge=1)]
    """The most requests that are answered at once."""
    max_tokens: Annotated[int, Field(ge=1)]
    """The most tokens of a reply whose stage sets no limit."""
    is_offline: ClassVar[bool] = False
    store: ClassVar[str | None] = None

    @property
    def name(self) -> str:
        """Return its name in logs, scores and dataset."""
        base = Path(self.base_model).name if Path(self.base_model).is_dir() else self.base_model
        return self.label or (base if self.adapter is None else f"{base}+{self.adapter.name}")

    def pricing(self) -> Pricing:
        """Return a price of 0: no one is paid."""
        return Pricing(0.0, 0.0)

    def problems(self) -> list[str]:
        """Report missing packages, and folders that hold no model or adapter."""
        if not all(map(importlib.util.find_spec, ("torch", "transformers", "peft"))):
            return [INSTALL]
        found, base = [], Path(self.base_model)
        if base.is_absolute() or base.exists() or self.base_model.startswith("."):
            found += (
                []
                if base.is_dir() and any((base / name).is_file() for name in WEIGHTS)
                else [f"model.base_model={self.base_model} holds no model in safetensors."]
            )
        if self.adapter is not None and not all((self.adapter / name).is_file() for name in ADAPTER):
            found.append(f"model.adapter={self.adapter} holds no adapter of PEFT in safetensors.")
        return found

    def fingerprint(self) -> dict[str, object]:
        """Return what shapes its replies; a folder by its weights, so that it can be moved but not be mistaken."""
        base = Path(self.base_model)
        return {
            "model": self._weights(base) if base.is_dir() else self.base_model,
            "adapter": None if self.adapter is None else self._weights(self.adapter),
            "mode": self.mode,
            "precision": self.precision,
        }

    @cached_property
    def _known(self) -> dict[Path, str]:
        return {}

    def _weights(self, folder: Path) -> str:
        """Return the SHA-256 of all weights in a folder, computed once."""
        if folder not in self._known:
            digest = hashlib.sha256()
            for path in sorted(folder.glob("*.safetensors")):
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
            self._known[folder] = digest.hexdigest()
        return self._known[folder]

    @contextmanager
    def session(self, answered: Mapping[str, int] | None = None) -> Iterator[Session]:
        """Open a session; the model is loaded for its first request."""
        session = BatchSession(self)
        try:
            yield session
        finally:
            session.close()


class BatchSession:
    """A session that answers what is handed over together in batches, in a thread of its own."""

    def __init__(self, model: Transformers) -> None:
        self._model = model
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="selfinstruct-transformers")
        self._generation: Generation | Failure | None = None

    def submit(self, requests: Sequence[Request]) -> Sequence["Future[Completion]"]:
        """Queue the requests in batches, and return at once."""
        pairs = [(request, Future[Completion]()) for request in requests]
        size = self._model.batch_size
        for start in range(0, len(pairs), size):
            self._thread.submit(self._answer, pairs[start : start + size])
        return [future for _, future in pairs]

    def close(self) -> None:
        """Cancel the batches that wait; the one that is computed is finished."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _answer(self, batch: Sequence[tuple[Request, "Future[Completion]"]]) -> None:
        """Answer a batch; whatever goes wrong is the completion of each of its requests."""
        left = [(request, future) for request, future in batch if future.set_running_or_notify_cancel()]
        if not left:
            return
        try:
            completions = self._completions([request for request, _ in left])
        except Exception as error:
            failure = Failure("fatal", " ".join(f"{type(error).__name__}: {error}".split()))
            completions = [Completion(failure=failure)] * len(left)
        for (_, future), completion in zip(left, completions, strict=True):
            future.set_result(completion)

    def _completions(self, requests: Sequence[Request]) -> Sequence[Completion]:
        from selfinstruct.model.generation import loaded

        if self._generation is None:
            self._generation = loaded(self._model)
        if isinstance(self._generation, Failure):
            return [Completion(failure=self._generation)] * len(requests)
        return self._generation.completions(requests)
