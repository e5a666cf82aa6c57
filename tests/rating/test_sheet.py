import json

import pytest
from rated import HOSTILE, answers, pairs, protocol, source, stored_sheet

from selfinstruct.errors import RunFolderError
from selfinstruct.rating.entries import Entry
from selfinstruct.rating.sheet import KEY, SHEET, key_of, made, stored


def test_the_same_seed_makes_the_same_sheet():
    one, key = made(protocol("user_oriented"), answers(), 1, together=True)
    again, key_again = made(protocol("user_oriented"), answers(), 1, together=True)

    assert (one, key, one.sha256) == (again, key_again, again.sha256)


def test_another_seed_turns_other_pairs():
    sides = {
        seed: [item.answers for item in made(protocol("pairwise"), pairs(20), seed, together=True)[0].items]
        for seed in (1, 2)
    }

    assert sides[1] != sides[2]


def test_a_sheet_is_read_as_it_was_stored(tmp_path):
    sheet, key = stored_sheet(tmp_path, entries=answers(instruction=HOSTILE + "\ud800"))

    assert stored(tmp_path) == sheet
    assert stored(tmp_path).sha256 == sheet.sha256
    assert key_of(tmp_path, sheet)["items"] == key["items"]


def test_a_sheet_names_no_system_and_no_task(tmp_path):
    stored_sheet(tmp_path)
    text = (tmp_path / SHEET).read_text()

    assert not any(word in text for word in ("davinci", "ours", "task_0", "systems", "request"))


def test_the_order_of_a_sheet_says_nothing_of_systems():
    sheet, _ = made(protocol("user_oriented"), answers(), 1, together=True)
    turned, _ = made(protocol("user_oriented"), list(reversed(answers())), 1, together=True)

    assert [item.id for item in sheet.items] == sorted(item.id for item in sheet.items)
    assert sheet == turned


def test_a_text_that_is_not_shown_is_not_on_the_sheet():
    sheet, _ = made(protocol("pairwise"), [Entry(
        systems=("a", "b"), task="t", texts={"instruction": "Do.", "reference": "secret"}, answers=("x", "y")
    )], 1, together=True)  # fmt: skip

    assert sheet.items[0].texts == {"instruction": "Do."}


def test_equal_answers_are_one_item_that_counts_for_each_system():
    same = [
        Entry(systems=(system,), task="t", texts={"instruction": "Do."}, answers=("",), judged={"judge": grade})
        for system, grade in (("a", "D"), ("b", "C"))
    ]
    sheet, key = made(protocol("user_oriented"), same, 1, together=True)

    assert len(sheet.items) == 1
    assert [one["systems"] for one in key["items"][sheet.items[0].id]["of"]] == [["a"], ["b"]]
    assert key["items"][sheet.items[0].id]["judges"] == {"judge": "D"}


def test_a_judges_verdict_turns_with_the_answers_of_a_pair():
    judged = [
        Entry(systems=("a", "b"), task=f"t{number}", texts={"instruction": f"Do {number}."}, answers=("x", "y"),
              judged={"judge": "left"})
        for number in range(20)
    ]  # fmt: skip
    sheet, key = made(protocol("pairwise"), judged, 1, together=True)

    sides = {item.answers[0]: key["items"][item.id]["judges"]["judge"] for item in sheet.items}
    assert sides == {"x": "left", "y": "right"}
    assert all(source(key, item)["systems"][0] == {"x": "a", "y": "b"}[item.answers[0]] for item in sheet.items)


@pytest.mark.parametrize("change", [{"random_seed": 2}, {"together": False}, {"items": []}])
def test_a_sheet_that_was_changed_is_refused(tmp_path, change):
    stored_sheet(tmp_path)
    content = json.loads((tmp_path / SHEET).read_text())
    (tmp_path / SHEET).write_text(json.dumps(content | change))

    with pytest.raises(RunFolderError, match=r"sheet\.json was changed since it was made"):
        stored(tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "{", '{"sha256": 1}', "[" * 100_000])
def test_what_is_not_a_sheet_is_refused(tmp_path, text):
    (tmp_path / SHEET).write_text(text)

    with pytest.raises(RunFolderError, match=r"sheet\.json cannot be read"):
        stored(tmp_path)


@pytest.mark.parametrize("text", [None, "{}", "[]", '{"sheet": "other", "items": {}}'])
def test_the_key_of_another_sheet_is_refused(tmp_path, text):
    sheet, _ = stored_sheet(tmp_path)
    (tmp_path / KEY).unlink()
    if text is not None:
        (tmp_path / KEY).write_text(text)

    with pytest.raises(RunFolderError, match=r"key\.json is not the key"):
        key_of(tmp_path, sheet)


def test_a_sheet_that_is_a_link_is_refused(tmp_path):
    stored_sheet(tmp_path / "real")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / SHEET).symlink_to(tmp_path / "real" / SHEET)

    with pytest.raises(RunFolderError, match="symbolic link"):
        stored(tmp_path / "linked")
