"""One job: a config that Hydra has composed becomes a run.

A job that fails says so without a traceback, unless it is a bug.  In a sweep it does not stop the others: it leaves a
note in its folder, since its launcher may have run it in another process, or on another machine.  A job of a sweep that
is done already is not done again.
"""

import json
import logging
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from selfinstruct.cli import resolvers  # noqa: F401  (registered in every process)
from selfinstruct.cli.actions import at_top, gathered
from selfinstruct.cli.flags import of_job
from selfinstruct.cli.hints import at_once, by_place, in_one_line, plain, unset
from selfinstruct.cli.papers import citation_of, settings_of
from selfinstruct.cli.retyping import claimed
from selfinstruct.cli.strangers import is_foreign
from selfinstruct.cli.traces import RunLog, clean_logs, clear, closed_log
from selfinstruct.errors import ConfigError, ModelError, Problems, RunFolderError, SelfInstructError, UnwritableError
from selfinstruct.storage.folder import stored_config, stored_overrides
from selfinstruct.text.command import process_count, to_resume
from selfinstruct.text.secrets import refusals, within
from selfinstruct.text.terminal import printable

if TYPE_CHECKING:
    from selfinstruct.run import Run
    from selfinstruct.run_info import RunInfo

log = logging.getLogger(__name__)
Replaying: TypeAlias = "AbstractContextManager[tuple[dict[str, Any], Callable[[Run], None]]]"

FAILURE = "failure.json"
started_folders: list[str] = []
"""The folders of the runs that this process has started."""
failed: list[str] = []
"""What went wrong in this process."""


def job(config: DictConfig) -> float | None:
    """Execute one run, built as a whole before; give the sweeper the figure that it optimizes, if it does."""
    now = HydraConfig.get()
    folder, in_sweep = Path(now.runtime.output_dir), now.mode is RunMode.MULTIRUN
    clear(note := folder / FAILURE, config.get("actions"))
    started_folders.append(str(folder))
    # A line of the log that cannot be written is lost: a full disk is reported once, by the file that matters.
    logging.raiseExceptions = False
    run_log = closed_log()
    try:
        values, declared = resolved(config)
        objective, capsule = values.pop("objective", None), values.pop("replay", None)
        declared.pop("replay", None)
        if in_sweep and is_done(folder, declared):
            print(f"{now.job.num}: done already, in {folder}")  # noqa: T201
        else:
            work(values, start_of(values, declared, now), capsule, objective, run_log)
        return figure(folder, objective)
    except (SelfInstructError, OSError) as error:
        if isinstance(error, BrokenPipeError) and not in_sweep:
            sys.exit(unheard())
        tell(by_place(error, folder))
        if isinstance(error, ModelError | UnwritableError | OSError):
            tell(SelfInstructError(f"All replies received so far are saved. {go_on(folder)}"))
        problem: Exception = error
    except Exception as error:
        if not in_sweep:
            saved = "All replies received so far are saved."
            tell(SelfInstructError(f"This is a bug in selfinstruct. {saved} {go_on(folder)}"))
            raise
        log.exception("a bug")
        problem = error
    failed.append(str(problem))
    if in_sweep:  # the sweep may continue in another process than its jobs
        note_failure(note, words_of(now), problem)
    return None


def work(values: dict[str, Any], start: "RunInfo", capsule: str | None, objective: str | None, run_log: RunLog) -> None:
    """Build a run, and have it do its actions; with a capsule, from its replies, and tell whether it is the same."""
    from selfinstruct.cli.build import build
    from selfinstruct.cli.objective import check_summary
    from selfinstruct.model.secrets import Secrets
    from selfinstruct.model.settings import keys_within
    from selfinstruct.run import Run
    from selfinstruct.text.rendering import apart

    clean_logs(Secrets(*keys_within(values)).out_of_message)
    check_summary(objective, start)
    try:
        with apart(is_foreign(start, HydraConfig.get())), answering(values, capsule, start) as (answered, check):
            run = build(answered, Run, start=replace(start, begin=run_log.open))
            with ending_well(run):
                run.execute()
            check(run)
    except (KeyboardInterrupt, SystemExit, BrokenPipeError):
        if run_log.is_open:
            tell(SelfInstructError(f"Stopped. {go_on(start.folder)}"))
        raise
    if run.stopped:
        limit, more = run.stopped.limit, run.stopped.needed or "<more>"
        tell(SelfInstructError(f"Stopped by the {run.stopped.reason}. {go_on(start.folder)} budget.{limit}={more}"))


def answering(values: dict[str, Any], capsule: str | None, start: "RunInfo") -> "Replaying":
    """Return the config to build and what to do with its finished run; a capsule answers in place of the models."""
    if capsule is None:
        return nullcontext((values, lambda _: None))
    from selfinstruct.cli.replay import replayed

    return replayed(values, capsule, start)


