"""Every round and every step of a training as a row of figures, for trackers that keep no place in a run.

A resumed run has rounds already, and a tracker of a killed process has an unknown part of them.  So a tracker that is
fed from here first forgets what it has of the run, and is given everything again: each round once, in order.
"""

from collections.abc import Callable, Mapping
from typing import Any

from selfinstruct.round import Round, TrainingStep
from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.history import History, known, trained
from selfinstruct.trackers.wandb import flat

Row = Mapping[str, float | str]
RESULTS = ("diversity", "scores", "training")
"""What a summary has beside the totals of its rounds."""


class Rows:
    """Writes the rows of a run, those of earlier processes first; nothing in them is null."""

    def __init__(self, start: RunInfo, write: Callable[[Row], None]) -> None:
        self._start, self._write = start, write
        self._history = History()
        self._has_training = False
        for round_ in start.logged_rounds():
            self.add(round_)

    def add(self, round_: Round) -> None:
        """Write a round: its figures, the totals after it, and why its stage ended."""
        ended = {} if round_.ended is None else {f"{round_.stage}/ended": round_.ended}
        self._write({**self._history.row(round_), **ended})

    def add_step(self, step: TrainingStep) -> None:
        """Write a step of a training."""
        self._earlier_steps(step.row)
        self._write({**known(trained(step.row)), **known({"train/tokens_per_second": step.tokens_per_second})})

    def finish(self, summary: Mapping[str, Any], error: str | None) -> None:
        """Write what the run came to: scores, diversity, what a training gave, and why it ended."""
        self._earlier_steps(None)
        results = flat({name: summary[name] for name in RESULTS if name in summary}, "summary/")
        self._write({**known(results), "summary/stop_reason": error or summary["stop_reason"]})

    def _earlier_steps(self, current: Mapping[str, Any] | None) -> None:
        """Write the steps before the current one, once."""
        if not self._has_training:
            self._has_training = True
            for row in self._start.logged_steps():
                if row != current:
                    self._write(known(trained(row)))
