import csv
import io

import pytest
from rated import pairs, rate, stored_sheet

from selfinstruct.rating import result
from selfinstruct.rating.tables import as_csv, as_latex, as_markdown, number, tables

UNKNOWN = {"value": None, "low": None, "high": None}


@pytest.fixture
def rated(tmp_path):
    sheet, _ = stored_sheet(tmp_path)
    rate(tmp_path, sheet, "ann", lambda item: "A")
    rate(tmp_path, sheet, "bob", lambda item: "B")
    return result.write(tmp_path, sheet)


def test_the_tables_for_people_are_in_an_order_and_have_rows(rated):
    titles = [table.title for table in tables(rated)]

    assert titles == ["Grades", "Ranks", "Differences", "Agreement", "Raters", "Disagreements"]
    assert all(len(row) == len(table.headers) for table in tables(rated) for row in table.rows)


def test_a_figure_that_is_not_defined_says_why():
    assert number({**UNKNOWN, "reason": "a rater gave one grade only"}) == "none: a rater gave one grade only"


def test_the_kappa_of_constants_stands_with_its_reason(rated):
    assert "none: a rater gave one grade only" in as_markdown(rated)


def test_greek_letters_are_commands_in_a_paper(rated):
    found = as_latex(rated)

    assert r"Cohen's $\kappa$" in found
    assert found.isascii()


def test_a_paper_has_no_single_items(rated):
    assert "Do thing" not in as_latex(rated)
    assert "Do thing" in as_markdown(rated)


def test_every_line_of_the_csv_has_every_column(rated):
    rows = list(csv.reader(io.StringIO(as_csv(rated))))

    assert {len(row) for row in rows} == {len(rows[0])}
    assert ["words", "davinci", "", "", "mean_words", "", "3.0", "", "", ""] in rows


def test_a_win_rate_stands_beside_side_and_length(tmp_path):
    sheet, _ = stored_sheet(tmp_path, "pairwise", pairs())
    rate(tmp_path, sheet, "ann", lambda item: "left")
    table = tables(result.write(tmp_path, sheet))[0]

    assert table.title == "Preferences"
    assert {"win rate", "left chosen", "longer chosen"} < {*table.headers}
    assert "wins are those of davinci" in table.note
