"""A request: the prompt as it was sent, the reply as it came, and what became of each piece of it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from selfinstruct.errors import SelfInstructError
from selfinstruct.pages.framing import framed
from selfinstruct.pages.index import Index
from selfinstruct.pages.library import Library, ViewedRun
from selfinstruct.pages.links import link, task_link
from selfinstruct.pages.pieces import Outcome, in_reply, piece_text
from selfinstruct.pages.server import PageError, PageRequest, Response
from selfinstruct.pages.story import NOT_STORED, drawn_for, ending_of, no_reply
from selfinstruct.pages.tasks import card
from selfinstruct.round import Candidate, Rejection
from selfinstruct.storage.replies import Reply
from selfinstruct.task import Instance, Task

CHANGED = (
    "SELECT changes.start FROM changes JOIN tasks ON task = place WHERE id = ? AND changes.round <= ?"
    " ORDER BY changes.round DESC LIMIT 2"
)
IN_ROUND = "SELECT 1 FROM changes JOIN tasks ON task = place WHERE id = ? AND changes.round = ?"


def request_page(library: Library, asked: PageRequest) -> Response:
    """Return the page of a request."""
    run = library.run(asked.path["run"])
    index, share = run.index()
    stage, number, request = asked.path["stage"], asked.path["round"], asked.path["number"]
    rows = run.reader.rows
    place = next((p for p, row in enumerate(rows) if (row["stage"], str(row["round"])) == (stage, number)), None)
    if place is None or request not in map(str, range(1, rows[place]["asked"] + 1)):
        raise PageError(f"The run has no request {stage}/{number}/{request}, or its round is not committed yet.")
    name = f"{stage}/{number}/{request}"
    rejections = rejections_of(index, name)
    sent, problem = replies_to(run, rows[place], name)
    drawn = drawn_for(sent[-1]) if sent else None
    values = {
        "title": name,
        "round": rows[place],
        "problem": problem or ("" if sent else no_reply(rejections, name)),
        "exchanges": [exchange(reply) for reply in sent],
        "unknown": NOT_STORED if sent and drawn is None else "",
        "neighbors": neighbors(run, stage, number, int(request), rows[place]["asked"]),
        "parents": parents(run, index, name, drawn),
        "about": about(run, index, drawn),
        "pieces": pieces(run, index, name, place, sent[-1] if sent else None, drawn, rejections),
    }
    return framed("request.html", run, "request", values, share)


def replies_to(run: ViewedRun, row: Mapping[str, Any], name: str) -> tuple[list[Reply], str]:
    """Return the replies to a request, the newest last, and why they cannot be read, if so."""
    try:
        with run.reader.replies() as replies:
            return replies.of(row["stage"], row["round"]).get(name, []), ""
    except SelfInstructError as error:
        return [], str(error)


def rejections_of(index: Index, name: str) -> list[Rejection]:
    """Return what was rejected of the reply to a request, in order."""
    starts = index.select("SELECT start FROM rejected WHERE request = ? ORDER BY place", [name])
    return [item for _, _, item in index.rejections_at([start for (start,) in starts])]


def exchange(reply: Reply) -> dict[str, Any]:
    """Return a request as it was sent, and its reply."""
    return {
        "system": reply.system,
        "prompt": reply.prompt,
        "decoding": [(key, value) for key, value in json.loads(reply.decoding).items() if value not in (None, {}, [])],
        "model": json.loads(reply.fingerprint),
        "text": reply.completion.text,
        "ended": ending_of(reply),
        "seconds": reply.completion.seconds,
        "usd": reply.completion.cost_usd,
    }


def neighbors(run: ViewedRun, stage: str, number: str, request: int, last: int) -> list[tuple[str, str]]:
    """Return the requests before and after a request in its round."""
    near = (("previous request", request - 1), ("next request", request + 1))
    return [(text, link(run.key, "requests", stage, number, n)) for text, n in near if 1 <= n <= last]


def parents(run: ViewedRun, index: Index, name: str, drawn: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the tasks that a prompt showed as examples."""
    if drawn is not None:
        return [card(run, task) for task in index.tasks(drawn["parents"])]
    made = index.tasks_at([start for (start,) in index.select("SELECT start FROM tasks WHERE request = ?", [name])])
    return [card(run, task) for task in index.tasks(made[0].parents)] if made else []


def about(run: ViewedRun, index: Index, drawn: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the task that a prompt is about, in a stage that completes tasks."""
    found = index.tasks([drawn["task"]]) if drawn is not None and drawn["task"] is not None else []
    return card(run, found[0]) if found else None


def pieces(
    run: ViewedRun,
    index: Index,
    name: str,
    place: int,
    reply: Reply | None,
    drawn: Mapping[str, Any] | None,
    rejections: Sequence[Rejection],
) -> list[dict[str, Any]]:
    """Return what became of each piece of a reply."""
    made = index.select("SELECT start FROM tasks WHERE request = ? ORDER BY place", [name])
    kept = [(task, Candidate(instruction=task.instruction)) for task in index.tasks_at([start for (start,) in made])]
    if not kept and drawn is not None and drawn["task"] is not None:
        kept = completed(index, drawn["task"], place, drawn["input"])
    found = in_reply(reply.completion.text if reply else "", rejections, [piece for _, piece in kept])
    return [piece_of(run, outcome, [task for task, _ in kept]) for outcome in found]


def completed(index: Index, name: str, place: int, given: str | None) -> list[tuple[Task, Candidate]]:
    """Return what a stage has added to a task in a round, of the input that a prompt was about, or of all."""
    starts = [start for (start,) in index.select(CHANGED, [name, place])]
    if not starts or not index.select(IN_ROUND, [name, place]):
        return []
    after, *before = [index.tasks_at([start])[0] for start in starts]
    old: tuple[Instance, ...] = (before[0].instances or ()) if before else ()
    new = [pair for pair in after.instances or () if pair not in old and given in (None, pair.input)]
    if new:
        return [(after, Candidate(instances=(pair,))) for pair in new]
    if after.is_classification is not None and not (before and before[0].is_classification is not None):
        return [(after, Candidate(is_classification=after.is_classification))]
    return []


def piece_of(run: ViewedRun, outcome: Outcome, kept: Sequence[Task]) -> dict[str, Any]:
    """Return a piece as the page shows it."""
    text = piece_text(outcome.piece)
    if outcome.rejection is None:
        task = kept[outcome.kept or 0]
        return {"text": text, "task": task.id, "link": task_link(run.key, task.id), "rejection": None}
    item = outcome.rejection
    near = item.nearest and (item.nearest[0], item.nearness, task_link(run.key, item.nearest[0]))
    name = f"{item.request}:{outcome.number}"
    return {"text": text, "rejection": {"filter": item.filter, "reason": item.reason, "name": name, "nearest": near}}
