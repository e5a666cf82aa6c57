import json
import re

import pytest
from rated import SYSTEMS, rate, stored_sheet

from selfinstruct.pages.rating_routes import routes, seconds_since, start
from selfinstruct.rating.journal import Journal
from selfinstruct.rating.order import order

OWN = {"Sec-Fetch-Site": "same-origin"}
ANN = "/rate/sheet?rater=ann"


@pytest.fixture
def place(tmp_path):
    return tmp_path / "ratings" / "sheet"


@pytest.fixture
def sheet(place):
    return stored_sheet(place)[0]


@pytest.fixture
def get(ask, sheet, place):
    return lambda path: ask(routes(place.parent), path)


@pytest.fixture
def post(ask, sheet, place):
    def post(path=ANN, headers=OWN, **form):
        return ask(routes(place.parent), path, method="POST", headers=headers, data=form)

    return post


def graded(item, letter="A", **more):
    return {"item": item.id, "answer-grade": letter, "action": "save", **more}


def test_the_address_of_the_server_leads_to_the_sheet(ask):
    assert ask([start("sheet")], "/").headers["Location"] == "/rate/sheet"


def test_a_rater_is_asked_for_a_name_first(get):
    answer = get("/rate/sheet")

    assert answer.status == 200
    assert 'name="rater"' in answer.text


def test_an_answer_is_on_disk_before_the_next_item_is_shown(get, post, place, sheet):
    first, second = order(sheet, "ann")[:2]
    assert f'id="{first.id}"' in get(ANN).text

    answer = post(**graded(first, note="one\r\ntwo", opened="yes", shown="1"))
    assert (answer.status, answer.headers["Location"]) == (303, ANN)
    row = json.loads((place / "ann.jsonl").read_text())
    assert (row["item"], row["answers"], row["note"]) == (first.id, {"grade": "A"}, "one\ntwo")
    assert (row["opened_reference"], row["seconds"]) == (True, None)  # the page was not open since 1970
    assert f'id="{second.id}"' in get(ANN).text


def test_a_skip_stores_no_grade_also_where_one_was_chosen(post, place, sheet):
    post(**graded(sheet.items[0]) | {"action": "skip"})

    assert json.loads((place / "ann.jsonl").read_text())["answers"] == {}


def test_two_raters_rate_at_once(post, place, sheet):
    for rater, letter in (("ann", "A"), ("bob", "B"), ("ann", "C")):
        post(f"/rate/sheet?rater={rater}", **graded(order(sheet, rater)[0], letter))

    assert {one: len((place / f"{one}.jsonl").read_text().splitlines()) for one in ("ann", "bob")} == {
        "ann": 2,
        "bob": 1,
    }


def test_get_changes_nothing(get, place, sheet):
    before = sorted(path.name for path in place.iterdir())
    for path in ("/rate/sheet", ANN, f"{ANN}&item={sheet.items[0].id}", "/rate/sheet/result"):
        get(path)

    assert sorted(path.name for path in place.iterdir()) == before


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({}, "no such item"),
        ({"item": "nothing", "answer-grade": "A"}, "no such item"),
        ({"answer-grade": "E"}, "is not a grade of grade"),
        ({"answer-other": "A"}, "every question needs an answer"),
        ({"action": "save"}, "no grade was chosen"),
        ({"answer-grade": "A", "note": "x" * 10_001}, "at most 10,000 characters"),
    ],
)
def test_a_bad_answer_is_refused_and_not_stored(post, place, sheet, form, reason):
    if form and "item" not in form:
        form = {"item": sheet.items[0].id, **form}
    answer = post(**form)

    assert answer.status == 400
    assert reason in answer.text
    assert not (place / "ann.jsonl").exists()


@pytest.mark.parametrize("rater", ["", "a%20b", "..%2Fkey", "%3Cb%3E", "a" * 41, "ann%0A", "%00"])
def test_a_bad_name_is_refused(get, post, place, sheet, rater):
    path = f"/rate/sheet?rater={rater}"

    assert get(path).status == 400
    assert post(path, **graded(sheet.items[0])).status == 400
    assert list(place.glob("*.jsonl")) == []


@pytest.mark.parametrize("name", ["other", "..%2Fsheet", "..", "%2E%2E", "sheet.json", "a%00b"])
def test_an_unknown_sheet_is_not_found(get, post, sheet, name):
    assert get(f"/rate/{name}").status == 404
    assert post(f"/rate/{name}?rater=ann", **graded(sheet.items[0])).status == 404


def test_an_unknown_item_is_not_found(get):
    assert get(f"{ANN}&item=%3Cscript%3E").status == 404


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://evil.example"}]
)
def test_another_site_stores_nothing(post, place, sheet, headers):
    assert post(headers=headers, **graded(sheet.items[0])).status == 403
    assert not (place / "ann.jsonl").exists()


def test_a_large_form_is_refused(post, place, sheet):
    assert post(**graded(sheet.items[0], note="x" * 70_000)).status == 413
    assert not (place / "ann.jsonl").exists()


def test_no_result_is_shown_before_all_who_began_are_done(get, place, sheet):
    assert get("/rate/sheet/result").status == 403

    rate(place, sheet, "ann", lambda item: "A")
    assert get("/rate/sheet/result").status == 200

    Journal(place, sheet, "bob").append(next(iter(Journal(place, sheet, "ann").ratings.values())))
    answer = get("/rate/sheet/result")
    assert answer.status == 403
    assert "bob has 11 left" in answer.text
    assert not any(name in answer.text for name in SYSTEMS)


def test_the_last_answer_leads_to_the_end(get, post, sheet):
    for item in sheet.items:
        assert "Thank you" not in get(ANN).text
        post(**graded(item))

    assert "Thank you, ann" in get(ANN).text


def test_what_is_served_names_no_system(get, sheet):
    pages = [get(f"{ANN}&item={item.id}").text for item in sheet.items]

    assert not [name for page in pages for name in SYSTEMS if re.search(rf"\b{name}\b", page)]


def test_a_file_of_another_sheet_is_a_sentence_and_no_bug(get, place):
    other, _ = stored_sheet(place.parent / "other", together=False)
    rate(place.parent / "other", other, "ann", lambda item: "A")
    (place.parent / "other" / "ann.jsonl").rename(place / "ann.jsonl")

    answer = get(ANN)
    assert answer.status == 500
    assert "these are ratings of another sheet" in answer.text


@pytest.mark.parametrize("moment", ["", "x", "nan", "inf", "-inf", "1e400", "9" * 400, "99999999999"])
def test_a_moment_that_no_page_has_sent_is_no_time(moment):
    assert seconds_since(moment) is None
