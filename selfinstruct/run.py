"""Run: what the config builds, and its folder.

A run asks its actions what could go wrong, opens its folder, starts its trackers, does its actions, and always closes
what it opened: `summary.json` is written and the trackers are finished also when an action fails.
"""

import json
import logging
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import field, replace
from typing import Any, get_args

from pydantic import Field

from selfinstruct.actions import Action
from selfinstruct.budget import Budget, BudgetTracker, Limit, Stop
from selfinstruct.errors import ConfigError, RunFolderError, SelfInstructError
from selfinstruct.formats import Format
from selfinstruct.model import Model
from selfinstruct.part import part
from selfinstruct.pool import Pool
from selfinstruct.recipe import Stage, asking
from selfinstruct.round import LEAKED, Round
from selfinstruct.run_info import RunInfo
from selfinstruct.seeds import Seeds
from selfinstruct.storage import history as past
from selfinstruct.storage.completions import Store
from selfinstruct.storage.folder import held, keep_config, kept_config, replace_text
from selfinstruct.storage.journal import ROUNDS, Journal, check_config
from selfinstruct.storage.rows import check_none_lost, rounds_of
from selfinstruct.storage.summary import SUMMARY, authors, but_files, ended_before, summarise, summary_in
from selfinstruct.storage.tally import Pulse, Tally, reported
from selfinstruct.task import Task, stand_ins
from selfinstruct.text.plain_files import check_plain
from selfinstruct.text.terminal import printable
from selfinstruct.trackers import Tracker, Waiting, finish

log = logging.getLogger(__name__)

LEAK = "The server leaks its control tokens into replies; check its chat template. They are cut out before parsing."


