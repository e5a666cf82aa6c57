import csv
import io
import json
import shutil

import pytest

from selfinstruct.actions.comparison import spreadsheets, tables
from selfinstruct.actions.comparison.comparing import compare
from selfinstruct.actions.comparison.page import page
from selfinstruct.actions.comparison.scores import differences
from selfinstruct.text.escaping import csv_text


@pytest.fixture
def evaluated(composed, built, tmp_path):
    """Execute a small run of a benchmark in a folder of its own."""

    def execute(name, *overrides):
        words = ("recipe=superni", "seeds.per_task=2", "trackers=[]", "formats=[]", *overrides)
        built(composed(*words), tmp_path / name).execute()
        return tmp_path / name

    return execute


def rows(cells):
    return list(csv.DictReader(io.StringIO(csv_text(cells))))


def test_models_are_rows_with_their_scores_and_what_they_took(evaluated):
    folder = evaluated("a")
    scores = json.loads((folder / "summary.json").read_text())["scores"]["superni"]
    comparison = compare([folder])
    first, *_ = tables.of_scores(comparison)

    assert first.title == "Scores: superni"
    assert first.rows[0][:2] == ["1 offline", "offline"]
    cells = dict(zip(first.headers, first.rows[0], strict=True))
    assert cells["rouge_l"].startswith(f"{100 * scores['rouge_l']:.2f} (")
    summary = json.loads((folder / "summary.json").read_text())
    used = summary["prompt_tokens"] + summary["completion_tokens"]
    assert float(cells["tokens per item"]) == pytest.approx(used / 48, rel=1e-3)
    assert "do not measure a model" in " ".join(comparison.warnings)


def test_the_difference_of_two_models_is_that_of_their_answers_item_by_item(evaluated):
    comparison = compare([evaluated("a"), evaluated("b", "random_seed=7", "model.bad_format=0.9")])
    found = {one.figure: one for one in differences(comparison.evaluations)}
    first, second = comparison.evaluations

    assert found.keys() == {"rouge_l", "exact_match"}
    difference = found["rouge_l"]
    assert difference.mean == pytest.approx(first.figures["rouge_l"].value - second.figures["rouge_l"].value, abs=1e-5)
    assert difference.interval[0] < difference.mean < difference.interval[1]
    apart = sum(first.items[name].figures["rouge_l"] != second.items[name].figures["rouge_l"] for name in first.items)
    assert (difference.decisive, difference.items) == (apart, 48)


def test_a_model_does_not_differ_from_itself(evaluated, tmp_path):
    folder = evaluated("a")
    shutil.copytree(folder, tmp_path / "b")

    for difference in differences(compare([folder, tmp_path / "b"]).evaluations):
        assert (difference.mean, difference.interval, difference.decisive) == (0, (0, 0), 0)


def test_runs_that_answered_different_items_are_compared_on_those_that_both_have(evaluated):
    comparison = compare([evaluated("a"), evaluated("b", "seeds.per_task=1")])

    assert {one.items for one in differences(comparison.evaluations)} == {24}
    assert any("answered different items of superni" in text for text in comparison.warnings)


def test_the_benchmarks_inside_a_run_are_compared(composed, built, tmp_path):
    words = ("actions=[generate,evaluate]", "benchmarks=[superni]", "benchmarks.superni.seeds.per_task=1")
    built(composed(*words, "recipe.instructions.until=5", "trackers=[]", "formats=[]"), tmp_path / "a").execute()

    comparison = compare([tmp_path / "a"])

    assert [one.benchmark for one in comparison.evaluations] == ["superni"]
    assert [table.title for table in tables.short_tables(comparison)] == ["Scores: superni", "Runs"]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"models": [], "cautions": [], "benchmarks": {"x": {"lines": []}}}'])
def test_damaged_scores_are_left_out(evaluated, text):
    folder = evaluated("a")
    (folder / "scores.json").write_text(text)

    assert compare([folder]).evaluations == []


def test_every_form_of_a_comparison_has_the_scores(evaluated):
    comparison = compare([evaluated("a"), evaluated("b", "random_seed=7")])
    scores, between = rows(spreadsheets.every_score(comparison)), rows(spreadsheets.every_difference(comparison))

    assert {row["figure"] for row in scores} == {"rouge_l", "exact_match", "words", "unanswered"}
    assert [row["figure"] for row in between] == ["rouge_l", "exact_match"]
    assert "Differences: superni" in page(comparison)
    said = "Run 1 offline, 2 offline, superni: The answers are those of the offline grammar"
    assert [text for text in comparison.warnings if text.startswith("Run ") and said in text]
    assert "rouge\\_l" in tables.latex(tables.of_scores(comparison)[0])


def test_scores_without_a_list_of_answers_name_the_number_of_items(evaluated):
    folder = evaluated("a")
    (folder / "answers.jsonl").unlink()

    assert {row["items"] for row in rows(spreadsheets.every_score(compare([folder])))} == {"48"}
