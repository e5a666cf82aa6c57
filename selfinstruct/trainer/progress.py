"""How far a training is: its lines in `training.jsonl`, its pace, and its checkpoints.

A line holds nothing of the time that a step took, so that a training that was killed and resumed leaves the same file.
"""

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selfinstruct.errors import SelfInstructError, UnwritableError
from selfinstruct.round import TrainingStep
from selfinstruct.trainer import STEPS, Training
from selfinstruct.trainer.checkpoints import Note, complete
from selfinstruct.trainer.record import FILES

NAMES = {"loss": "loss", "learning_rate": "learning_rate", "grad_norm": "grad_norm", "eval_loss": "validation_loss"}
"""What is written down of a log of the trainer, and its name there."""
PAIRS = {"rewards/accuracies": "reward_accuracy", "rewards/margins": "reward_margin"}
NAMES |= PAIRS | {f"eval_{key}": f"validation_{name}" for key, name in PAIRS.items()}
REWARDS = [name for key, name in NAMES.items() if "rewards/" in key]
"""What is written of pairs: how often the chosen answer is rewarded more, and by how much."""
LOSSES = {"loss", "validation_loss"}
DIVERGED = (
    "The {name} is no longer a number at step {step}: the training has diverged. Set trainer.learning_rate lower, and"
    " remove {files} in {folder} to train anew."
)
DIGITS = 8
"""Significant digits of a figure."""


class Progress:
    """The progress of one training, in the process that writes."""

    def __init__(self, training: Training, note: Note) -> None:
        """Begin, or resume with what was noted with the last checkpoint."""
        self._training, self._start = training, note
        self._began = time.perf_counter()
        self.tokens = note.tokens
        self.is_stopped = False
        """Whether it was asked to stop before its end, and has saved a checkpoint."""

    @property
    def seconds(self) -> float:
        """Return how long the training took, in all processes one after the other that worked on it."""
        return self._start.seconds + time.perf_counter() - self._began

    def log(self, step: int, epoch: float | None, steps: int, figures: Mapping[str, Any]) -> None:
        """Write a line of what was measured, and report it; raises SelfInstructError where the training diverged."""
        self.check(step, figures)
        known = {name: rounded(figures[key]) for key, name in NAMES.items() if key in figures}
        known = {name: value for name, value in known.items() if math.isfinite(value)}
        if not known:
            return
        if "num_tokens" in figures:  # counted from the start of this process
            self.tokens = self._start.tokens + int(figures["num_tokens"])
        row = {"step": step, "epoch": round(epoch or 0.0, 6), "tokens": self.tokens, **known}
        append(self._training.folder / STEPS, row)
        passed = time.perf_counter() - self._began
        pace = (step - self._start.step) / passed
        self._training.log(
            TrainingStep(
                row=row,
                steps=steps,
                tokens_per_second=(self.tokens - self._start.tokens) / passed if "num_tokens" in figures else None,
                seconds_left=(steps - step) / pace if pace else None,
            )
        )

    def check(self, step: int, figures: Mapping[str, Any]) -> None:
        """Raise SelfInstructError where a loss is not a number; all processes of a launch do so at the same step."""
        for key, name in NAMES.items():
            if name in LOSSES and key in figures and not math.isfinite(float(figures[key])):
                raise SelfInstructError(
                    DIVERGED.format(name=name, step=step, folder=self._training.folder, files=FILES)
                )

    def saved(self, checkpoint: Path, step: int) -> None:
        """Note that a checkpoint is whole."""
        complete(checkpoint, Note(step, self.tokens, round(self.seconds, 3)))

    def stops(self) -> bool:
        """Stop if it was asked to, and return whether it does."""
        self.is_stopped = self._training.is_stopping()
        return self.is_stopped


def rounded(value: Any) -> float:
    """Return a figure with as many digits as it can be relied on."""
    return float(f"{float(value):.{DIGITS}g}")


def append(path: Path, row: Mapping[str, Any]) -> None:
    """Add a line to a file; raises UnwritableError where it cannot be written."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    except OSError as error:
        raise UnwritableError(f"{path} cannot be written: {error.strerror}. Free disk space.") from None


def callback(progress: Progress) -> Any:
    """Return what the trainer calls after each step.

    A training that is asked to stop does so at the next step that is logged, and not before: the loss of a line is a
    mean since the line before it, which a training that resumes between the two would not know.
    """
    from transformers import TrainerCallback

    class Reporting(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
            if state.global_step >= state.max_steps:
                control.should_log = True
                control.should_evaluate = args.eval_strategy != "no"
                return control
            control.should_log |= control.should_evaluate  # so that tokens and loss are those of this step
            if control.should_log and progress.stops():
                control.should_save = control.should_training_stop = True
            return control

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            progress.check(state.global_step, logs or {})
            if state.is_world_process_zero:
                progress.log(state.global_step, state.epoch, state.max_steps, logs or {})

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.is_world_process_zero:
                progress.saved(Path(args.output_dir) / f"checkpoint-{state.global_step}", state.global_step)

    return Reporting()
