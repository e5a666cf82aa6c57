"""The pages on which people rate, and the one that shows what came of it.

They are made of the sheet and of the rater's own answers; the key is not read for them, so no page can hold it.  The
same template is a page of the server, with one item, and a file to mail, with all of them, which a script of the file
shows one by one in the order that the server would have.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from selfinstruct.pages import html
from selfinstruct.protocol.questions import Example, Protocol
from selfinstruct.rating.journal import Journal, Rating
from selfinstruct.rating.order import is_swapped, order
from selfinstruct.rating.sheet import Item, Sheet
from selfinstruct.rating.tables import tables

SCRIPT = html.FOLDER / "rate.js"


def rating_page(name: str, journal: Journal, item: Item) -> str:
    """Return the page on which a rater rates an item."""
    sheet, rater = journal.sheet, journal.rater
    items = order(sheet, rater)
    place = items.index(item)
    before = items[place - 1] if place else None
    practiced = before is not None and before.id in sheet.practice and before.id in journal.ratings
    where = shown_item(sheet, item, swapped=is_swapped(sheet, rater, item))
    number = f"{place + 1 - len(sheet.practice)} of {len(sheet.items)}"
    where["where"] = where["where"] or number
    return html.page(
        "rate.html",
        {
            **of_protocol(sheet.protocol, journal.ratings.get(item.id)),
            "items": [where],
            "reasons": [one for one in reasons(sheet) if practiced and before and one["after"] == before.id],
            "where": f"{rater}: {where['where']}",
            "total": len(sheet.items),
            "done": len(journal.counted),
            "action": address(name, rater=rater),
            "undo": address(name, rater=rater, item=before.id) if before else "",
            "stop": address(name),
            "now": f"{time.time():.3f}",
        },
    )


def rating_file(sheet: Sheet) -> str:
    """Return all items as one page that opens from disk and keeps the answers of whoever rates there."""
    items = [shown_item(sheet, item, swapped=False) for item in sheet.all.values()]
    values = {
        **of_protocol(sheet.protocol, None),
        "items": items,
        "reasons": list(reasons(sheet)),
        "where": "",
        "total": len(sheet.items),
        "done": 0,
        "sheet": sheet.sha256,
        "together": sheet.together,
    }
    return html.file("rate.html", values, SCRIPT)


def start_page(name: str, sheet: Sheet, rater: str = "") -> str:
    """Return the page that asks for a rater's name."""
    practice = f"; the first {len(sheet.practice)} are practice and do not count" if sheet.practice else ""
    lines = [
        sheet.protocol.guidance,
        f"{len(sheet.items)} items{practice}. Each answer is stored before the next item.",
    ]
    links = [{"href": f"{address(name)}/result", "text": "The result, once all raters are done"}]
    values = {"title": sheet.protocol.title, "lines": lines, "links": links, "action": address(name), "rater": rater}
    return html.page("rating_start.html", values)


def end_page(name: str, journal: Journal) -> str:
    """Return the page that a rater sees who is done."""
    said = f"Thank you, {journal.rater}. All {len(journal.sheet.items)} items are rated or skipped, and stored."
    links = [
        {"href": address(name, rater=journal.rater, item=item), "text": f"Rate skipped item {number}"}
        for number, item in enumerate(journal.skipped, 1)
    ]
    last = order(journal.sheet, journal.rater)[-1].id
    links.append({"href": address(name, rater=journal.rater, item=last), "text": "Go back to the last item"})
    links.append({"href": f"{address(name)}/result", "text": "The result"})
    title = journal.sheet.protocol.title
    return html.page("rating_start.html", {"title": title, "lines": [said], "links": links, "action": "", "rater": ""})


def result_page(result: Mapping[str, Any]) -> str:
    """Return what came of a sheet."""
    values = {"title": f"Result: {result['title']}", "cautions": result["cautions"], "tables": tables(result)}
    return html.page("rating_result.html", values)


def address(name: str, **query: str) -> str:
    """Return the path of a sheet's page."""
    return f"/rate/{name}" + (f"?{urlencode(query)}" if query else "")


def of_protocol(protocol: Protocol, rating: Rating | None) -> dict[str, Any]:
    """Return what a page says and asks, with what the rater has said before."""
    said = rating.answers if rating else {}
    questions = [
        {
            "name": name,
            "text": question.text,
            "grades": [
                {"name": grade, "key": one.key, "text": one.text, "chosen": said.get(name) == grade}
                for grade, one in question.grades.items()
            ],
        }
        for name, question in protocol.questions.items()
    ]
    return {
        "title": protocol.title,
        "guidance": protocol.guidance,
        "questions": questions,
        "note": rating.note if rating else "",
    }


def shown_item(sheet: Sheet, item: Item, *, swapped: bool) -> dict[str, Any]:
    """Return what a page shows of an item."""
    shown, folded = sheet.protocol.shown, sheet.protocol.folded
    texts = [
        {"heading": heading, "text": item.texts[name], "folded": name in folded}
        for name, heading in shown.items()
        if name in item.texts
    ]
    heading = shown.get("answer", "Answer")
    headings = [heading] if len(item.answers) == 1 else [f"{heading} on the left", f"{heading} on the right"]
    answers = list(reversed(item.answers)) if swapped else item.answers
    practice = list(sheet.practice)
    number = f"practice {practice.index(item.id) + 1} of {len(practice)}, not counted" if item.id in practice else ""
    return {
        "id": item.id,
        "task": item.task,
        "practice": item.id in practice,
        "where": number,
        "texts": texts,
        "answers": [{"heading": name, "text": text} for name, text in zip(headings, answers, strict=True)],
    }


def reasons(sheet: Sheet) -> Iterator[dict[str, str]]:
    """Yield what we would have said of each item to practice on, shown after the rater has answered it."""
    for name, example in zip(sheet.practice, sheet.protocol.practice, strict=True):
        yield {"after": name, "expected": expected(sheet.protocol, example), "text": example.reason}


def expected(protocol: Protocol, example: Example) -> str:
    """Return the grades of an item to practice on, as raters read them."""
    grades = {name: protocol.questions[name].grades[grade] for name, grade in example.expected.items()}
    if len(grades) > 1:
        return ", ".join(f"{name}: {grade.text.lower()}" for name, grade in grades.items())
    (grade,) = grades.values()
    return f"{grade.key.upper()}, {grade.text[0].lower()}{grade.text[1:]}"
