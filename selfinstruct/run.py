"""A run: what the config builds, and its folder.

A run asks its actions what could go wrong, opens its folder, starts its trackers, does its actions, and always closes
what it opened: `summary.json` is written and the trackers are finished also when an action fails.
"""

import logging
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import field, replace
from threading import Event
from typing import Any, get_args

from pydantic import Field

from selfinstruct.actions import Action, conclude, perform, perform_apart
from selfinstruct.benchmarks import Benchmark
from selfinstruct.budget import Budget, BudgetTracker, Limit, Stop
from selfinstruct.errors import ConfigError, RunFolderError, SelfInstructError
from selfinstruct.formats import Format
from selfinstruct.model import Model
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.protocol import Protocol
from selfinstruct.recipe import Stage, asking
from selfinstruct.round import Round, TrainingStep, notices, spelled
from selfinstruct.run_info import RunInfo
from selfinstruct.seeds import Seeds
from selfinstruct.storage import history
from selfinstruct.storage.completions import Store
from selfinstruct.storage.folder import held, store_config, stored_config
from selfinstruct.storage.journal import ROUNDS, Journal, check_config
from selfinstruct.storage.pool_counts import authors
from selfinstruct.storage.rows import check_none_lost, rounds_of
from selfinstruct.storage.summary import ended_before, store_summary, summarise
from selfinstruct.storage.tally import Tally, reported
from selfinstruct.task import Task, stand_ins
from selfinstruct.text.plain_files import check_plain
from selfinstruct.text.terminal import printed
from selfinstruct.trackers import Pictures, Tracker, Trackers
from selfinstruct.trainer import Trainer
from selfinstruct.trainer.checkpoints import lines
from selfinstruct.trainer.record import remembered

LOG = logging.getLogger(__name__)


