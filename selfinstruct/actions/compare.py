"""Compare runs: their settings, their results, and what makes them hard to compare.

The result is written into one folder, `comparison/`: a page that opens from disk, and tables to read, to compute with
and to publish.  No run is changed.
"""

import glob
import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from selfinstruct.actions.comparison import page, tables
from selfinstruct.actions.comparison.comparing import Comparison, compare, jobs, series, stages
from selfinstruct.actions.plan.jobs import PLAN
from selfinstruct.part import part
from selfinstruct.storage.folder import CONFIG, replace_text
from selfinstruct.text.escaping import csv_text

if TYPE_CHECKING:
    from selfinstruct.run import Run

log = logging.getLogger(__name__)

PLACE = "comparison"
"""The folder that a comparison is written into."""
PAGE = "index.html"
WIDE = 160
"""Width of tables in columns where standard output is not a terminal."""


@part
class Compare:
    """Compares the runs in some folders."""

    asks: ClassVar[bool] = False
    """It only reads."""
    is_apart: ClassVar[bool] = True
    """It looks at other folders."""

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
        own = run.start.folder.resolve()  # a pattern may match the new folder of this report
        folders = [folder for folder in folders if folder.resolve() != own or (folder / CONFIG).exists()]
        show(write(compare(list(dict.fromkeys(folders))), run.start.folder / PLACE))


def matching(name: str) -> list[Path]:
    """Return the folders that a name stands for, in order; a pattern does not stand for the folder of a report."""
    if Path(name).is_dir():
        return [Path(name)]
    found = map(Path, sorted(glob.glob(name, recursive=True)))
    return [path for path in found if path.is_dir() and path.name != PLACE and not is_report(path)]


def is_report(folder: Path) -> bool:
    """Return whether a folder holds a comparison or a plan, and neither a run nor the jobs of a sweep."""
    has_report = (folder / PLACE).is_dir() or (folder / PLAN).is_file()
    return has_report and not (folder / CONFIG).exists() and not jobs(folder)


def runs_in(folder: Path) -> list[Path]:
    """Return the folder itself, or the runs in it where it is a sweep's."""
    return [folder] if (folder / CONFIG).exists() else jobs(folder) or [folder]


def compare_sweep(folder: Path) -> None:
    """Compare the runs of a finished sweep; any failure is logged as a warning."""
    try:
        found = jobs(folder)
        if any((job / CONFIG).exists() for job in found):
            comparison, place = write(compare(found), folder / PLACE)
            show((comparison, place))
            track(comparison, place, folder.name)
    except Exception as error:
        log.warning("The runs of %s could not be compared: %s", folder, error, exc_info=True)


def write(comparison: Comparison, folder: Path) -> tuple[Comparison, Path]:
    """Write every form of a comparison into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    short = tables.short_tables(comparison)
    texts = {
        PAGE: page.page(comparison),
        "runs.csv": csv_text(tables.every_run(comparison)),
        "groups.csv": csv_text(tables.every_group(comparison)),
        "overlap.csv": csv_text(tables.every_overlap(comparison)),
        "table.txt": "\n".join(map(tables.text, short)),
        "table.md": "\n".join(map(tables.markdown, short)),
        "table.tex": "\n".join(map(tables.latex, short)),
    }
    for name, text in texts.items():
        replace_text(folder / name, text.encode("utf-8", "replace").decode())
    return comparison, folder


def track(comparison: Comparison, place: Path, group: str) -> None:
    """Log the comparison of a sweep where its runs are logged, with the settings of the first run."""
    tracked = [run for run in comparison.runs if (run.config.get("trackers") or {}).get("wandb")]
    if tracked:
        from selfinstruct.trackers.wandb_extras import Findings, log_sweep

        models = dict.fromkeys(model for run in comparison.runs for model in run.models)
        recipe = next((run.summary["recipe"] for run in comparison.runs if run.summary), "")
        findings = Findings(
            summary=result(comparison),
            tables={
                "runs": tables.every_run(comparison),
                "groups": tables.every_group(comparison),
                "overlap": tables.every_overlap(comparison),
            },
            lines={f"kept_share/{stage}": series(comparison, stage) for stage in stages(comparison)},
            bars={name: bars(comparison, name) for name in page.PLOTTED},
            page=place / PAGE,
        )
        log_sweep(tracked[0].config["trackers"]["wandb"], place, group, recipe, list(models), findings)


def bars(comparison: Comparison, name: str) -> list[tuple[str, float]]:
    """Return each run's label with its value of a figure, where that is known."""
    found = ((comparison.legend(place), row.get(name)) for place, row in enumerate(comparison.figures))
    return [(label, value) for label, value in found if value is not None]


def result(comparison: Comparison) -> dict[str, Any]:
    """Return what a comparison says about all runs together."""
    offline = [label for label, run in zip(comparison.labels, comparison.runs, strict=True) if run.is_offline]
    return {
        "runs": len(comparison.runs),
        "complete": sum(run.is_complete for run in comparison.runs),
        "groups": len(comparison.groups),
        "keys": list(comparison.keys),
        "offline": offline,
        "warnings": list(comparison.warnings),
    }


def show(written: tuple[Comparison, Path]) -> None:
    """Print the tables, as far as they fit, and where the rest is."""
    comparison, folder = written
    width = shutil.get_terminal_size((WIDE, 24)).columns
    for table in tables.short_tables(comparison):
        print(f"\n{tables.text(table, width)}", end="")  # noqa: T201
    print(f"\nThe comparison: {os.path.relpath(folder / PAGE)}")  # noqa: T201
