"""The first page of a run, the same as its report, and its figures as files.

A figure takes a moment to draw, so that the page shows it as an image that the browser asks for when it comes into
view.  An image cannot take the color of a page; so each is drawn in two colors, and the browser asks for one of them.
"""

import shlex
from pathlib import Path
from typing import Any

from markupsafe import Markup

from selfinstruct.pages import drawing, figures, html
from selfinstruct.pages.figures.figure import Figure
from selfinstruct.pages.framing import framed
from selfinstruct.pages.guard import SANDBOX
from selfinstruct.pages.library import Library, ViewedRun, training_alone
from selfinstruct.pages.links import link
from selfinstruct.pages.live import live
from selfinstruct.pages.overview import overview, stages, training
from selfinstruct.pages.server import PageError, PageRequest, Response
from selfinstruct.storage.reader import RunReader
from selfinstruct.text.command import hydra_word, program
from selfinstruct.text.escaping import csv_text
from selfinstruct.text.plain_files import odd_kind

INK = {"light": "#1c2430", "dark": "#e3e7ee"}
"""The color of text in a figure, as `style.css` has it."""
MOST_TASKS = 20_000
"""Tasks of a run whose figures are drawn for its page; of a larger one, that takes minutes and much memory."""
REPORT = "report.html"
TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf", "csv": "text/csv"}


def overview_page(library: Library, asked: PageRequest) -> Response:
    """Return the overview of a run; of a large one, what its rounds say, and the way to its report."""
    run = library.run(asked.path["run"])
    reader = run.reader
    values: dict[str, Any] = {"has_overview": False, "report": report_of(run), "card": ""}
    values |= {"stages": None, "training": None, "figures": []}
    if isinstance(reader, RunReader) and is_large(reader):
        values |= {"title": run.name, "stages": stages(reader), "command": to_report(run.source.path)}
    elif isinstance(reader, RunReader) and reader.rows:
        values |= run.kept("overview", lambda: values_of(run)) | {"has_overview": True}
    elif isinstance(reader, RunReader) and training_alone(reader):
        values |= {"title": run.name, "training": training(reader)}
        values["figures"] = [shown(run, figure) for figure in run.kept("figures", lambda: drawable(run)).values()]
    else:
        values |= {"title": run.name, "card": reader.summary.get("card", "")}
    asked_in = [(row, link(run.key, "requests", row["stage"], row["round"], 1)) for row in reader.rows if row["asked"]]
    return framed("run.html", run, "overview", {**values, "live": live(run), "rounds": asked_in})


def to_overview(library: Library, asked: PageRequest) -> Response:
    """Lead an address without its last slash to the overview of the run."""
    return Response(body="", location=link(library.run(asked.path["run"]).key, ""))


def is_large(reader: RunReader) -> bool:
    """Return whether a run is too large to be measured while somebody waits."""
    return bool(reader.rows) and reader.rows[-1]["pool"] > MOST_TASKS


def report_of(run: ViewedRun) -> str | None:
    """Return the address of the report that lies in the folder of a run, if there is one."""
    path = run.source.path / REPORT
    return link(run.key, REPORT) if path.is_file() and odd_kind(path) is None else None


def to_report(folder: Path) -> str:
    """Return the command that writes the report of a run."""
    return f"{program()} 'actions=[report]' {shlex.quote(f'hydra.run.dir={hydra_word(str(folder))}')}"


def report_file(library: Library, asked: PageRequest) -> Response:
    """Return the report as it lies in the folder of a run, shut off from the pages of this server."""
    run = library.run(asked.path["run"])
    if report_of(run) is None:
        raise PageError(f"The folder of this run holds no {REPORT}.")
    return Response(body=(run.source.path / REPORT).read_bytes(), policy=SANDBOX)


def values_of(run: ViewedRun) -> dict[str, Any]:
    """Return what the overview shows; a reader of its own gives back the memory of a large pool afterwards."""
    reader = run.source.reader()
    assert isinstance(reader, RunReader)
    found = {figure.name: figure for figure in figures.of_run(reader)}
    run.drawn["figures"] = found
    return overview(reader, [shown(run, figure) for figure in found.values()], 0)


def shown(run: ViewedRun, figure: Figure) -> dict[str, Any]:
    """Return a figure as the page shows it: an image, and the files for a paper."""
    files = {kind: link(run.key, "figures", f"{figure.name}.{kind}") for kind in TYPES}
    picture = html.page("picture.html", {"files": files, "figure": figure, "dark": f"{files['svg']}?ink=dark"})
    return drawing.shown(figure, Markup(picture))  # noqa: S704  (a template of ours has escaped it)


def figure_file(library: Library, asked: PageRequest) -> Response:
    """Return a figure as SVG, PDF or CSV."""
    run = library.run(asked.path["run"])
    name, kind = asked.path["name"], asked.path["kind"]
    if not isinstance(run.reader, RunReader) or is_large(run.reader):
        raise PageError(f"Figures are drawn for runs of up to {MOST_TASKS:,} tasks, and not for capsules.")
    found: dict[str, Figure] = run.kept("figures", lambda: drawable(run))
    if name not in found:
        raise PageError(f"The run has no figure {name}.")
    ink = INK.get(asked.query.get("ink", "light"), INK["light"])
    return Response(body=run.kept((name, kind, ink), lambda: drawn(found[name], kind, ink)), type=TYPES[kind])


def drawable(run: ViewedRun) -> dict[str, Figure]:
    """Return the figures of a run by name."""
    reader = run.source.reader()
    assert isinstance(reader, RunReader)
    return {figure.name: figure for figure in figures.of_run(reader)}


def drawn(figure: Figure, kind: str, ink: str) -> bytes:
    """Return a figure as a file."""
    if kind == "pdf":
        return drawing.pdf(figure)
    if kind == "csv":
        return csv_text([figure.head, *figure.rows]).encode("utf-8", "backslashreplace")
    return str(drawing.svg(figure)).replace("currentColor", ink).encode("utf-8", "backslashreplace")
