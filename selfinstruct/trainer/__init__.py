"""How a model is tuned on a dataset.

A trainer reads rows, and leaves in a folder a model (`model/`, and `merged/` where wanted) and `training.jsonl`, a line
for each logged step.  Its promises are those of a run: killed at any moment it resumes from its last checkpoint, and on
the same machine, with the same number of threads, ends with the same bytes; a setting that has changed is refused.

A method says which weights are trained.  To add one of PEFT's: `conf/trainer/<name>.yaml`, which takes all settings
from `full` and replaces `method`, and one module here that makes its config.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

from selfinstruct.round import TrainingStep

Rows: TypeAlias = Literal["chat", "completion", "preference"]
MODEL, MERGED, STEPS = "model", "merged", "training.jsonl"
"""What a training leaves in the run folder."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """What is trained on, and where the result goes."""

    dataset: Path
    folder: Path
    """The run folder."""
    random_seed: int
    log: Callable[[TrainingStep], None] = field(default=lambda step: None, compare=False)
    """Called for each logged step."""
    is_stopping: Callable[[], bool] = field(default=lambda: False, compare=False)
    """Says whether to save a checkpoint after the current step, and end."""


@runtime_checkable
class Method(Protocol):
    """A parameter-efficient method: which weights it adds and trains."""

    can_merge: ClassVar[bool]
    """Whether its weights can be merged into those of the base model."""
    can_checkpoint_gradients: ClassVar[bool]
    """Whether it works with gradient checkpointing."""

    def config(self) -> Any:
        """Return its config, of PEFT."""
        ...


@runtime_checkable
class Trainer(Protocol):
    """Tunes a model on a dataset."""

    @property
    def base_model(self) -> str:
        """The model that is tuned: a folder, or a name on the Hugging Face hub."""
        ...

    @property
    def mode(self) -> str:
        """Whether it learns from `chat` messages, or from texts of a `completion`."""
        ...

    @property
    def learns_from(self) -> Rows:
        """What kind of rows it learns from: those of its mode, or pairs."""
        ...

    def problems(self, training: Training) -> list[str]:
        """Return what would keep it from training, found before anything is loaded: packages, folders, settings."""
        ...

    def preview(self, training: Training, rows: int | None = None) -> dict[str, Any]:
        """Return what a training would be: rows, tokens, steps, trainable parameters, memory.

        `rows` is the number expected where the dataset is not made yet.
        """
        ...

    def train(self, training: Training) -> dict[str, Any]:
        """Train, and return what `summary.json` says of it; a training that is finished is not done again."""
        ...
