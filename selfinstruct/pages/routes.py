"""The addresses of the pages of `actions=[view]`."""

from collections.abc import Callable
from functools import partial

from selfinstruct.pages.library import Library
from selfinstruct.pages.lineage import lineage_page
from selfinstruct.pages.live import live_fragment
from selfinstruct.pages.rejected import rejected_file, rejected_list
from selfinstruct.pages.requests import request_page
from selfinstruct.pages.run_overview import figure_file, overview_page, report_file, to_overview
from selfinstruct.pages.runs import comparison, run_list
from selfinstruct.pages.server import PageRequest, Response, Route
from selfinstruct.pages.tasks import task_file, task_list, task_page

PAGES: dict[str, Callable[[Library, PageRequest], Response]] = {
    "/": run_list,
    "/comparison/{number}": comparison,
    "/{run}": to_overview,
    "/{run}/": overview_page,
    "/{run}/live": live_fragment,
    "/{run}/report.html": report_file,
    "/{run}/figures/{name:\\w+}.{kind:svg|pdf|csv}": figure_file,
    "/{run}/tasks": task_list,
    "/{run}/tasks.{kind:jsonl|csv}": task_file,
    "/{run}/tasks/{id:[^/]*}": task_page,
    "/{run}/rejected": rejected_list,
    "/{run}/rejected.{kind:jsonl|csv}": rejected_file,
    "/{run}/requests/{stage}/{round}/{number}": request_page,
    "/{run}/lineage": lineage_page,
}
"""The pattern of an address, and what answers it."""


def routes(library: Library) -> list[Route]:
    """Return the routes that show some runs."""
    return [Route(path=path, answer=partial(page, library)) for path, page in PAGES.items()]
