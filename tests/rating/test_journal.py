import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from rated import HOSTILE, rate, stored_sheet

from selfinstruct.errors import RunFolderError
from selfinstruct.rating.journal import Journal, Rating, journals


def grade(item, letter, **more):
    return Rating(item=item.id, answers={"grade": letter}, **more)


def test_the_last_line_of_an_item_wins_and_none_is_lost(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    journal = Journal(tmp_path, sheet, "ann")
    journal.append(grade(sheet.items[0], "A"))
    journal.append(grade(sheet.items[0], "B", note=HOSTILE))

    found = Journal(tmp_path, sheet, "ann").ratings[sheet.items[0].id]
    assert (found.answers, found.note) == ({"grade": "B"}, HOSTILE)
    assert len((tmp_path / "ann.jsonl").read_text().splitlines()) == 2


def test_a_kill_after_any_byte_of_a_line_loses_that_line_only(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    first, second, third = sheet.items[:3]
    journal = Journal(tmp_path, sheet, "ann")
    journal.append(grade(first, "A"))
    before = journal.path.read_bytes()
    journal.append(grade(second, "B", note="ü"))
    line = journal.path.read_bytes()[len(before) :]

    for length in range(len(line) - 1):  # what a kill may leave; the whole line is the answer itself
        journal.path.write_bytes(before + line[:length])
        resumed = Journal(tmp_path, sheet, "ann")
        assert list(resumed.ratings) == [first.id]
        resumed.append(grade(third, "C"))
        assert list(Journal(tmp_path, sheet, "ann").ratings) == [first.id, third.id]


def test_a_file_that_comes_back_without_its_last_line_end_loses_nothing(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    first, second, third = sheet.items[:3]
    journal = Journal(tmp_path, sheet, "ann")
    for item in (first, second):
        journal.append(grade(item, "A"))
    journal.path.write_bytes(journal.path.read_bytes().removesuffix(b"\n"))

    resumed = Journal(tmp_path, sheet, "ann")
    assert list(resumed.ratings) == [first.id, second.id]
    resumed.append(grade(third, "C"))
    assert list(Journal(tmp_path, sheet, "ann").ratings) == [first.id, second.id, third.id]


def test_two_raters_write_at_once(tmp_path):
    sheet, _ = stored_sheet(tmp_path)

    def work(rater, letter):
        rate(tmp_path, sheet, rater, lambda item: letter)

    with ThreadPoolExecutor() as threads:
        for done in [threads.submit(work, *who) for who in (("ann", "A"), ("bob", "B"))]:
            done.result()

    said = {
        one.rater: {rating.answers["grade"] for rating in one.ratings.values()} for one in journals(tmp_path, sheet)
    }
    assert said == {"ann": {"A"}, "bob": {"B"}}
    assert all(one.is_done for one in journals(tmp_path, sheet))


def test_a_rater_is_done_when_all_is_rated_or_skipped(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    journal = Journal(tmp_path, sheet, "ann")
    for item in sheet.items[1:]:
        journal.append(grade(item, "A"))
    assert not journal.is_done
    assert journal.next == sheet.items[0]

    journal.append(Rating(item=sheet.items[0].id))
    assert journal.is_done
    assert journal.next is None
    assert journal.skipped == [sheet.items[0].id]


def test_practice_is_stored_and_not_counted(tmp_path):
    example = {"instruction": "Hi.", "answers": ["hi"], "expected": {"grade": "A"}, "reason": "So."}
    sheet, _ = stored_sheet(tmp_path, practice=[example])
    journal = Journal(tmp_path, sheet, "ann")
    assert journal.next.id == "practice-1"

    journal.append(Rating(item="practice-1", answers={"grade": "D"}))
    assert journal.counted == {}
    assert Journal(tmp_path, sheet, "ann").next.id != "practice-1"


@pytest.mark.parametrize(
    ("rating", "reason"),
    [
        (Rating(item="nothing"), "no item 'nothing'"),
        (Rating(item="", answers={"grade": "E"}), "'E' is not a grade of grade"),
        (Rating(item="", answers={"other": "A"}), "every question needs an answer"),
        (Rating(item="", note="x" * 10_001), "at most 10,000 characters"),
    ],
)
def test_what_does_not_fit_the_sheet_is_not_written(tmp_path, rating, reason):
    sheet, _ = stored_sheet(tmp_path)
    journal = Journal(tmp_path, sheet, "ann")
    rating = rating if rating.item else Rating(item=sheet.items[0].id, answers=rating.answers, note=rating.note)

    with pytest.raises(ValueError, match=reason):
        journal.append(rating)
    assert not journal.path.exists()


def test_the_file_of_another_sheet_is_refused_with_a_sentence(tmp_path):
    other, _ = stored_sheet(tmp_path / "other", together=False)
    rate(tmp_path / "other", other, "bob", lambda item: "A")
    sheet, _ = stored_sheet(tmp_path / "own")
    (tmp_path / "other" / "bob.jsonl").rename(tmp_path / "own" / "bob.jsonl")

    with pytest.raises(RunFolderError, match=r"bob\.jsonl:1: these are ratings of another sheet"):
        journals(tmp_path / "own", sheet)


@pytest.mark.parametrize("line", ["", "{", "[]", "null", '{"item": 1}', '{"item": "x", "answers": {}, "more": 1}'])
def test_a_line_that_is_not_a_rating_is_refused_by_its_number(tmp_path, line):
    sheet, _ = stored_sheet(tmp_path)
    rate(tmp_path, sheet, "ann", lambda item: "A")
    with (tmp_path / "ann.jsonl").open("a") as file:
        file.write(f"{line}\n")

    with pytest.raises(RunFolderError, match=r"ann\.jsonl:13: "):
        Journal(tmp_path, sheet, "ann")


@pytest.mark.parametrize("name", ["", "a" * 41, "../key", "a b", "ann.jsonl", "ann\n", "<b>", "é"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path, name):
    sheet, _ = stored_sheet(tmp_path)

    with pytest.raises(ValueError, match="1 to 40 letters"):
        Journal(tmp_path, sheet, name)


def test_a_raters_file_that_is_a_link_is_refused(tmp_path):
    sheet, _ = stored_sheet(tmp_path / "sheet")
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "sheet" / "ann.jsonl").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RunFolderError, match="symbolic link"):
        Journal(tmp_path / "sheet", sheet, "ann")


def test_a_line_says_which_sheet_it_rates(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    rate(tmp_path, sheet, "ann", lambda item: "A")

    assert {json.loads(line)["sheet"] for line in (tmp_path / "ann.jsonl").read_text().splitlines()} == {sheet.sha256}


def test_two_raters_whose_names_differ_in_case_alone_do_not_share_a_file(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    Journal(tmp_path, sheet, "Ann").append(grade(sheet.items[0], "A"))

    with pytest.raises(ValueError, match=r"^Ann rates already; choose a name that differs in more"):
        Journal(tmp_path, sheet, "ann")
    assert list(Journal(tmp_path, sheet, "Ann").ratings) == [sheet.items[0].id]
