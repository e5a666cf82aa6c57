"""Log a run to Weights & Biases, offline unless the config or the environment says otherwise.

One history row a round holds the figures of `rounds.jsonl` under the name of their stage, and the totals of the run
(history.py).  The dataset is an artifact that says whether a model wrote it.

Without a network or a key it logs offline and says how to upload that.  W&B takes a second to start, so it does while
the first replies are awaited.

A resumed run has one history in W&B, with each round once.  Online it is resumed under its id.  Offline nothing can be
resumed: what W&B had not yet written when the first process was killed would be in no file.  So the unfinished file is
removed, and the new one starts with every committed round.

Several runs of one process, as in a sweep, are kept apart.  What W&B would stage in the user's home lies in the run
folder; code, git and machine data are not collected, and nothing is printed.
"""

import logging
import math
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from selfinstruct.part import part
from selfinstruct.round import Round, TrainingStep
from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.environment import (
    Mode,
    entity_of,
    explained,
    kept_id,
    mode_of,
    new_id,
    project_of,
    remove_unsent,
    staged_in,
)
from selfinstruct.trackers.history import TOTALS_METRICS, TRAINING_METRICS, History, counts, metrics, nearest, trained
from selfinstruct.trackers.tables import Texts

LOG = logging.getLogger(__name__)

LONGEST_NAME, LONGEST_TAG = 128, 64
"""W&B refuses longer ones."""
FINISH_SECONDS = 600.0
"""An upload that takes longer at the end is given up; `wandb sync` can make up for it."""
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
    _is_training: bool = field(init=False, repr=False, default=False)

    def start(self, start: RunInfo) -> None:
        """Start W&B in the background, so that no request waits for it; raises SelfInstructError for a wrong mode."""
        self._start, self._step, self._is_training = start, 0, False
        if start.makes_rounds:  # else W&B has the whole run, and would be given a new one with the times of now
            self._begin(start)

    def _begin(self, start: RunInfo) -> None:
        """Start W&B in a thread of its own."""
        self._texts, self._history, self._defined = Texts(), History(), set()
        with explained():
            mode = mode_of(self.mode)
            start.folder.mkdir(parents=True, exist_ok=True)
        thread = ThreadPoolExecutor(1, thread_name_prefix="selfinstruct-wandb")
        self._opening = thread.submit(self._open, start, mode)
        thread.shutdown(wait=False)

    def _opened(self, step: float = math.inf) -> None:
        """Wait until W&B has started, and log the rounds before a step that a resumed run has already."""
        opening, self._opening = self._opening, None
        if opening is None:
            return
        with explained():
            self._run = opening.result()
        if is_online := not (self._run.offline or self._run.disabled):
            LOG.info("W&B run: %s", self._run.url)
        known = self._run.starting_step if is_online else 0
        for number, round_ in takewhile(lambda one: one[0] < step, enumerate(self._start.logged_rounds(), 1)):
            if number >= known:
                self.log(round_, number)
            else:
                self._history.row(round_)  # W&B has it; the totals of later rounds need it
                self._texts.add(round_)

    def log(self, round_: Round, step: int) -> None:
        """Log the figures of a round, and the texts that are due; raises SelfInstructError where W&B cannot start."""
        self._opened(step)
        self._step = step
        if self._run is None:
            return
        self._texts.add(round_)
        with staged_in(self._start.folder):
            self._run.log(self._row(round_), step=step, commit=not self.tables)  # the tables go into the last row

    def log_step(self, step: TrainingStep) -> None:
        """Log a step of a training under `train/…`; the run of a pool that was made before is opened again for it."""
        if self._texts is None:
            self._begin(self._start)
        self._opened()
        if self._run is None:
            return
        with staged_in(self._start.folder):
            if not self._is_training:
                self._is_training = True
                self._begin_training(step)
            more = {} if step.tokens_per_second is None else {"train/tokens_per_second": step.tokens_per_second}
            self._run.log({**trained(step.row), **more})

    def _begin_training(self, step: TrainingStep) -> None:
        """Close the rows of the rounds, and log the steps of earlier processes that W&B does not have."""
        rounds = self._step
        self._log_tables()
        for metric in TRAINING_METRICS:
            self._run.define_metric(**metric)
        before = [row for row in self._start.logged_steps() if row != step.row]
        is_online = not (self._run.offline or self._run.disabled)
        known = max(self._run.starting_step - (rounds + 1 if rounds else 0), 0) if is_online else 0
        for row in before[known:]:
            self._run.log(trained(row))

    def _log_tables(self) -> None:
        """Log the tables of texts into the row of the last round, which closes it."""
        if self.tables and self._step:
            self._run.log(self._texts.tables(), step=self._step, commit=True)
        self._step = 0

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
                self._run.summary.update(flat({**summary, "error": error} if error else summary))
                if error is None:
                    self._log_dataset(self._start, summary)
            finally:
                run, self._run = self._run, None
                run.finish(exit_code=1 if error else 0)

    def _open(self, start: RunInfo, mode: Mode) -> Any:
        """Open a W&B run of its own; called in another thread."""
        with staged_in(start.folder):
            return self._online(start) if mode == "online" else self._init(start, mode)

    def _online(self, start: RunInfo) -> Any:
        import wandb

        reason = "there is no key: run `wandb login`, or set WANDB_API_KEY"
        try:
            if wandb.login(prompt=False, verify=False):
                return self._init(start, "online")
        except wandb.Error as problem:
            reason = str(problem).partition("\n")[0]
            new_id(start.folder)  # W&B holds on to the one it tried
        LOG.warning("W&B logs offline: %s. Upload it later: wandb sync %s/wandb/offline-run-*", reason, start.folder)
        return self._init(start, "offline")

    def _init(self, start: RunInfo, mode: Mode) -> Any:
        os.environ.setdefault("WANDB_DISABLE_WEAVE", "true")  # it would print an invitation to install Weave
        import wandb

        if mode == "offline":
            remove_unsent(start.folder)
        return wandb.init(
            id=None if mode == "disabled" else kept_id(start.folder),
            resume="allow" if mode == "online" else None,
            project=project_of(self.project),
            entity=entity_of(self.entity),
            mode=mode,
            dir=start.folder,
            name=start.name[:LONGEST_NAME],
            group=start.group[:LONGEST_NAME] if start.group else None,
            job_type=start.job_type,
            tags=self._tags(start),
            config=start.config,
            reinit="create_new",
            settings=wandb.Settings(
                silent=True,
                console="off",
                save_code=False,
                x_disable_machine_info=True,
                x_save_requirements=False,
                init_timeout=self.init_timeout,
                finish_timeout=FINISH_SECONDS,
                x_transaction_log_flush_interval=1.0,
            ),
        )

    def _tags(self, start: RunInfo) -> list[str]:
        known = [start.recipe, *start.models, *(["offline-model"] if start.is_offline else [])]
        wanted = [tag[:LONGEST_TAG] for tag in [*known, *self.tags] if tag and self.tags.get(tag, True)]
        return list(dict.fromkeys(wanted))

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
