import csv
import json

import pytest
from rated import HOSTILE, SYSTEMS, answers, rate, source, stored_sheet

from selfinstruct.errors import RunFolderError
from selfinstruct.rating import result
from selfinstruct.rating.entries import Entry
from selfinstruct.rating.journal import Journal, Rating
from selfinstruct.rating.sheet import KEY

FILES = ("result.json", "result.md", "result.csv", "result.tex")


def test_nothing_is_written_before_a_rater_is_done(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    assert result.write(tmp_path, sheet) is None

    Journal(tmp_path, sheet, "ann").append(Rating(item=sheet.items[0].id, answers={"grade": "A"}))
    assert result.write(tmp_path, sheet) is None
    assert not any((tmp_path / name).exists() for name in FILES)


def test_two_raters_have_a_result_with_their_agreement(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    grades = {item.id: "ABCD"[place % 4] for place, item in enumerate(sheet.items)}
    rate(tmp_path, sheet, "ann", lambda item: grades[item.id])
    rate(tmp_path, sheet, "bob", lambda item: "B" if grades[item.id] == "A" else grades[item.id])
    found = result.write(tmp_path, sheet)

    # 12 items, ann 3 of each grade, bob 0, 6, 3, 3: they agree on 9. By chance (0 + 18 + 9 + 9) / 144 = 0.25.
    (pair,) = found["agreement"]
    assert (pair["raters"], pair["n"]) == (["ann", "bob"], 12)
    assert pair["percent"]["value"] == 0.75
    assert pair["kappa"]["value"] == pytest.approx((0.75 - 0.25) / 0.75, abs=1e-6)
    assert pair["kappa_classes"]["value"] == 1
    assert found["alpha"] == []
    assert json.loads((tmp_path / "result.json").read_text()) == found


def test_gaps_and_third_raters_are_krippendorffs(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    grades = {item.id: "ABCD"[place % 4] for place, item in enumerate(sheet.items)}
    rate(tmp_path, sheet, "ann", lambda item: grades[item.id])
    rate(tmp_path, sheet, "bob", lambda item: None if item is sheet.items[0] else grades[item.id])
    (alpha,) = result.write(tmp_path, sheet)["alpha"]

    assert (alpha["raters"], alpha["alpha"]["value"]) == (["ann", "bob"], 1.0)


def test_a_judge_agrees_or_not_as_a_person_does(tmp_path):
    judged = [
        Entry(systems=("a",), task=f"t{n}", texts={"instruction": f"Do {n}."}, answers=("x",), judged={"gpt": grade})
        for n, grade in enumerate("ABCDABCD")
    ]
    sheet, key = stored_sheet(tmp_path, entries=judged)
    said = {item.id: key["items"][item.id]["judges"]["gpt"] for item in sheet.items}
    rate(tmp_path, sheet, "ann", lambda item: said[item.id])
    found = result.write(tmp_path, sheet)

    assert found["agreement"][0]["raters"] == ["ann", "judge (gpt)"]
    assert found["agreement"][0]["kappa"]["value"] == 1
    assert [row["rater"] for row in found["shares"]] == ["ann", "judge (gpt)"] * 2


def test_the_widest_disagreement_comes_first_with_its_notes(tmp_path):
    sheet, key = stored_sheet(tmp_path)
    near, far = sheet.items[0], sheet.items[1]
    rate(tmp_path, sheet, "ann", lambda item: "A")
    bob = rate(tmp_path, sheet, "bob", lambda item: {near.id: "B", far.id: "D"}.get(item.id, "A"))
    bob.append(Rating(item=far.id, answers={"grade": "D"}, note="no"))
    found = result.write(tmp_path, sheet)["disagreements"]

    assert [row["item"] for row in found] == [far.id, near.id]
    assert found[0]["said"] == {"ann": {"grade": "A"}, "bob": {"grade": "D"}}
    assert (found[0]["notes"], found[0]["task"]) == ({"bob": "no"}, source(key, far)["task"])


def test_one_rater_only_is_said(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    rate(tmp_path, sheet, "ann", lambda item: "A")

    assert "nothing is known of how far people agree" in result.write(tmp_path, sheet)["cautions"][0]


def test_who_is_not_done_is_said(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    rate(tmp_path, sheet, "ann", lambda item: "A")
    Journal(tmp_path, sheet, "bob").append(Rating(item=sheet.items[0].id, answers={"grade": "A"}))

    found = result.write(tmp_path, sheet)
    assert found["cautions"][0] == "Not all raters are done: bob has rated or skipped 1 of 12 items."
    assert [row["is_done"] for row in found["raters"]] == [True, False]


def test_without_its_key_a_sheet_has_no_result(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    rate(tmp_path, sheet, "ann", lambda item: "A")
    (tmp_path / KEY).unlink()

    with pytest.raises(RunFolderError, match=r"key\.json is not the key"):
        result.write(tmp_path, sheet)


def test_the_same_ratings_give_the_same_bytes(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    rate(tmp_path, sheet, "ann", lambda item: "A")
    rate(tmp_path, sheet, "bob", lambda item: "AB"[len(item.answers[0]) % 2])
    result.write(tmp_path, sheet)
    before = {name: (tmp_path / name).read_bytes() for name in FILES}
    result.write(tmp_path, sheet)

    assert {name: (tmp_path / name).read_bytes() for name in FILES} == before


def test_hostile_text_is_inert_in_every_form(tmp_path):
    sheet, _ = stored_sheet(tmp_path, entries=answers(6, (HOSTILE, "=1+1"), instruction=HOSTILE))
    rate(tmp_path, sheet, "ann", lambda item: "A")
    bob = rate(tmp_path, sheet, "bob", lambda item: "D")
    bob.append(Rating(item=sheet.items[0].id, answers={"grade": "D"}, note=f"=cmd()\n|{HOSTILE}"))
    result.write(tmp_path, sheet)

    markdown, latex = ((tmp_path / name).read_text() for name in ("result.md", "result.tex"))
    assert "<script>" not in markdown.replace("\\<script\\>", "")
    assert "\u202e" not in markdown + latex + (tmp_path / "result.csv").read_text()
    assert "&amp" not in latex.replace(r"\&amp", "")
    cells = [cell for row in csv.reader((tmp_path / "result.csv").read_text().splitlines()) for cell in row]
    assert not any(cell.startswith("=") for cell in cells)


def test_systems_are_named_in_the_result(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    rate(tmp_path, sheet, "ann", lambda item: "A")

    assert [row["system"] for row in result.write(tmp_path, sheet)["systems"]] == list(SYSTEMS)
