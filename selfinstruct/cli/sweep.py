"""The end of a sweep: what failed is reported, whichever process or machine ran it, and the runs are compared."""

import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from selfinstruct.cli.job import FAILURE
from selfinstruct.cli.traces import HYDRA
from selfinstruct.storage.folder import CONFIG
from selfinstruct.storage.remedies import LOCK

failures: list[str] = []
"""The jobs of the sweep that failed, as reported at its end."""


class Sweep(Callback):
    """Called by Hydra when a sweep ends."""

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        """Gather the failures, and compare the runs."""
        from selfinstruct.actions.compare import compare_sweep

        folder = Path(config.hydra.sweep.dir)
        failures.extend(failures_in(folder))
        remove_traces(folder)
        compare_sweep(folder)


def remove_traces(folder: Path) -> None:
    """Remove what Hydra made in a sweep for jobs that started no run, such as those of a plan."""
    for place in folder.glob("*/"):
        if (place / HYDRA).is_dir() and not any((place / name).exists() for name in (CONFIG, LOCK, FAILURE)):
            shutil.rmtree(place / HYDRA, ignore_errors=True)
            with suppress(OSError):  # as soon as it holds something
                place.rmdir()


def failures_in(folder: Path) -> list[str]:
    """Return the jobs of a sweep that failed, with their overrides and errors, in the order of their numbers."""
    found = []
    for path in folder.glob(f"*/{FAILURE}"):
        number = path.parent.name.partition("_")[0]
        note = json.loads(path.read_text(encoding="utf-8"))
        place = int(number) if number.isdecimal() else 0
        found.append((place, f"{number}: {' '.join(note['overrides'])}\n     {note['error']}"))
    return [text for _, text in sorted(found)]