@part(frozen=False)
class Run:
    """One execution of a config."""

    random_seed: int
    """Two runs with the same seed, config and replies write the same bytes."""
    recipe: dict[str, Stage]
    """The stages, in the order run."""
    seeds: Seeds
    """What the pool begins with."""
    model: Model
    """Who answers, where a stage has no model of its own."""
    start: RunInfo
    """What is known before it begins: its folder, its name, its config."""
    budget: Budget
    """The most it may spend."""
    actions: dict[str, Action] = Field(default_factory=dict)
    """What is done, in this order; Hydra leaves a plural group out where nothing of it is chosen."""
    trackers: dict[str, Tracker] = Field(default_factory=dict)
    """Where each round is logged."""
    formats: dict[str, Format] = Field(default_factory=dict)
    """The shapes in which the dataset is exported."""

    pool: Pool = field(init=False, repr=False)
    journal: Journal = field(init=False, repr=False)
    store: Store = field(init=False, repr=False)
    purse: BudgetTracker | None = field(init=False, repr=False, default=None)
    """What may still be spent, while it generates."""
    tally: Tally = field(init=False, repr=False, default_factory=Tally)
    """The requests of rounds that are not committed yet."""
    stopping: bool = field(init=False, repr=False, default=False)
    """Set from outside to end the run after the round under way; it then raises KeyboardInterrupt."""
    remarks: list[str] = field(init=False, repr=False, default_factory=list)
    """Lines of its actions for the person at the terminal, printed last, below what the trackers show."""
    _committed: float = field(init=False, repr=False, default=0.0)
    _pulse: Pulse | None = field(init=False, repr=False, default=None)

    def execute(self) -> None:
        """Do all actions; raises ConfigError, before anything is spent, with everything that would stop them."""
        if self._asks:
            for model in self.models:
                model.prepare()
        problems = [text for action in self.actions.values() for text in action.problems(self)]
        if problems:
            raise ConfigError(list(dict.fromkeys(problems)))
        self.start.folder.mkdir(parents=True, exist_ok=True)
        check_plain(self.start.folder)
        if self.actions and all(action.is_apart for action in self.actions.values()):
            for action in self.actions.values():
                action(self)
            return
        with held(self.start.folder):
            if not self._asks:  # a run that asks makes again what was lost
                check_none_lost(self.start.folder, rounds_of(self.start.folder / ROUNDS))
            self.journal = Journal(self.start.folder)
            self.pool = self._opened()
            if self.journal.rounds:
                check_config(self.start.folder)
            self.start = self._introduced()
            kept = None if self._asks else kept_config(self.start.folder)
            if kept and isinstance(kept["random_seed"], int):  # what is exported again is what it was
                self.random_seed = kept["random_seed"]
            with closing(Store(self.start.folder / "completions.sqlite")) as self.store:
                self._tracked()

    @property
    def _asks(self) -> bool:
        """Whether any of its actions asks a model."""
        return any(action.asks for action in self.actions.values())

    @property
    def models(self) -> list[Model]:
        """The model of every stage that asks one."""
        return [stage.model or self.model for stage in asking(self.recipe).values()]

    def _opened(self) -> Pool:
        """The pool as it was committed; it stays on disk where no stage asks, and so none shows a task in a prompt."""
        return self.journal.open(shelved=not asking(self.recipe))

    def _introduced(self) -> RunInfo:
        asked = [model.name for model in self.models] if self._asks else []
        models = tuple(dict.fromkeys([*authors(self.pool), *asked]))
        return replace(
            self.start,
            models=models,
            is_offline=bool(stand_ins(models)),
            targets={name: stage.target for name, stage in self.recipe.items()},
            past=lambda: past.rounds(self.start.folder, self.journal.rounds, self.journal.timings),
            makes_rounds=self._asks or not self.journal.rounds,
        )

    def begin(self, seeds: Sequence[Task]) -> None:
        """Put the seeds into an empty pool, and keep the config."""
        start = self.start
        kept = start.folder, start.declared, start.overrides
        keep_config(*kept, flags=start.flags, resolved=start.config, is_own=start.is_own)
        for task in seeds:
            self.pool.add(task)
        self.journal.begin(seeds)

    def log(self, round_: Round) -> None:
        """Commit a round, then tell the trackers."""
        now = time.perf_counter()
        committed = self.journal.commit(replace(round_, seconds=now - self._committed))
        self._committed = now
        self.tally.committed(round_.stage, round_.number)
        if self._pulse is not None:
            self._pulse.restart()
        log.info("%s", ", ".join(f"{key} {value}" for key, value in committed.row().items()))
        if LEAKED in committed.figures and not any(LEAKED in row for row in self.journal.rounds[:-1]):
            log.warning(LEAK)
        for tracker in self.trackers.values():
            tracker.log(committed, len(self.journal.rounds))
        if self.stopping:
            raise KeyboardInterrupt

    @property
    def stopped(self) -> Stop | None:
        """Why it stopped before it was done, where that was its budget."""
        return self.purse.empty if self.purse is not None else None

    @property
    def stopped_by(self) -> Limit | None:
        """The key of the budget that stopped it, or that stopped the run which made its pool."""
        if self._asks:
            return None if self.stopped is None else self.stopped.limit
        found: str | None = ended_before(self.start.folder)["stopped_by"]
        return next((limit for limit in get_args(Limit) if limit == found), None)

    def _tracked(self) -> None:
        self._committed = time.perf_counter()
        if self.start.makes_rounds:
            self.start.begin()
        log.info("%s with %s, in %s", self.start.job_type, self.start.model_names, self.start.folder)
        error: str | None = "interrupted"
        started: list[Tracker] = []
        try:
            for tracker in self.trackers.values():
                started.append(tracker)
                tracker.start(self.start)
            with reported(self.tally, self._waiting, self.start.report_seconds) as self._pulse:
                for action in self.actions.values():
                    action(self)
            error = None
        except BrokenPipeError:
            raise
        except Exception as problem:
            error = str(problem) if isinstance(problem, SelfInstructError) else traceback.format_exc(limit=-1)
            raise
        finally:
            self._finish(started, error)
            for remark in self.remarks:
                print(printable(remark), flush=True)  # noqa: T201

    def _waiting(self, row: Mapping[str, Any]) -> None:
        """Report that a round takes long; called in a thread of its own."""
        log.info("under way: %s", ", ".join(f"{key} {value}" for key, value in row.items()))
        for tracker in self.trackers.values():
            if isinstance(tracker, Waiting):
                try:
                    tracker.wait(row, time.perf_counter() - self._committed)
                except OSError:  # nobody reads standard output; the next round will say so
                    log.debug("not shown", exc_info=True)

    def _finish(self, started: list[Tracker], error: str | None) -> None:
        """Write the summary, and finish the trackers; of a run that failed, the first failure is the one told."""
        try:
            summary = self._summary(error)
        except RunFolderError:
            if error is None:
                raise
            log.exception("no summary")
            return
        log.info("ended: %s", summary["stop_reason"])
        try:
            before = None if self.start.makes_rounds else summary_in(self.start.folder)
            if (written := summary if before is None else but_files(before, summary, error)) is not None:
                text = json.dumps(written, indent=2, ensure_ascii=False) + "\n"
                replace_text(self.start.folder / SUMMARY, text)
        except RunFolderError as problem:
            if error is None:
                raise
            log.info("%s", problem)
        finally:
            finish(started, summary, error)

    def _summary(self, error: str | None) -> dict[str, Any]:
        if error is not None:
            self.pool = self._opened()  # without what the round that failed had added
        last = {name: len(self.journal.of(name)) for name in self.recipe}
        journal, unused = self.journal, self.store.beyond(last)
        summary = summarise(
            self.start,
            self.pool,
            journal.rounds,
            error,
            timings=journal.timings,
            unused=unused,
            stopped=self.stopped,
        )
        if not self._asks and error is None:
            summary |= ended_before(self.start.folder)
        return summary
