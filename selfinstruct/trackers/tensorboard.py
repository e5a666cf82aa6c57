"""Log a run for TensorBoard, by tensorboardX: event files in `tensorboard/` of the run folder, and nothing elsewhere.

A figure of a stage is drawn against the rounds of the stage, the totals against requests, and a training against its
steps, as in W&B.  `tensorboard --logdir outputs` shows all runs side by side.
"""

import json
from dataclasses import field
from typing import Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.part import part
from selfinstruct.round import Round, TrainingStep
from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.notices import notices
from selfinstruct.trackers.rows import Row, Rows

FOLDER = "tensorboard"
INSTALL = "it needs tensorboardX, which is not installed. Run: pip install 'selfinstruct[tensorboard]'"


@part(frozen=False)
class Tensorboard:
    """Logs each round as scalars and text of TensorBoard."""

    _start: Any = field(init=False, repr=False, default=None)
    _writer: Any = field(init=False, repr=False, default=None)
    _rows: Any = field(init=False, repr=False, default=None)
    _requests: int = field(init=False, repr=False, default=0)

    def start(self, start: RunInfo) -> None:
        """Open the event file of a run that makes rounds, and write those it has already."""
        self._start, self._writer, self._requests = start, None, 0
        if start.makes_rounds:
            self._open()

    def _open(self) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            raise SelfInstructError(INSTALL) from None
        folder = self._start.folder / FOLDER
        for path in folder.glob("events.out.tfevents.*"):  # a killed process has written a part of the rounds
            path.unlink()
        self._writer = SummaryWriter(str(folder))
        config = json.dumps(self._start.config, indent=2, ensure_ascii=False, default=str)
        self._writer.add_text("config", "".join(f"    {line}\n" for line in config.splitlines()))  # Markdown for code
        for text in notices(self._start.models):
            self._writer.add_text("notice", text)
        self._rows = Rows(self._start, self._write)

    def log(self, round_: Round, step: int) -> None:
        """Write a round."""
        self._rows.add(round_)

    def log_step(self, step: TrainingStep) -> None:
        """Write a step of a training under `train/`, also where the rounds were made by an earlier process."""
        if self._writer is None:
            self._open()
        self._rows.add_step(step)

    def finish(self, summary: dict[str, Any], error: str | None) -> None:
        """Write what the run came to, and close the file."""
        if self._writer is not None:
            try:
                self._rows.finish(summary, error)
            finally:
                self._writer.close()

    def _write(self, row: Row) -> None:
        self._requests = int(row.get("requests", self._requests))
        for name, value in row.items():
            stage = name.partition("/")[0]
            step = int(row.get(f"{stage}/round", row.get("train/step", self._requests)))
            if isinstance(value, str):
                self._writer.add_text(name, value, step)
            else:
                self._writer.add_scalar(name, value, step)
        self._writer.flush()