@part(frozen=False)
class Run:
    """One execution of a config."""

    random_seed: int
    """Two runs with the same seed, config and replies write the same bytes."""
    recipe: dict[str, Stage]
    """The stages, in the order run."""
    seeds: Seeds
    """The tasks that the pool starts with."""
    model: Model
    """The model of every stage that has none of its own."""
    start: RunInfo
    """What is known before it starts: its folder, its name, its config."""
    budget: Budget
    """The most that it may spend."""
    actions: dict[str, Action] = Field(default_factory=dict)
    """What is done, in this order; Hydra leaves a plural group out where none of its options is chosen."""
    trackers: dict[str, Tracker] = Field(default_factory=dict)
    """Where each round is logged."""
    formats: dict[str, Format] = Field(default_factory=dict)
    """The shapes in which the dataset is exported."""
    benchmarks: dict[str, Benchmark] = Field(default_factory=dict)
    """What its model is scored on by `actions=[evaluate]`."""
    trainer: Trainer | None = None
    """What tunes a model on its dataset by `actions=[train]`."""
    protocol: Protocol | None = None
    """What people are asked by `actions=[rate]`."""

    pool: Pool = field(init=False, repr=False)
    journal: Journal = field(init=False, repr=False)
    store: Store = field(init=False, repr=False)
    budget_tracker: BudgetTracker | None = field(init=False, repr=False, default=None)
    """What is left of the budget, while it generates."""
    tally: Tally = field(init=False, repr=False, default_factory=Tally)
    """The requests of rounds that are not committed yet."""
    stopping: bool = field(init=False, repr=False, default=False)
    """Set from outside to end the run after the current round; it then raises KeyboardInterrupt."""
    outer: "Run | None" = field(init=False, repr=False, default=None)
    """The run for which this one answers a benchmark."""
    scores: dict[str, dict[str, float | None]] = field(init=False, repr=False, default_factory=dict)
    """The figures of each benchmark that an action has scored, in this execution or before."""
    training: dict[str, Any] = field(init=False, repr=False, default_factory=dict)
    """What the training in its folder came to; empty where none is finished."""
    remarks: list[str] = field(init=False, repr=False, default_factory=list)
    """Lines of its actions, printed last, below what the trackers show."""
    _committed: float = field(init=False, repr=False, default=0.0)
    _pulse: Event | None = field(init=False, repr=False, default=None)
    _trackers: Trackers = field(init=False, repr=False, default_factory=lambda: Trackers({}))

    def execute(self) -> None:
        """Do all actions; raises ConfigError, before anything is spent, with everything that would stop them."""
        self.training, self.scores = remembered(self.start.folder)
        if problems := [text for action in self.actions.values() for text in action.problems(self)]:
            raise ConfigError(list(dict.fromkeys(problems)))
        check_plain(self.start.folder)
        if self.actions and all(action.is_apart for action in self.actions.values()):
            perform_apart(self)
            printed(self.remarks)
            return
        self.start.folder.mkdir(parents=True, exist_ok=True)
        with held(self.start.folder):
            if not self._asks:  # one that asks makes again what was lost
                check_none_lost(self.start.folder, rounds_of(self.start.folder / ROUNDS))
            self.journal = Journal(self.start.folder)
            self.pool = self.journal.open(shelved=not asking(self.recipe))  # no prompt shows its tasks then
            if self.journal.rounds:
                check_config(self.start.folder)
            self.start = self._introduced()
            kept = None if self._asks else stored_config(self.start.folder)
            if kept and isinstance(kept["random_seed"], int):  # what is exported again is what it was
                self.random_seed = kept["random_seed"]
            with closing(Store(self.start.folder / "completions.sqlite")) as self.store:
                self._tracked()

    @property
    def _asks(self) -> bool:
        """Return whether any of its actions asks a model."""
        return any(action.asks for action in self.actions.values())

    @property
    def models(self) -> list[Model]:
        """Return the model of every stage that asks one."""
        return [stage.model or self.model for stage in asking(self.recipe).values()]

    def _introduced(self) -> RunInfo:
        models = tuple(dict.fromkeys([*authors(self.pool), *(model.name for model in self.models if self._asks)]))
        return replace(
            self.start,
            models=models,
            is_offline=bool(stand_ins(models)),
            targets={name: stage.target for name, stage in self.recipe.items()},
            logged_rounds=lambda: history.rounds(self.start.folder, self.journal.rounds, self.journal.timings),
            makes_rounds=self._asks or not self.journal.rounds,
            logged_steps=lambda: lines(self.start.folder),
        )

    def begin(self, seeds: Sequence[Task]) -> None:
        """Put the seeds into an empty pool, and store the config."""
        new = self.start
        store_config(new.folder, new.declared, new.overrides, flags=new.flags, resolved=new.config, is_own=new.is_own)
        for task in seeds:
            self.pool.add(task)
        self.journal.begin(seeds)

    def log(self, round_: Round) -> None:
        """Commit a round, then log it with the trackers."""
        before, self._committed = self._committed, time.perf_counter()
        round_ = replace(round_, seconds=self._committed - before)
        row = self.journal.commit(round_)
        self.tally.committed(round_.stage, round_.number)
        if self._pulse is not None:
            self._pulse.set()
        LOG.info("%s", spelled(row))
        for notice in notices(row, self.journal.rounds[:-1]):
            LOG.warning(notice)
        self._trackers.log(round_, len(self.journal.rounds))
        if self.outer is not None:
            self.outer._trackers.show(replace(round_, stage=f"{self.start.folder.name}/{round_.stage}"))
        if self.stopping or (self.outer is not None and self.outer.stopping):
            raise KeyboardInterrupt

    def log_step(self, step: TrainingStep) -> None:
        """Log a step of a training with the trackers; `training.jsonl` has it already."""
        LOG.info("train: %s", spelled(step.row))
        self._trackers.log_step(step)

    def log_report(self, figures: Pictures, samples: Sequence[Sequence[str]]) -> None:
        """Log what a report shows with the trackers that can."""
        self._trackers.log_report(figures, samples)

    @property
    def stopped(self) -> Stop | None:
        """Return why its budget stopped it before it was done, if it did."""
        return self.budget_tracker.empty if self.budget_tracker is not None else None

    @property
    def stopped_by(self) -> Limit | None:
        """Return the key of the budget that stopped it, or that stopped the run which made its pool."""
        if self._asks:
            return None if self.stopped is None else self.stopped.limit
        found: str | None = ended_before(self.start.folder)["stopped_by"]
        return next((limit for limit in get_args(Limit) if limit == found), None)

    def _tracked(self) -> None:
        self._committed = time.perf_counter()
        if self.start.makes_rounds:
            self.start.begin()
        LOG.info("%s with %s, in %s", self.start.job_type, self.start.model_names, self.start.folder)
        error: str | None = "interrupted"
        self._trackers = Trackers(self.trackers)
        try:
            self._trackers.start(self.start)
            with reported(self.tally, self._waiting, self.start.report_seconds) as self._pulse:
                perform(self)
            error = None
        except BrokenPipeError:
            raise
        except Exception as problem:
            error = str(problem) if isinstance(problem, SelfInstructError) else traceback.format_exc(limit=-1)
            raise
        finally:
            self._finish(error)
            printed(self.remarks)

    def _waiting(self, row: Mapping[str, Any]) -> None:
        """Report that a round takes long; called in a thread of its own."""
        LOG.info("under way: %s", spelled(row))
        with suppress(BrokenPipeError):  # the next round reports that standard output is closed
            self._trackers.wait(row, time.perf_counter() - self._committed)

    def _finish(self, error: str | None) -> None:
        """Write the summary, and finish the trackers; of a run that failed, the first failure is reported."""
        try:
            summary = self._summary(error)
        except RunFolderError:
            if error is None:
                raise
            LOG.exception("no summary")
            return
        LOG.info("ended: %s", summary["stop_reason"])
        try:
            store_summary(self.start.folder, summary, error, is_made=self.start.makes_rounds)
            conclude(self)
        except RunFolderError as problem:
            if error is None:
                raise
            LOG.info("%s", problem)
        finally:
            with suppress(BrokenPipeError):  # standard output is closed
                self._trackers.finish(summary, error)

    def _summary(self, error: str | None) -> dict[str, Any]:
        if error is not None:
            self.pool = self.journal.open(shelved=self.pool.is_shelved)  # without what the failed round had added
        journal, left = self.journal, self.store.beyond({name: len(self.journal.of(name)) for name in self.recipe})
        more: dict[str, Any] = {"scores": self.scores, "training": self.training, "stopped": self.stopped}
        summary = summarise(self.start, self.pool, journal.rounds, error, timings=journal.timings, unused=left, **more)
        if not self._asks and error is None and journal.rounds:
            summary |= ended_before(self.start.folder)
        return summary
