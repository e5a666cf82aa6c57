"""Compare runs, and write a page that opens from disk and tables into one folder, `comparison/`; no run is changed."""

import glob
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from selfinstruct.actions.comparison import page, spreadsheets, tables
from selfinstruct.actions.comparison.comparing import Comparison, compare, jobs
from selfinstruct.actions.comparison.plots import plots
from selfinstruct.actions.comparison.reading import is_run
from selfinstruct.pages import drawing
from selfinstruct.part import part
from selfinstruct.run_info import RunInfo
from selfinstruct.storage.folder import replace_text
from selfinstruct.task import stand_ins
from selfinstruct.text.escaping import csv_text

if TYPE_CHECKING:
    from selfinstruct.run import Run

log = logging.getLogger(__name__)

PLACE = "comparison"
"""The folder that a comparison is written into."""
PAGE = "index.html"
WIDE = 100
"""Width of tables in columns where standard output is not a terminal."""


@part
class Compare:
    """Compares the runs in some folders."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = True

    runs: list[str]
    """Folders of runs, or of sweeps, which stand for their runs; `*`, `?` and `**` match as in a shell."""

    def problems(self, run: "Run") -> list[str]:
        """Report missing names, and names that match no folder."""
        if not self.runs:
            return ["compare.runs must name the folders of runs: compare.runs=[outputs/multirun/<a sweep>]."]
        return [f"compare.runs: there is no folder {name}." for name in self.runs if not matching(name)]

    def __call__(self, run: "Run") -> None:
        """Compare the runs, and print the tables and the address of the page."""
        folders = [folder for name in self.runs for path in matching(name) for folder in runs_in(path)]
        finish(list(dict.fromkeys(folders)), run.start.folder / PLACE, run.start.spacy_model)


def matching(name: str) -> list[Path]:
    """Return the folders that a name stands for, in order; a pattern stands for those of runs and of sweeps."""
    if Path(name).is_dir():
        return [Path(name)]
    found = [Path(path) for path in sorted(glob.glob(name, recursive=True)) if Path(path).is_dir()]
    return [path for path in found if is_run(path) or jobs(path)]


def runs_in(folder: Path) -> list[Path]:
    """Return the folder itself, or the runs in it where it is a sweep's."""
    return [folder] if is_run(folder) else jobs(folder) or [folder]


def compare_sweep(folder: Path) -> None:
    """Compare the runs of a finished sweep; any failure is logged as a warning."""
    try:
        found = jobs(folder)
        if any(map(is_run, found)):
            track(finish(found, folder / PLACE), folder / PLACE, folder.name)
    except Exception as error:
        log.warning("The runs of %s could not be compared: %s", folder, error, exc_info=True)


def finish(runs: Sequence[Path], folder: Path, spacy_model: str | None = None) -> Comparison:
    """Compare some runs, write every form of the comparison into a folder, and print the tables as far as they fit."""
    comparison = compare(runs, spacy_model)
    folder.mkdir(parents=True, exist_ok=True)
    short = tables.short_tables(comparison)
    texts = {
        PAGE: page.page(comparison, drawing.write(plots(comparison), folder / "figures")),
        **{f"{name}.csv": csv_text(rows) for name, rows in spreadsheets.whole(comparison).items()},
        "table.txt": "\n".join(map(tables.text, short)),
        "table.md": "\n".join(map(tables.markdown, short)),
        "table.tex": "\n".join(map(tables.latex, short)),
    }
    for name, text in texts.items():
        replace_text(folder / name, text.encode("utf-8", "replace").decode())
    width = shutil.get_terminal_size((WIDE, 24)).columns
    for table in short:
        print(f"\n{tables.text(table, width)}", end="")  # noqa: T201
    print("".join(f"\n- {warning}" for warning in comparison.warnings))  # noqa: T201
    print(f"\nThe comparison: {os.path.relpath(folder / PAGE)}")  # noqa: T201
    return comparison


def track(comparison: Comparison, place: Path, group: str) -> None:
    """Log the comparison of a sweep where its runs are logged, with the settings of the first run."""
    tracked = [run for run in comparison.runs if (run.config.get("trackers") or {}).get("wandb")]
    if not tracked:
        return
    from selfinstruct.trackers.wandb_extras import log_sweep

    models = tuple(dict.fromkeys(model for run in comparison.runs for model in run.models))
    start = RunInfo(
        folder=place,
        name=f"{group}/compare",
        group=group,
        recipe=next((name for run in comparison.runs if (name := run.summary.get("recipe"))), ""),
        job_type="compare",
        config={},
        declared={},
        models=models,
        is_offline=bool(stand_ins(models)),
    )
    settings = tracked[0].config["trackers"]["wandb"]
    log_sweep(settings, start, result(comparison), spreadsheets.whole(comparison), place / PAGE)


def result(comparison: Comparison) -> dict[str, Any]:
    """Return what a comparison says about all runs together."""
    return {
        "runs": len(comparison.runs),
        "complete": sum(run.is_complete for run in comparison.runs),
        "groups": len(comparison.groups),
        "keys": list(comparison.keys),
        "offline": [run.label for run in comparison.runs if run.is_offline],
        "warnings": list(comparison.warnings),
    }
