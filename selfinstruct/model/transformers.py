"""A model that answers in this process, by Hugging Face's transformers: a base model's folder, with or without adapter.

It serves to answer with a model that was just tuned, and for small models; a server such as vLLM is far faster, and
`model=vllm` asks it.  The requests that a stage hands over together are answered in batches, in the order asked.

A reply depends on its request, and not on the others in its batch, up to the rounding of floating-point numbers.  So
each request has a random stream of its own, from its id and its text: a token is drawn by adding Gumbel noise to the
scores and taking the best, which is the same as drawing from the softmax, and leaves `generate` to search greedily.
With a temperature of 0, or none, nothing is drawn.

Weights are read from safetensors only, and code that comes with a model is never run (loading.py).
"""

import importlib.util
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from selfinstruct.budget import Pricing
from selfinstruct.model import Mode, Session, Stages
from selfinstruct.model.arguments import SCHEMA, given
from selfinstruct.model.batch_session import BatchSession
from selfinstruct.model.model_folder import adapter_problem, content_of, folder_name, model_problem
from selfinstruct.part import part
from selfinstruct.request import Decoding

if TYPE_CHECKING:
    from selfinstruct.model.generation import Generation

Precision: TypeAlias = Literal["float32", "bfloat16", "float16"]
PACKAGES = ("torch", "transformers", "peft", "safetensors")
INSTALL = "transformers needs packages that are not installed. Run: pip install 'selfinstruct[train]'."

CANNOT_BE_HELD = (
    "{name} in this process cannot be held to a JSON schema. Set structured=false, or"
    " <stage>.prompt.structured.enabled=false for the stages that ask it."
)


@part
class Transformers:
    """Answers in this process."""

    base_model: str
    """A folder with a model, or its name on the Hugging Face hub."""
    adapter: Path | None
    """A folder with an adapter of PEFT for it, whose tokenizer is used if it has one; null for none."""
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
        """Return its name in logs, scores and dataset; of a folder, no more than its own name."""
        base = folder_name(self.base_model) if self._is_folder else self.base_model
        return self.label or (base if self.adapter is None else f"{base}+{folder_name(self.adapter)}")

    @property
    def tokenizer(self) -> str:
        """Return where its tokenizer is, as transformers names it."""
        is_adapted = self.adapter is not None and (self.adapter / "tokenizer_config.json").is_file()
        return str(self.adapter) if is_adapted else self.base_model

    @property
    def _is_folder(self) -> bool:
        """Return whether the base model is a folder, also one that is missing; a name on the hub has one slash."""
        path = Path(self.base_model)
        return path.is_dir() or path.is_absolute() or self.base_model.startswith((".", "~")) or len(path.parts) > 2

    def pricing(self) -> Pricing:
        """Return a price of 0: no one is paid."""
        return Pricing(0.0, 0.0)

    def problems(self) -> list[str]:
        """Report missing packages, and folders that hold no model or adapter."""
        if not all(map(importlib.util.find_spec, PACKAGES)):
            return [INSTALL]
        found = [model_problem(Path(self.base_model))] if self._is_folder else []
        found += [] if self.adapter is None else [adapter_problem(self.adapter)]
        return [text for text in found if text]

    def accepted(self, decoding: Decoding) -> Decoding:
        """Return the decoding as it is."""
        return decoding

    def unsupported_parameters(self, key: str, stages: Stages) -> list[str]:
        """Return a sentence for the further parameters of each stage: it takes none."""
        found = {name: given(decoding.extra) for name, decodings in stages.items() for decoding in decodings[:1]}
        if any(extra.pop(SCHEMA, None) for extra in found.values()):
            return [CANNOT_BE_HELD.format(name=self.name)]
        return [
            f"{self.name} does not take {', '.join(extra)} (of {stage}). Set"
            f" {' and '.join(f'recipe.{stage}.prompt.decoding.extra.{name}=null' for name in extra)}."
            for stage, extra in found.items()
            if extra
        ]

    def fingerprint(self) -> dict[str, object]:
        """Return what shapes its replies; a folder by its files, so that it can be moved but not be mistaken."""
        base, adapter = self._contents
        return {
            "model": base,
            "adapter": adapter,
            "mode": self.mode,
            "precision": self.precision,
            "max_tokens": self.max_tokens,
        }

    @cached_property
    def _contents(self) -> tuple[str, str | None]:
        """Return what stands for the model and for the adapter; many gigabytes are read once for all stages."""
        base = content_of(Path(self.base_model)) if self._is_folder else self.base_model
        return base, None if self.adapter is None else content_of(self.adapter)

    def session(self, answered: Mapping[str, int] | None = None) -> AbstractContextManager[Session]:
        """Open a session; the model is loaded for its first request."""
        return BatchSession(self, loaded)


def loaded(model: Transformers) -> "Generation":
    """Load a model; raises ModelError with why it cannot be loaded."""
    from selfinstruct.model.loading import loaded

    return loaded(model)
