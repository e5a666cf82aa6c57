import json

import pytest
from rated import HOSTILE, answers, pairs, rate, run_folder, stored_sheet

from selfinstruct.pages.drawing import svg
from selfinstruct.pages.figures.ratings import figure
from selfinstruct.rating import result
from selfinstruct.storage.reader import RunReader
from selfinstruct.task import Task


@pytest.fixture
def folder(tmp_path):
    return run_folder(tmp_path / "run", [Task(id="made", origin="grow", instruction="Do.")])


def rated(folder, name, people, protocol="user_oriented", **changes):
    place = folder / "ratings" / name
    sheet, _ = stored_sheet(place, protocol, **changes)
    for rater, grade in people.items():
        rate(place, sheet, rater, lambda item, grade=grade: grade)
    result.write(place, sheet)


def test_a_run_without_results_has_no_figure(folder):
    stored_sheet(folder / "ratings" / "begun")

    assert figure(RunReader(folder)) is None


def test_shares_stand_in_percent_with_their_intervals(folder):
    rated(folder, "sheet", {"ann": "B"})
    found = figure(RunReader(folder))

    assert found.rows[1] == ["sheet", "davinci", "ann", "A or B", 6, 100.0, 60.97, 100.0]


def test_a_mean_over_people_takes_their_place(folder):
    rated(folder, "sheet", {"ann": "A", "bob": "C"})
    rows = figure(RunReader(folder)).rows

    assert {row[2] for row in rows} == {"all people"}
    assert [row[5] for row in rows] == [50.0] * 4


def test_pairs_have_a_win_rate(folder):
    rated(folder, "pairs", {"ann": "tie"}, "pairwise", entries=pairs())

    assert figure(RunReader(folder)).rows == [
        ["pairs", "davinci / ours", "ann", "win rate of the first", 6, 50.0, 50.0, 50.0]
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"shares": [{}], "preferences": [], "raters": []}'])
def test_a_result_that_cannot_be_read_is_passed_over(folder, text):
    (folder / "ratings" / "x").mkdir(parents=True)
    (folder / "ratings" / "x" / "result.json").write_text(text)

    assert figure(RunReader(folder)) is None


def test_a_result_behind_a_link_is_not_read(folder, tmp_path):
    rated(tmp_path, "other", {"ann": "A"})
    (folder / "ratings").mkdir()
    (folder / "ratings" / "x").symlink_to(tmp_path / "ratings" / "other")

    assert figure(RunReader(folder)) is None


def test_the_figure_is_drawn_with_hostile_names(folder):
    rated(folder, "sheet", {"ann": "A"}, entries=answers(6, (HOSTILE, "$x_1$")))
    found = svg(figure(RunReader(folder)))

    assert "<script" not in found
    assert json.loads((folder / "ratings/sheet/result.json").read_text())["systems"][0]["system"] == HOSTILE
