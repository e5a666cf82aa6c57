"""Log a run to Weights & Biases, offline unless the config or the environment says otherwise.

One history row a round holds the figures of `rounds.jsonl` under the name of their stage, and the totals of the run
(history.py); after them, one row a line of `training.jsonl` holds its figures under `train/…`.  The dataset is an
artifact that says whether a model wrote it.

Without a network or a key it logs offline and says how to upload that.  W&B takes a second to start, so it does while
the first replies are awaited.

A resumed run has one history in W&B, with each round once.  Online it is resumed under its id.  Offline nothing can be
resumed: what W&B had not yet written when the first process was killed would be in no file.  So the unfinished file is
removed, and the new one starts with every committed round, and with every step of a training that was done before.

Several runs of one process, as in a sweep, are kept apart.  What W&B would stage in the user's home lies in the run
folder; code, git and machine data are not collected, and nothing is printed.
"""

import logging
import math
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.round import Round, TrainingStep
from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.environment import Mode, explained, mode_of, staged_in
from selfinstruct.trackers.history import TOTALS_METRICS, TRAINING_METRICS, History, counts, metrics, nearest, trained
from selfinstruct.trackers.tables import Texts, shown
from selfinstruct.trackers.wandb_run import LONGEST_TAG, is_online, open_run

LOG = logging.getLogger(__name__)

KEYS = ("project", "entity", "mode", "init_timeout", "tags")
"""What a W&B run needs that logs no rounds, but what came of some."""


