"""People who rate by keys: on the page of the server, and in a file that was mailed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import commands
import pytest
from rated import HOSTILE, answers, pairs, stored_sheet

from selfinstruct.pages.rating_page import rating_file
from selfinstruct.rating import result
from selfinstruct.rating.journal import Journal
from selfinstruct.rating.order import is_swapped, order

EXAMPLE = {"instruction": "Say hi.", "answers": ["hi"], "expected": {"grade": "A"}, "reason": "It greets."}
SERVE = """
import sys
from pathlib import Path
from selfinstruct.pages.rating_routes import routes, start
from selfinstruct.pages.server import serve
serve([start("sheet"), *routes(Path(sys.argv[1]))], "127.0.0.1", 0, name="rate")
"""
SHOWN = "return document.querySelector('article:not([hidden])')?.id"
LETTERS = "ABCD"


@pytest.fixture
def place(tmp_path):
    return tmp_path / "ratings" / "sheet"


@pytest.fixture
def address(place):
    """A server of the sheet, in a process of its own."""
    words = [sys.executable, "-c", SERVE, str(place.parent)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=commands.ROOT) as process:
        yield re.search(r"http://\S+/", process.stdout.readline())[0]
        process.terminate()


def rows(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def graded(tab, keys, then):
    """Press keys at an item, and wait for what comes then."""
    tab.press(*keys)
    tab.wait(f"return document.readyState === 'complete' && ({then})")


def shows(item):
    return f"document.querySelector('article:not([hidden])')?.id === '{item}'"


def test_two_raters_rate_by_keys_and_the_result_is_that_of_their_files(tab, place, address):
    sheet, _ = stored_sheet(place, entries=answers(20), practice=[EXAMPLE])  # 40 answers
    said = {}
    for rater, shift in (("ann", 0), ("bob", 1)):
        tab.open(f"{address}rate/sheet?rater={rater}")
        items = order(sheet, rater)
        for item, after in zip(items, [*items[1:], None], strict=True):
            grade = LETTERS[(int(item.id[-1], 16) + shift * (item.id[-2] in "01234567")) % 4] if item.task else "A"
            if item.id in sheet.practice:
                grade = "A"
            said[rater, item.id] = grade
            graded(tab, [grade.lower()], shows(after.id) if after else "document.body.innerText.includes('Thank you')")
        assert tab.console() == []

    for rater in ("ann", "bob"):
        found = {name: one.answers["grade"] for name, one in Journal(place, sheet, rater).ratings.items()}
        assert found == {item: grade for (name, item), grade in said.items() if name == rater}
    pairs_said = [(said["ann", item.id], said["bob", item.id]) for item in sheet.items]
    same = sum(one == other for one, other in pairs_said) / 40
    chance = sum(
        sum(one == letter for one, _ in pairs_said) * sum(other == letter for _, other in pairs_said)
        for letter in LETTERS
    ) / (40 * 40)
    (figures,) = result.write(place, sheet)["agreement"]
    assert figures["percent"]["value"] == pytest.approx(same, abs=1e-6)
    assert figures["kappa"]["value"] == pytest.approx((same - chance) / (1 - chance), abs=1e-6)
    assert "Cohen's κ" in tab.open(f"{address}rate/sheet/result").text()
    assert tab.problems("rating-result") == []


def test_note_reference_skip_undo_and_stop_have_keys(tab, place, address):
    sheet, _ = stored_sheet(place)
    first, second, third = order(sheet, "ann")[:3]
    tab.open(f"{address}rate/sheet?rater=ann")
    tab.press("n")
    tab.press("a", "s", "u")  # text of a note, and no keys
    tab.press("\ue00c")  # Esc
    tab.press("r")
    tab.wait("return document.querySelector('details').open && document.forms[0].elements.opened.value === 'yes'")
    graded(tab, ["b"], shows(second.id))
    graded(tab, ["s"], shows(third.id))
    graded(tab, ["u"], shows(second.id))
    graded(tab, ["c"], shows(third.id))
    graded(tab, ["\ue00c"], "document.querySelector('[name=rater]') !== null")

    lines = rows(place / "ann.jsonl")
    assert [(row["item"], row["answers"]) for row in lines] == [
        (first.id, {"grade": "B"}),
        (second.id, {}),
        (second.id, {"grade": "C"}),
    ]
    assert (lines[0]["note"], lines[0]["opened_reference"], lines[1]["opened_reference"]) == ("asu", True, False)


def test_three_questions_are_answered_one_after_the_other(tab, place, address):
    sheet, _ = stored_sheet(place, "spot_check", answers(3, ("run",)))
    first, second = order(sheet, "ann")[:2]
    tab.open(f"{address}rate/sheet?rater=ann")
    tab.press("1", "2", "u", "1")
    tab.wait("return document.querySelectorAll('input:checked').length === 2")
    graded(tab, ["2"], shows(second.id))

    (row,) = rows(place / "ann.jsonl")
    assert (row["item"], row["answers"]) == (first.id, {"instruction": "yes", "input": "yes", "output": "no"})


@pytest.mark.parametrize("protocol", ["user_oriented", "spot_check", "pairwise"])
def test_the_page_is_readable_and_hostile_text_is_inert(tab, place, address, protocol):
    entries = answers(3, (HOSTILE, "ours"), instruction=HOSTILE, input=HOSTILE * 20)
    sheet, _ = stored_sheet(place, protocol, pairs(3) if protocol == "pairwise" else entries)
    journal = Journal(place, sheet, "ann")
    tab.open(f"{address}rate/sheet?rater=ann&item={journal.next.id}")

    assert tab.problems(f"rating-{protocol}") == []


def test_a_mailed_file_keeps_answers_and_draws_the_order_of_the_server(tab, place, tmp_path):
    sheet, _ = stored_sheet(place, "pairwise", pairs(8))
    path = tmp_path / "rate.html"
    path.write_text(rating_file(sheet))
    items = order(sheet, "ann")
    for start in (0, 4):  # closed and opened again after four
        tab.open(path)
        tab.script("document.querySelector('[name=rater]').focus()")
        tab.press("ann", "\n")
        for item, after in zip(items[start : start + 4], [*items[1:], None][start : start + 4], strict=True):
            tab.wait(f"return {shows(item.id)}")
            left = tab.script("return document.querySelector('article:not([hidden]) .answer .text').innerText")
            assert left == item.answers[is_swapped(sheet, "ann", item)]
            graded(tab, ["1"], shows(after.id) if after else "!document.querySelector('#end').hidden")

    stored = tab.script("return localStorage.getItem(Object.keys(localStorage)[0])")
    (place / "ann.jsonl").write_text(f"{stored}\n")
    journal = Journal(place, sheet, "ann")
    assert journal.is_done
    assert {one.swapped for one in journal.ratings.values()} == {True, False}
    assert all(one.swapped == is_swapped(sheet, "ann", sheet.all[name]) for name, one in journal.ratings.items())
    assert tab.problems("rating-file-end") == []


def test_a_mailed_file_saves_its_answers_as_a_file(tab, place, tmp_path):
    sheet, _ = stored_sheet(place, practice=[EXAMPLE])
    (tmp_path / "rate.html").write_text(rating_file(sheet))
    tab.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    tab.open(tmp_path / "rate.html")
    tab.script("document.querySelector('[name=rater]').focus()")
    tab.press("ann", "\n")
    tab.wait(f"return {shows('practice-1')}")
    graded(tab, ["d"], shows(order(sheet, "ann")[1].id))
    assert "It greets." in tab.text()
    assert tab.problems("rating-file") == []

    tab.script("document.querySelector('#save').click()")
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(tab.driver, 20).until(lambda _: (tmp_path / "ann.jsonl").exists())
    (tmp_path / "ann.jsonl").rename(place / "ann.jsonl")
    assert Journal(place, sheet, "ann").ratings["practice-1"].answers == {"grade": "D"}
