"""The figures of a run, each a module with `figure(run) -> Figure | None`; None where there is nothing to show.

They read a run by `selfinstruct.storage.reader.RunReader`, so that they hold committed rows only.  What stands in a
figure stands in its table, too.  A figure is right for one round and for ten thousand: many rounds share a column, and
of many texts an even sample is measured, of which the caption speaks.
"""

from importlib import import_module

from selfinstruct.pages.figures.figure import Figure
from selfinstruct.storage.reader import RunReader

NAMES = (
    *("funnel", "topics", "rounds", "saturation", "novelty", "lengths", "verbs", "depth", "demonstrations", "seeds"),
    *("spending", "latency", "finish", "training", "scores", "quality", "ratings"),
)
"""The modules of the figures of a run, in the order of its page."""


def of_run(run: RunReader) -> list[Figure]:
    """Return the figures of a run that have something to show, in the order of its page."""
    made = (import_module(f"{__name__}.{name}").figure(run) for name in NAMES)
    return [figure for figure in made if figure is not None]
