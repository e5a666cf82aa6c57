"""Log a run to trackio, on this machine only: into its folder of databases, which its dashboard shows side by side.

The run has an id of its own in its folder, so that two runs with one name are never taken for each other.  trackio is
not asked to open the run (`trackio.init`): that prints, sends the user's token to the hub to learn a name, and follows
variables that would log elsewhere.  `trackio sync` uploads a project when the user wants that.
"""

import os
from contextlib import redirect_stdout
from dataclasses import field
from io import StringIO
from pathlib import Path
from typing import Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.part import part
from selfinstruct.round import Round, TrainingStep
from selfinstruct.run_info import RunInfo
from selfinstruct.trackers.environment import kept_id
from selfinstruct.trackers.notices import notices
from selfinstruct.trackers.rows import Row, Rows

INSTALL = "it needs trackio, which is not installed. Run: pip install 'selfinstruct[trackio]'"
FOLDER = "TRACKIO_DIR"
"""The variable that says where trackio keeps its databases; it is read when trackio is imported."""


@part(frozen=False)
class Trackio:
    """Logs each round to trackio."""

    project: str
    """The project of trackio, a database."""
    folder: Path | None
    """Where the databases are; null for `TRACKIO_DIR`, or trackio's own folder in the user's home."""

    _start: Any = field(init=False, repr=False, default=None)
    _run: Any = field(init=False, repr=False, default=None)
    _rows: Any = field(init=False, repr=False, default=None)

    def start(self, start: RunInfo) -> None:
        """Open the run in trackio, if it makes rounds, and write those it has already."""
        self._start, self._run = start, None
        if start.makes_rounds:
            self._open()

    def _open(self) -> None:
        start = self._start
        self._run = opened(self.project, start, self.folder)
        with redirect_stdout(StringIO()):
            for text in notices(start.models):
                self._run.alert(text)
        self._rows = Rows(start, self._write)

    def log(self, round_: Round, step: int) -> None:
        """Write a round."""
        self._rows.add(round_)

    def log_step(self, step: TrainingStep) -> None:
        """Write a step of a training under `train/`, also where the rounds were made by an earlier process."""
        if self._run is None:
            self._open()
        self._rows.add_step(step)

    def finish(self, summary: dict[str, Any], error: str | None) -> None:
        """Write what the run came to, and wait until all is in the database."""
        if self._run is not None:
            try:
                self._rows.finish(summary, error)
            finally:
                with redirect_stdout(StringIO()):
                    self._run.finish()

    def _write(self, row: Row) -> None:
        self._run.log(dict(row))


def opened(project: str, start: RunInfo, folder: Path | None) -> Any:
    """Return an empty run of trackio; raises SelfInstructError without the package, or for a second folder."""
    if folder is not None:
        os.environ[FOLDER] = str(folder.absolute())
    try:
        import trackio
        from trackio.sqlite_storage import SQLiteStorage
        from trackio.utils import TRACKIO_DIR
    except ImportError:
        raise SelfInstructError(INSTALL) from None
    if folder is not None and folder.absolute() != TRACKIO_DIR:
        raise SelfInstructError(f"one process has one folder of trackio (it is {TRACKIO_DIR}, got {folder})")

    class Local(trackio.Run):  # type: ignore[misc]
        """A run that does not ask the hub who its user is."""

        def _get_username(self) -> None:
            return None

    SQLiteStorage.validate_project_name(project)
    name = kept_id(start.folder, "trackio")
    SQLiteStorage.delete_run(project, start.name, run_id=name)  # a killed process has written a part of the rounds
    about = {"url": None, "client": None, "group": start.group, "config": start.config}
    return Local(project=project, name=start.name, run_id=name, **about)
