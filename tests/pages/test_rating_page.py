import re
from html.parser import HTMLParser

import pytest
from rated import HOSTILE, SYSTEMS, answers, pairs, rate, source, stored_sheet

from selfinstruct.pages.rating_page import end_page, rating_file, rating_page, result_page, start_page
from selfinstruct.rating import result
from selfinstruct.rating.entries import Entry
from selfinstruct.rating.journal import Journal, Rating
from selfinstruct.rating.order import is_swapped

EXAMPLE = {"instruction": "Say hi.", "answers": ["hi"], "expected": {"grade": "A"}, "reason": "It greets."}
BAD = re.compile(r"<script(?! src=\"/static/rate\.js\" defer>)|\bstyle=|\son[a-z]+=|https?:", re.IGNORECASE)


class Tags(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


def tags(text, name):
    return [attributes for tag, attributes in Tags(text).tags if tag == name]


def first_page(tmp_path, sheet):
    journal = Journal(tmp_path, sheet, "ann")
    return rating_page("sheet", journal, journal.next)


def test_a_page_asks_with_a_key_for_each_grade(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    inputs = [one for one in tags(first_page(tmp_path, sheet), "input") if one["type"] == "radio"]

    assert [(one["value"], one["data-key"]) for one in inputs] == [("A", "a"), ("B", "b"), ("C", "c"), ("D", "d")]
    assert {one["name"] for one in inputs} == {"answer-grade"}


def test_a_page_works_by_its_form_alone(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    page = first_page(tmp_path, sheet)

    assert tags(page, "form")[0] == {"class": "rating", "method": "post", "action": "/rate/sheet?rater=ann"}
    assert [one.get("value") for one in tags(page, "button")] == ["save", "skip"]


@pytest.mark.parametrize("together", [True, False])
def test_no_page_holds_the_key(tmp_path, together):
    sheet, key = stored_sheet(tmp_path, entries=answers(4), together=together)
    journal = rate(tmp_path, sheet, "ann", lambda item: "A")
    pages = [rating_page("sheet", journal, item) for item in sheet.items]
    pages += [rating_file(sheet), start_page("sheet", sheet), end_page("sheet", journal)]
    secrets = [*SYSTEMS, *(source(key, item)["task"] for item in sheet.items)]

    assert not [secret for page in pages for secret in secrets if secret in page]


def test_an_answer_is_shown_and_a_reference_is_folded(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    page = first_page(tmp_path, sheet)

    assert page.index("<details") < page.index("Like this.") < page.index("</details>")
    assert "open" not in tags(page, "details")[0]


def test_an_empty_answer_is_seen(tmp_path):
    empty = [Entry(systems=("a",), task="t", texts={"instruction": "Do."}, answers=(" \n",))]
    sheet, _ = stored_sheet(tmp_path, entries=empty)

    assert "(empty)" in first_page(tmp_path, sheet)


def test_hostile_text_is_inert(tmp_path):
    hostile = answers(3, instruction=HOSTILE, input=HOSTILE, reference=HOSTILE)
    sheet, _ = stored_sheet(tmp_path, entries=hostile)
    journal = rate(tmp_path, sheet, "ann", lambda item: "A")
    journal.append(Rating(item=sheet.items[0].id, answers={"grade": "A"}, note=f"</textarea>{HOSTILE}"))
    page, whole = rating_page("sheet", journal, sheet.items[0]), rating_file(sheet)

    assert not BAD.search(re.sub(r"&lt;.*?&gt;", "", page))
    for text in (page, whole):
        assert "\u202e" not in text
        assert "alert(1)</script>" not in text
        assert not tags(text, "img")
    assert [one for one in tags(whole, "script") if one] == []


def test_the_rater_reads_after_practice_what_we_would_have_said(tmp_path):
    sheet, _ = stored_sheet(tmp_path, practice=[EXAMPLE])
    journal = Journal(tmp_path, sheet, "ann")
    before = rating_page("sheet", journal, journal.next)
    journal.append(Rating(item="practice-1", answers={"grade": "C"}))
    after = rating_page("sheet", journal, journal.next)

    assert "practice 1 of 1, not counted" in before
    assert "It greets." not in before
    assert "It greets." in after
    assert "ann: 1 of 12" in after


def test_one_goes_back_by_an_address_that_changes_nothing(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    journal = Journal(tmp_path, sheet, "ann")
    first = journal.next
    journal.append(Rating(item=first.id, answers={"grade": "B"}, note="so so"))
    page = rating_page("sheet", journal, journal.next)
    back = rating_page("sheet", journal, first)

    assert f"/rate/sheet?rater=ann&amp;item={first.id}" in page
    assert next(one["value"] for one in tags(back, "input") if "checked" in one) == "B"
    assert ">so so</textarea>" in back


def test_the_sides_of_a_pair_are_the_raters_own(tmp_path):
    sheet, _ = stored_sheet(tmp_path, "pairwise", pairs(20))
    for rater in ("ann", "bob"):
        journal = Journal(tmp_path, sheet, rater)
        for item in sheet.items:
            page = rating_page("sheet", journal, item)
            left, right = reversed(item.answers) if is_swapped(sheet, rater, item) else item.answers
            assert page.index("on the left") < page.index(f">{left}<") < page.index("on the right")
            assert page.index("on the right") < page.index(f">{right}<")


def test_a_file_has_a_policy_that_allows_its_own_script_and_nothing_else(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    whole = rating_file(sheet)
    policy = next(one["content"] for one in tags(whole, "meta") if one.get("http-equiv") == "Content-Security-Policy")

    assert re.search(r"script-src 'sha256-[\w+/=]+';", policy)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not tags(whole, "link") or all(one["href"].startswith("data:") for one in tags(whole, "link"))


def test_a_file_holds_every_item_hidden(tmp_path):
    sheet, _ = stored_sheet(tmp_path, practice=[EXAMPLE])
    found = tags(rating_file(sheet), "article")

    assert [one["id"] for one in found] == list(sheet.all)
    assert all("hidden" in one for one in found)


def test_three_questions_stand_in_their_order(tmp_path):
    task = Entry(systems=("run",), task="t", texts={"instruction": "Do."}, answers=("x",))
    sheet, _ = stored_sheet(tmp_path, "spot_check", [task])
    page = first_page(tmp_path, sheet)

    assert [one["name"] for one in tags(page, "input") if one["type"] == "radio"] == [
        *["answer-instruction"] * 2,
        *["answer-input"] * 2,
        *["answer-output"] * 2,
    ]


def test_the_end_leads_to_what_was_skipped(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    skipped = sheet.items[3].id
    journal = rate(tmp_path, sheet, "ann", lambda item: None if item.id == skipped else "A")

    assert f'<a href="/rate/sheet?rater=ann&amp;item={skipped}">Rate skipped item 1</a>' in end_page("sheet", journal)


def test_a_result_is_a_page_of_tables(tmp_path):
    sheet, _ = stored_sheet(tmp_path, entries=answers(6, (HOSTILE, "ours")))
    rate(tmp_path, sheet, "ann", lambda item: "A")
    page = result_page(result.write(tmp_path, sheet))

    assert "<h3>Grades</h3>" in page
    assert not BAD.search(re.sub(r"&lt;.*?&gt;", "", page))
