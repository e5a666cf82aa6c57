"""The routes of rating sheets: a page asks, a POST stores and leads to the next page.

Nothing is kept in memory: what a rater has said is read from their file at each request, so the server may be killed
and started again at any time.  Until all raters who have begun are done, nobody is shown a result.
"""

import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from selfinstruct.pages.rating_page import address, end_page, rating_page, result_page, start_page
from selfinstruct.pages.server import PageError, PageRequest, Response, Route
from selfinstruct.rating import result
from selfinstruct.rating.journal import NAME, Journal, Rating, journals
from selfinstruct.rating.order import is_swapped
from selfinstruct.rating.sheet import Sheet, key_of, stored

WRITING = Lock()
"""Answers come in threads, and a file is written by one of them at a time."""
ANSWER = "answer-"
"""How the name of a field begins that answers a question."""
LONGEST = 24 * 3600
"""Seconds; a page that was open for longer was not looked at all the time."""


def routes(folder: Path) -> list[Route]:
    """Return the routes of all sheets in the `ratings/` of a folder."""
    return [
        Route(path="/rate/{sheet}", answer=lambda asked: shown(folder, asked)),
        Route(path="/rate/{sheet}", answer=lambda asked: said(folder, asked), method="POST"),
        Route(path="/rate/{sheet}/result", answer=lambda asked: resulting(folder, asked)),
    ]


def start(name: str) -> Route:
    """Return the route that leads from the address of the server to a sheet."""
    return Route(path="/", answer=lambda asked: Response(body="", location=address(name)))


def sheet_of(folder: Path, asked: PageRequest) -> tuple[Path, Sheet]:
    """Return the sheet that a request names, with its folder; raises PageError where there is none."""
    name = asked.path["sheet"]
    place = folder / name
    sheet = stored(place) if NAME.fullmatch(name) else None
    if sheet is None:
        raise PageError("There is no such sheet of ratings.")
    return place, sheet


def journal_of(folder: Path, sheet: Sheet, asked: PageRequest) -> Journal:
    """Return the file of the rater that a request names; raises PageError for a name that is no rater's."""
    try:
        return Journal(folder, sheet, asked.query.get("rater", ""))
    except ValueError as error:
        raise PageError(f"This does not work: {error}.", 400) from None


def shown(folder: Path, asked: PageRequest) -> Response:
    """Return the item that a rater is to rate, one that is named, or the page that asks who rates."""
    place, sheet = sheet_of(folder, asked)
    if "rater" not in asked.query:
        return Response(body=start_page(place.name, sheet))
    journal = journal_of(place, sheet, asked)
    if (name := asked.query.get("item")) is not None and name not in sheet.all:
        raise PageError("The sheet has no such item.")
    item = journal.next if name is None else sheet.all[name]
    return Response(body=end_page(place.name, journal) if item is None else rating_page(place.name, journal, item))


def said(folder: Path, asked: PageRequest) -> Response:
    """Store what a rater has said, and lead to the next item; raises PageError where it does not fit the sheet."""
    place, sheet = sheet_of(folder, asked)
    with WRITING:
        journal = journal_of(place, sheet, asked)
        try:
            journal.append(rating_of(asked.form, sheet, journal.rater))
        except ValueError as error:
            raise PageError(f"This answer was not stored: {error}.", 400) from None
    return Response(body="", location=address(place.name, rater=journal.rater))


def rating_of(form: Mapping[str, str], sheet: Sheet, rater: str) -> Rating:
    """Return what a form says; raises ValueError for an item that the sheet does not have, or for no answer."""
    name = form.get("item", "")
    if name not in sheet.all:
        raise ValueError("the sheet has no such item")
    answers = {key.removeprefix(ANSWER): value for key, value in form.items() if key.startswith(ANSWER)}
    if form.get("action") != "skip" and not answers:
        raise ValueError("no grade was chosen; choose one, or skip the item")
    return Rating(
        item=name,
        answers={} if form.get("action") == "skip" else answers,
        note=form.get("note", "").replace("\r\n", "\n"),
        swapped=is_swapped(sheet, rater, sheet.all[name]),
        opened_reference={"yes": True, "no": False}.get(form.get("opened", "")) if folds(sheet, name) else None,
        seconds=seconds_since(form.get("shown", "")),
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def folds(sheet: Sheet, name: str) -> bool:
    """Return whether an item has a text that its rater may open."""
    return any(text in sheet.all[name].texts for text in sheet.protocol.folded)


def seconds_since(moment: str) -> float | None:
    """Return how long ago a page was made, by what it says itself; None where that cannot be."""
    try:
        found = time.time() - float(moment)
    except ValueError:
        return None
    return round(found, 3) if math.isfinite(found) and 0 <= found <= LONGEST else None


def resulting(folder: Path, asked: PageRequest) -> Response:
    """Return the result; raises PageError while a rater who has begun is not done."""
    place, sheet = sheet_of(folder, asked)
    found = journals(place, sheet)
    left = [f"{one.rater} has {len(sheet.items) - len(one.counted)} left" for one in found if not one.is_done]
    if left or not found:
        why = ", ".join(left) or "nobody has rated yet"
        raise PageError(f"The result is shown when all raters are done, so that none is influenced: {why}.", 403)
    return Response(body=result_page(result.result_of(sheet, key_of(place, sheet), found)))
