"""Write the report of a run: `report.html`, which opens from disk, and `figures/` for a paper.

It describes the run as it ended, so that it comes last, when `summary.json` is written, also for a run that was stopped
or has failed.  It reads committed rows only and asks nothing, so that it can be written again at any time, and the same
run gives the same bytes.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from selfinstruct.pages import drawing, html
from selfinstruct.pages.figures import of_run
from selfinstruct.pages.overview import overview
from selfinstruct.part import part
from selfinstruct.storage.folder import replace_text
from selfinstruct.storage.reader import RunReader, no_run

if TYPE_CHECKING:
    from selfinstruct.run import Run

PAGE, FIGURES = "report.html", "figures"


@part
class Report:
    """Writes the report of a run."""

    rows: Annotated[int, Field(ge=0)]
    """The most tasks, and the most rejections, that stand in the report; of more, some are drawn evenly."""
    style: str | None
    """A style of matplotlib, by its name or as a file, on top of ours; null for ours alone."""

    asks: ClassVar[bool] = False
    is_apart: ClassVar[bool] = True
    is_last: ClassVar[bool] = True

    def problems(self, run: "Run") -> list[str]:
        """Report a folder without a run, and a style that cannot be used."""
        style = [] if self.style is None else drawing.problems_of(self.style)
        return [*no_run(run, self), *(f"report.style: {text}" for text in style)]

    def __call__(self, run: "Run") -> None:
        """Write page and figures, and log them; raises RunFolderError where they cannot be written."""
        folder = run.start.folder
        reader = RunReader(folder)
        figures = of_run(reader)
        values = overview(reader, drawing.write(figures, folder / FIGURES, self.style), self.rows)
        replace_text(folder / PAGE, html.file("report.html", values))
        run.remarks.append(f"The report: {os.path.relpath(folder / PAGE)}")
        run.log_report(lambda: {figure.name: drawing.png(figure, self.style) for figure in figures}, samples(values))


def samples(values: Mapping[str, Any]) -> list[list[str]]:
    """Return the samples of the page as rows: what became of each, its id or the reason, and its text."""
    kept = [["kept", one["id"], "\n\n".join(text for _, text in one["fields"])] for one in values["samples"]]
    return kept + [
        [one["filter"], each["reason"], each["text"]] for one in values["rejected"] for each in one["examples"]
    ]
