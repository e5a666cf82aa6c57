"""What every page of a run has: its name and state, the way to its other pages, and how much of it has been read."""

from collections import defaultdict
from typing import Any

from selfinstruct.pages import html
from selfinstruct.pages.library import ViewedRun
from selfinstruct.pages.links import link
from selfinstruct.pages.server import Response
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.state import State, condition_of

TABS = ("overview", "tasks", "rejected", "lineage")
LONGEST = 700
"""Characters of a text in a list."""


def framed(template: str, run: ViewedRun, here: str, values: dict[str, Any], share: float = 1.0) -> Response:
    """Return a page of a run; `share` is how much of the run has been read."""
    frame = {
        "title": f"{values.get('title', here.capitalize())} – {run.name}",
        "run": {"key": run.key, "name": run.name, "link": link(run.key, ""), "state": state_of(run)},
        "tabs": [tab(run, name, name == here) for name in TABS],
        "find": None if "query" in values else link(run.key, "tasks"),
        "share": share,
        "query": defaultdict(str),
    }
    return Response(body=html.page(template, frame | values))


def tab(run: ViewedRun, name: str, is_here: bool) -> dict[str, Any]:
    """Return the link to one of the pages of a run."""
    return {"name": name.capitalize(), "link": link(run.key, "" if name == "overview" else name), "is_here": is_here}


def state_of(run: ViewedRun) -> str:
    """Return how far a run is, in one word."""
    reader = run.reader
    return str(condition_of(reader).state) if isinstance(reader, RunReader) else "capsule"


def is_running(run: ViewedRun) -> bool:
    """Return whether a process is at work on a run."""
    return state_of(run) == State.RUNNING


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text, or its beginning where it is long."""
    return text if len(text) <= longest else f"{text[:longest]}…"
