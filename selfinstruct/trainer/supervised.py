"""Supervised fine-tuning by TRL and PEFT: the next token of each completion is learned (Self-Instruct, section 2.3).

An objective, such as that of DPO, replaces what is learned, and takes pairs for rows; all else is the same.

Every setting is a key.  What TRL would choose in silence, and what hurts here, is said: mixed precision on a CPU,
gradient checkpointing, a length at which rows are lost.
"""

import importlib.util
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from selfinstruct.errors import RunFolderError
from selfinstruct.part import part
from selfinstruct.trainer import Method, Rows, Training
from selfinstruct.trainer.dpo import Dpo

Precision: TypeAlias = Literal["auto", "float32", "bfloat16", "float16"]
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate")
EIGHT_BIT = ("adamw_8bit", "paged_adamw_8bit")
INSTALL = "actions=[train] needs packages that are not installed: {names}. Run: pip install 'selfinstruct[train]'."
NO_BITSANDBYTES = "trainer.optimizer={name} needs a package that is not installed. Run: pip install bitsandbytes."
NO_FOLDER = "trainer.base_model={name} is not a folder with a model."
NO_SAFETENSORS = (
    "trainer.base_model={name} holds no weights in safetensors. Convert them (a pickle such as pytorch_model.bin is not"
    " read, since it can hold code), or name another model."
)
FREE = ("merge", "device", "checkpoint_steps")
"""Settings that may change between the start of a training and its end."""


