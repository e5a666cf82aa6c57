"""What a process leaves in a folder in which it started no run: nothing.

Hydra makes the folder, `.hydra/` and the log before a job begins, for a report or a failed start as well as for a run.
So `.hydra/` is only written where no run has kept its config yet, the log is only opened by a run that makes rounds,
and what Hydra has made for nothing is removed at the end.  A temporary folder for Hydra was rejected: a run that is
killed in its first second is resumed by what Hydra wrote down.
"""

import logging
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from selfinstruct.storage.folder import CONFIG
from selfinstruct.text.terminal import printable

HYDRA = ".hydra"
MAKING = {"generate", "refilter"}
"""The actions of the program that make a run; all others look at runs."""


LOOKING = {"view"}
"""The actions that leave nothing, not even while they work."""
_unused: list[Callable[[], None]] = []
"""What removes the folder that Hydra has made for nothing."""


def only_looks(actions: Iterable[str] | None) -> bool:
    """Return whether a run of these actions only shows what is there."""
    return bool(names := set(actions or ())) and names <= LOOKING


def subdir(folder: str, actions: Iterable[str] | None = None) -> str | None:
    """Return where Hydra writes its files in a folder; None where a run has its own already, or is only shown."""
    if only_looks(actions):
        return None
    return None if any((Path(folder) / name).exists() for name in (CONFIG, "training.json")) else HYDRA


def shelf(actions: Mapping[str, Any] | None, name: str) -> str:
    """Return the folder below `outputs/` for a run, `name`, or for reports, which do not lie among the runs."""
    if not actions or MAKING & actions.keys():
        return name
    return "+".join(re.sub(r"\W+", "-", str(action)) for action in actions)  # a config may call an action anything


class RunLog(logging.Filter):
    """Lets nothing into the log file until it is opened."""

    is_open = False

    def open(self) -> None:
        """Let everything in from now on."""
        self.is_open = True

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the file is open."""
        return self.is_open


def closed_log() -> RunLog:
    """Close the log files that Hydra has configured, until the run opens them."""
    log = RunLog()
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.FileHandler):
            handler.addFilter(log)
    return log


def cleaned(clean: Callable[[str], str], record: logging.LogRecord) -> bool:
    """Take secrets, and what would steer a terminal, out of a record; always true, as a filter of a handler.

    Libraries log what servers said.  The record is changed and not the finished line, since a formatter may add colors.
    """
    try:
        message = record.getMessage()
    except Exception:  # a library's mistake in its own arguments, which would be shown with all of them
        message = str(record.msg)
    record.msg, record.args = printable(clean(message)), ()
    if record.exc_info and not record.exc_text:
        record.exc_text = logging.Formatter().formatException(record.exc_info)
    for name in ("exc_text", "stack_info"):
        if text := getattr(record, name):
            setattr(record, name, printable(clean(text)))
    return True


def clean_logs(clean: Callable[[str], str]) -> None:
    """Have every handler that Hydra has configured write clean records, Python's warnings included."""
    logging.captureWarnings(True)
    loggers = [logger for logger in logging.root.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    for handler in {handler for logger in (logging.root, *loggers) for handler in logger.handlers}:
        handler.addFilter(partial(cleaned, clean))


@contextmanager
def removed_unless_used(folder: Path) -> Iterator[None]:
    """Remove what Hydra makes in a new folder, and the folder itself, where no run comes of it."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    is_new = bool(missing) or (folder.is_dir() and not any(folder.iterdir()))

    def remove() -> None:
        if is_new and not (folder / CONFIG).exists() and not (folder / ".lock").exists():
            shutil.rmtree(folder / HYDRA, ignore_errors=True)
            with suppress(OSError):  # as soon as one holds something
                for place in missing:
                    place.rmdir()

    _unused.append(remove)
    try:
        yield
    finally:
        _unused.remove(remove)
        remove()


def clear(note: Path, actions: Iterable[str] | None) -> None:
    """Remove the note of an earlier failure; where a run is only looked at, rather what Hydra has made for nothing.

    At once, and not at the end, since such a process goes on for long, and may be killed.
    """
    if not only_looks(actions):
        if note.exists():  # a disk that is mounted read-only refuses to remove what is not there, too
            note.unlink(missing_ok=True)
        return
    for remove in _unused:
        remove()
