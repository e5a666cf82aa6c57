"""What a run is doing now.  Two clocks: the rounds that are committed, and the replies that arrive between two commits.

The store of replies is opened for a moment and closed, through the reader, which leaves no file beside it.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.pages import html
from selfinstruct.pages.framing import is_running, state_of
from selfinstruct.pages.library import Library, ViewedRun
from selfinstruct.pages.links import link
from selfinstruct.pages.server import PageRequest, Response
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.replies import Pulse
from selfinstruct.storage.rows import Row
from selfinstruct.storage.waiting import minute, times_in

LAST = 5
"""Rounds that are shown."""
RECENT = 20
"""Rounds by which the time that is left is estimated."""


def live_fragment(library: Library, asked: PageRequest) -> Response:
    """Return the part of the overview that is refreshed while a run goes on."""
    return Response(body=html.page("live.html", live(library.run(asked.path["run"]))))


def live(run: ViewedRun) -> dict[str, Any]:
    """Return what the part of the overview shows that is refreshed."""
    reader = run.reader
    return {
        "source": link(run.key, "live"),
        "is_running": is_running(run),
        "state": state_of(run),
        "pulse": f"{pulse_of(run)}{in_batches(reader)}" if isinstance(reader, RunReader) else "",
        "progress": list(progress(reader.rows, reader.timings, reader.config)),
        "rounds": list(reversed(reader.rows[-LAST:])),
    }


def pulse_of(run: ViewedRun) -> str:
    """Return how many replies are stored and how they arrive, in a sentence."""
    reader = run.reader
    try:
        with reader.replies() as replies:
            pulse: Pulse = replies.pulse()  # type: ignore[attr-defined]
    except SelfInstructError:
        return "No reply is stored yet."
    if not pulse.count:
        return "No reply is stored yet."
    speed = f", {pulse.per_second:.1f} a second" if pulse.per_second else ""
    took = f", {pulse.seconds:.2f} s each" if pulse.seconds else ""
    ago = f"; the last {time.time() - pulse.last:,.0f} s ago" if is_running(run) else ""
    return f"{pulse.count:,} {'reply' if pulse.count == 1 else 'replies'} stored{speed}{took}{ago}."


def in_batches(reader: RunReader) -> str:
    """Return how many batches wait at a provider, and since when, as another sentence."""
    if not (times := times_in(reader.folder)):
        return ""
    what = "1 batch waits" if len(times) == 1 else f"{len(times)} batches wait"
    return f" {what} at the provider, since {minute(min(times))}."


def progress(rows: Sequence[Row], timings: Sequence[Row], config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield how far each stage is."""
    for stage, settings in (config.get("recipe") or {}).items():
        own = [row for row in rows if row["stage"] == stage]
        kept, candidates = sum(row["kept"] for row in own), sum(row["candidates"] for row in own)
        until = settings.get("until") if isinstance(settings, Mapping) else None
        target = until if isinstance(until, int) and until > 0 else None
        yield {
            "stage": stage,
            "rounds": len(own),
            "kept": kept,
            "candidates": candidates,
            "target": target,
            "part": min(100.0, 100 * kept / target) if target else None,
            "ended": own[-1].get("ended", "") if own else "",
            "left": time_left(stage, own, timings, target - kept) if target else "",
        }


def time_left(stage: str, rows: Sequence[Row], timings: Sequence[Row], missing: int) -> str:
    """Return how long a stage will take to reach its target, by its last rounds; empty where that is not known."""
    recent = rows[-RECENT:]
    seconds = {row["round"]: row["seconds"] for row in timings if row["stage"] == stage}
    took, kept = sum(seconds.get(row["round"], 0.0) for row in recent), sum(row["kept"] for row in recent)
    if missing <= 0 or not kept or not took:
        return ""
    minutes, rest = divmod(round(missing * took / kept), 60)
    return f"about {minutes // 60}:{minutes % 60:02}:{rest:02} left"