def resolved(config: DictConfig) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the config as plain values and as declared, without what only composing it needs."""
    try:
        values = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    except OmegaConfBaseException as error:  # an interpolation that leads nowhere, or to what must be set
        raise ConfigError(unset(OmegaConf.to_container(config, resolve=False)) or [in_one_line(error)]) from None
    if secret := list(within(values)):  # read from the environment; what is typed was looked at before
        raise ConfigError(refusals(secret))
    declared = cast(dict[str, Any], OmegaConf.to_container(config, resolve=False))
    tops = at_top(declared)
    values, declared = gathered(values, tops), gathered(declared, tops)
    declared.pop("published", None)
    return {key: value for key, value in values.items() if key not in ("published", "structured")}, declared


def is_done(folder: Path, declared: dict[str, Any]) -> bool:
    """Return whether a run of this very config has been finished in a folder."""
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return summary["completed"] is True and stored_config(folder) == without_objective(declared)
    except (OSError, ValueError, KeyError, TypeError, RunFolderError):
        return False


def without_objective(declared: dict[str, Any]) -> dict[str, Any]:
    """Return a config without what only a sweeper reads."""
    return {key: value for key, value in declared.items() if key != "objective"}


def figure(folder: Path, objective: str | None) -> float | None:
    """Return the figure of a run that a sweeper optimizes, by its dotted key in `summary.json`."""
    if objective is None:
        return None
    found: Any = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    for key in objective.split("."):
        if not isinstance(found, dict) or key not in found:
            keys = ", ".join(found) if isinstance(found, dict) else "none"
            raise SelfInstructError(f"objective={objective}: summary.json has no {key!r} there; it has: {keys}.")
        found = found[key]
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise SelfInstructError(f"objective={objective} is not a number in summary.json (got {found!r}).")
    return float(found)


def note_failure(path: Path, overrides: Sequence[str], error: Exception) -> None:
    """Leave word of a failure in the folder of the job."""
    why = (str(error) or type(error).__name__).splitlines()[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{json.dumps({'overrides': [*overrides], 'error': why}, ensure_ascii=False)}\n", encoding="utf-8")


@contextmanager
def ending_well(run: "Run") -> Iterator[None]:
    """Let the first Ctrl-C finish the current round, and the second stop immediately; a launch stops at the first."""
    if threading.current_thread() is not threading.main_thread() or process_count() > 1:  # the signal is not its own
        yield
        return

    def end(number: int, frame: object) -> None:
        run.tally.interrupt()
        run.stopping = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        tell(SelfInstructError("Finishing the current round or step; press Ctrl-C again to stop immediately."))

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def start_of(values: dict[str, Any], declared: dict[str, Any], now: Any) -> "RunInfo":
    """Return what is known of a run before it begins."""
    from selfinstruct.run_info import RunInfo

    folder, in_sweep, recipe = Path(now.runtime.output_dir), now.mode is RunMode.MULTIRUN, now.runtime.choices.recipe
    return RunInfo(
        folder=folder,
        name=folder.name if in_sweep else f"{recipe}/{folder.name}",
        group=folder.parent.name if in_sweep else None,
        recipe=recipe,
        job_type="+".join(values.get("actions") or {}),
        config=values,
        declared=without_objective(declared),
        overrides=words_of(now),
        flags=of_job(now),
        is_own=claimed(folder, words_of(now)),
        citation=citation_of(recipe),
        settings_of=settings_of,
        spacy_model=values.pop("spacy_model", None),
    )


def words_of(now: Any) -> tuple[str, ...]:
    """Return the overrides of a job as they were typed; what they refer to is not looked up."""
    return tuple(cast(list[str], OmegaConf.to_container(now.overrides.task, resolve=False)))


def go_on(folder: Path) -> str:
    """Return how to resume a run that was stopped; a job of a sweep is resumed alone.

    What the folder does not remember, as where a model is trained in the folder of a finished run, is typed again.
    """
    known = stored_overrides(folder)
    words = [word for word in words_of(HydraConfig.get()) if word not in known]
    return f"To resume, run: {' '.join([to_resume(folder), *map(shlex.quote, words)])}"


def unheard() -> int:
    """Return the exit code of a program whose output is closed, as in `… | head`; print nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())  # or Python would complain when it flushes what is left
    return 128 + 13  # SIGPIPE


def tell(error: Exception) -> None:
    """Print an error, each mistake on a line of its own."""
    text = printable(at_once(error.problems) if isinstance(error, Problems) else plain(error))
    with suppress(OSError):  # the stream is closed; the log can be read later
        print(text, file=sys.stderr, flush=True)  # noqa: T201
    if started_folders:
        with suppress(OSError):  # it may be the log that cannot be written
            log.info(text)