@part
class Supervised:
    """Tunes all weights of a model, or those of a method."""

    base_model: str
    """The model that is tuned: a folder, or a name on the Hugging Face hub."""
    method: Method | None
    """Which weights are added and trained; null for all weights of the model."""
    objective: Dpo | None
    """What is learned from pairs; null for the next token of each completion."""
    mode: Literal["chat", "completion"]
    """`chat` learns from messages, by the model's chat template; `completion` from texts."""
    chat_template: Path | None
    """A file with a chat template in Jinja, for a model without one; null for the model's own."""
    epochs: Annotated[float, Field(gt=0)]
    """How often every row is shown."""
    steps: Annotated[int, Field(ge=1)] | None
    """The most steps: the training ends with its steps or its epochs, whichever come first; null for the epochs."""
    batch_size: Annotated[int, Field(ge=1)]
    """Rows that one device computes at once."""
    accumulate: Annotated[int, Field(ge=1)]
    """Batches whose gradients are added up to one step."""
    learning_rate: Annotated[float, Field(gt=0)]
    """The highest rate of the schedule."""
    schedule: Literal["linear", "cosine", "constant", "constant_with_warmup"]
    """How the rate falls after the warm-up."""
    warmup: Annotated[float, Field(ge=0, lt=1)]
    """The share of the steps in which the rate rises from 0."""
    weight_decay: Annotated[float, Field(ge=0)]
    """How much the weights shrink with each step, as AdamW has it."""
    max_grad_norm: Annotated[float, Field(gt=0)]
    """A longer gradient is shortened to this norm."""
    optimizer: Literal["adamw_torch", "adamw_torch_fused", "adafactor", "sgd", "adamw_8bit", "paged_adamw_8bit"]
    """The optimizer, by transformers' name; those of 8 bits need a GPU and the package bitsandbytes."""
    max_length: Annotated[int, Field(ge=2)] | None
    """The most tokens of a row, prompt and completion; null for no limit."""
    too_long: Literal["drop", "cut"]
    """Whether a longer row is left out, or trained on without its end."""
    loss_on_prompt: bool
    """Whether the prompt is learned as well; false is a prompt loss weight of 0."""
    packing: bool
    """Whether several rows share a sequence of `max_length`; the steps become fewer and longer."""
    validation_share: Annotated[float, Field(ge=0, lt=1)]
    """The share of the rows that is held out, by instruction; 0 for none."""
    validation_steps: Annotated[int, Field(ge=1)] | None
    """Steps from one validation to the next; null for one each epoch. There is one at the end in any case."""
    precision: Precision
    """In what numbers is computed; `auto` is bfloat16 on a GPU that has it, and float32 elsewhere."""
    weights: Literal["float32", "bfloat16", "float16"]
    """In what numbers the base model's weights are held."""
    gradient_checkpointing: bool
    """Whether to compute activations twice instead of storing them: less memory, more time."""
    device: Literal["auto", "cpu"]
    """`auto` for a GPU where there is one."""
    threads: Annotated[int, Field(ge=1)] | None
    """Threads of a CPU; null for torch's own number. The result depends on them in its last digits."""
    log_steps: Annotated[int, Field(ge=1)]
    """Steps from one line of `training.jsonl` to the next."""
    checkpoint_steps: Annotated[int, Field(ge=1)] | None
    """Steps from one checkpoint to the next, a multiple of `log_steps`; null for none but that of Ctrl-C."""
    merge: bool
    """Whether to write `merged/` as well: the base model with the weights of the method in it, for servers without
    adapters.  Where all weights are trained, `model/` is whole already.  A finished training can be merged later."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.checkpoint_steps is not None and self.checkpoint_steps % self.log_steps:
            raise ValueError(f"checkpoint_steps must be a multiple of log_steps, which is {self.log_steps}")
        if self.packing and self.max_length is None:
            raise ValueError("packing needs max_length, to which rows are packed")
        if self.objective is not None and (self.packing or self.loss_on_prompt):
            raise ValueError("packing and loss_on_prompt must be false where pairs are learned")
        if self.objective is not None and getattr(self.method, "dropout", 0.0) > 0:
            raise ValueError("method.dropout must be 0 where pairs are learned, for which TRL turns dropout off")
        if self.method is None:
            if self.weights == "float16" or (self.precision == "float16" and self.weights != "float32"):
                raise ValueError(
                    f"weights must be float32 where all of them are trained in float16 (got {self.weights})"
                )
            return self
        if self.merge and not self.method.can_merge:
            raise ValueError("merge must be false: the weights of this method cannot be merged into the base model")
        if self.gradient_checkpointing and not self.method.can_checkpoint_gradients:
            raise ValueError("gradient_checkpointing must be false: this method does not work with it")
        return self

    @property
    def learns_from(self) -> Rows:
        """What kind of rows it learns from: those of its mode, or pairs."""
        return self.mode if self.objective is None else "preference"

    def problems(self, training: Training) -> list[str]:
        """Report missing packages, a base model or a chat template that is not there, and settings that changed."""
        if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
            return [INSTALL.format(names=", ".join(missing))]
        found = self._missing()
        if not found and training.dataset.is_file():
            from selfinstruct.trainer.record import Record, started_with

            try:
                found += Record(training.folder, training.dataset).refused(started_with(self, training))
            except RunFolderError as error:
                found.append(str(error))
        return found

    def _missing(self) -> list[str]:
        """Return a sentence for each thing that is not there."""
        found, base = [], Path(self.base_model)
        is_named = not base.exists() and not self.base_model.startswith((".", "/")) and self.base_model.count("/") < 2
        if not is_named and not (base / "config.json").is_file():
            found.append(NO_FOLDER.format(name=self.base_model))
        elif not is_named and not any(base.glob("*.safetensors")):
            found.append(NO_SAFETENSORS.format(name=self.base_model))
        if self.chat_template is not None and not self.chat_template.is_file():
            found.append(f"trainer.chat_template={self.chat_template} is not a file.")
        if self.optimizer in EIGHT_BIT and importlib.util.find_spec("bitsandbytes") is None:
            found.append(NO_BITSANDBYTES.format(name=self.optimizer))
        return found

    def preview(self, training: Training, rows: int | None = None) -> dict[str, Any]:
        """Return what a training would be; loads the tokenizer, but no weights."""
        from selfinstruct.trainer.preview import preview

        return preview(self, training, rows)

    def train(self, training: Training) -> dict[str, Any]:
        """Train, and return what `summary.json` says of it; raises SelfInstructError for what the user can help."""
        from selfinstruct.trainer.fine_tuning import fine_tuned

        return fine_tuned(self, training)

    def settings(self) -> dict[str, Any]:
        """Return every setting that shapes the result, as plain values."""
        found = {key: value for key, value in asdict(self).items() if key not in FREE}
        if self.objective is None:
            del found["objective"]
        if self.method is not None:
            found["method"] = {"name": type(self.method).__name__, **asdict(self.method)}  # type: ignore[call-overload]
        return {key: str(value) if isinstance(value, Path) else value for key, value in found.items()}