@part(frozen=False)
class Wandb:
    """Logs each round to W&B."""

    project: str | None
    """The W&B project; null for `WANDB_PROJECT`, or `selfinstruct` where that is not set."""
    entity: str | None
    """The user or team it belongs to; null for `WANDB_ENTITY`, or the default of the account."""
    mode: Mode | None
    """`offline` writes to the run folder only, `disabled` nowhere; null for what `WANDB_DISABLED` and `WANDB_MODE`
    say, or `offline` where they say nothing."""
    init_timeout: Annotated[float, Field(gt=0)]
    """Seconds to wait for W&B's server before the run is logged offline."""
    tables: bool
    """Whether the texts kept and rejected are logged as tables when the run ends."""
    tags: dict[Annotated[str, Field(min_length=1, max_length=LONGEST_TAG)], bool]
    """Tags beside recipe and models; false leaves one out."""

    _start: Any = field(init=False, repr=False, default=None)
    _opening: Any = field(init=False, repr=False, default=None)
    _run: Any = field(init=False, repr=False, default=None)
    _texts: Any = field(init=False, repr=False, default=None)
    _history: Any = field(init=False, repr=False, default=None)
    _defined: Any = field(init=False, repr=False, default=None)
    _step: int = field(init=False, repr=False, default=0)
    """The last round whose tables are not logged yet; 0 for none."""
    _rounds: int = field(init=False, repr=False, default=0)
    """The rounds that W&B has."""
    _steps: Any = field(init=False, repr=False, default=None)
    """The lines of `training.jsonl` that are logged; None before the first."""
    _report: Any = field(init=False, repr=False, default_factory=dict)
    """What the report shows, until it is logged."""
    _sent: int = field(init=False, repr=False, default=0)
    """Those that an earlier process has sent."""

    def start(self, start: RunInfo) -> None:
        """Start W&B in the background, so that no request waits for it; raises SelfInstructError for a wrong mode."""
        self._start, self._step, self._rounds, self._steps = start, 0, 0, None
        if start.makes_rounds:  # else W&B has the whole run, and would be given a new one with the times of now
            self._begin(start)

    def _begin(self, start: RunInfo) -> None:
        """Start W&B in a thread of its own."""
        self._texts, self._history, self._defined = Texts(), History(), set()
        with explained():
            mode = mode_of(self.mode)
            start.folder.mkdir(parents=True, exist_ok=True)
        thread = ThreadPoolExecutor(1, thread_name_prefix="selfinstruct-wandb")
        self._opening = thread.submit(open_run, self, start, mode)
        thread.shutdown(wait=False)

    def _opened(self, step: float = math.inf) -> None:
        """Wait until W&B has started, and log the rounds before a step that a resumed run has already."""
        opening, self._opening = self._opening, None
        if opening is None:
            return
        with explained():
            self._run = opening.result()
        if is_online(self._run):
            LOG.info("W&B run: %s", self._run.url)
        known = self._run.starting_step if is_online(self._run) else 0
        for number, round_ in takewhile(lambda one: one[0] < step, enumerate(self._start.logged_rounds(), 1)):
            self._rounds = number
            if number >= known:
                self.log(round_, number)
            else:
                self._history.row(round_)  # W&B has it; the totals of later rounds need it
                self._texts.add(round_)

    def log(self, round_: Round, step: int) -> None:
        """Log the figures of a round, and the texts that are due; raises SelfInstructError where W&B cannot start."""
        self._opened(step)
        self._step = self._rounds = step
        if self._run is None:
            return
        self._texts.add(round_)
        with staged_in(self._start.folder):
            self._run.log(self._row(round_), step=step, commit=False)  # tables and figures go into the last row

    def log_step(self, step: TrainingStep) -> None:
        """Log a step of a training under `train/…`.

        The W&B run of a pool that was made before is opened again for it, so that both are one.
        """
        if self._texts is None:
            self._begin(self._start)
        self._opened()
        if self._run is None:
            return
        with staged_in(self._start.folder):
            if self._steps is None:
                self._begin_training(step.row)
            more = {} if step.tokens_per_second is None else {"train/tokens_per_second": step.tokens_per_second}
            self._log_row(step.row, more)

    def _begin_training(self, current: Mapping[str, Any] | None) -> None:
        """Close the rows of the rounds, and log the steps before the current one that W&B does not have."""
        self._log_tables()
        for metric in TRAINING_METRICS:
            self._run.define_metric(**metric)
        rounds = self._rounds + 1 if self._rounds else 0  # W&B counts rows from 0, and rounds from 1
        self._steps, self._sent = 0, max(self._run.starting_step - rounds, 0) if is_online(self._run) else 0
        for row in self._start.logged_steps():
            if row != current:
                self._log_row(row, {})

    def _log_row(self, row: Mapping[str, Any], more: Mapping[str, float]) -> None:
        """Log a line of `training.jsonl`, unless an earlier process has sent it, and was killed before a checkpoint."""
        self._steps += 1
        if self._steps > self._sent:
            self._run.log({**trained(row), **more})

    def log_report(self, figures: Mapping[str, bytes], samples: Sequence[Sequence[str]]) -> None:
        """Log figures and samples of the report; a training that was logged has closed the last round's row."""
        if self._texts is None:
            return
        self._opened()
        if self._run is not None:
            self._report = shown(figures, samples)

    def _log_tables(self) -> None:
        """Log the tables of texts, and what the report shows, into the row of the last round, which closes it."""
        if self._step:
            tables = self._texts.tables() if self.tables else {}
            self._run.log({**tables, **self._report}, step=self._step, commit=True)
        elif self._report:
            self._run.summary.update(self._report)
        self._step, self._report = 0, {}

    def _row(self, round_: Round) -> dict[str, Any]:
        """Return the row of a round; the first of a stage also says what its keys are drawn against."""
        import wandb

        row: dict[str, Any] = self._history.row(round_)
        if round_.stage not in self._defined:
            for metric in (*metrics(round_.stage), *(() if self._defined else TOTALS_METRICS)):
                self._run.define_metric(**metric)
            self._defined.add(round_.stage)
        if scores := nearest(round_):
            row[f"{round_.stage}/novelty"] = wandb.Histogram(np_histogram=counts(scores))
        return row

    def finish(self, summary: dict[str, Any], error: str | None) -> None:
        """Log what is left, the summary and the dataset, and close the run whatever happens."""
        self._opened()
        if self._run is None:
            return
        with staged_in(self._start.folder):
            try:
                self._log_tables()
                if self._steps is None and any(True for _ in self._start.logged_steps()):
                    self._begin_training(None)  # it was finished by an earlier process
                self._run.summary.update(flat({**summary, "error": error} if error else summary))
                if error is None:
                    self._log_dataset(self._start, summary)
            finally:
                run, self._run = self._run, None
                run.finish(exit_code=1 if error else 0)

    def _log_dataset(self, start: RunInfo, summary: dict[str, Any]) -> None:
        paths = sorted(path for path in (start.folder / "dataset").rglob("*") if path.is_file())
        if paths:
            about = {"is_offline": summary["offline"], "models": summary["models"], "run": start.name}
            names = (path.relative_to(start.folder / "dataset").as_posix() for path in paths)
            self.log_artifact("dataset", dict(zip(names, paths, strict=True)), about)

    def log_artifact(self, kind: str, files: Mapping[str, Path], about: dict[str, Any]) -> None:
        """Log files by their names as one artifact of a kind; `about` says where they are from."""
        self._opened()
        import wandb

        name = re.sub(r"[^\w.-]", "-", f"{self._start.recipe}-{kind}")
        artifact = wandb.Artifact(name, type=kind, metadata=about)
        for file, path in files.items():
            artifact.add_file(str(path), name=file, policy="immutable", skip_cache=True)
        with staged_in(self._start.folder):
            self._run.log_artifact(artifact)

    def show(self, values: Mapping[str, Any]) -> None:
        """Log tables, charts and pages of a run that has no rounds, by their keys."""
        self._opened()
        with staged_in(self._start.folder):
            self._run.log(dict(values))


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested values under keys joined by slashes, as the figures of a round are."""
    result: dict[str, Any] = {}
    for key, value in values.items():
        result |= flat(value, f"{prefix}{key}/") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return result
