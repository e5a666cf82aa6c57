"""What a tuned model gained over its base, from the scores of both."""

import json
from types import SimpleNamespace

import pytest

from selfinstruct.actions.gain import gains, write_gains

CUT = "3 of 4 replies were cut off."


def answered(folder, values, cautions=(), benchmark="superni"):
    """Scores as an evaluation leaves them: an item a value, each of a task of its own."""
    folder.mkdir(parents=True)
    mean = sum(values) / len(values)
    figures = {
        "rouge_l": {"value": mean, "low": 0.0, "high": 1.0},
        "words": {"value": 4.0, "low": None, "high": None},
    }
    line = {"level": "all", "name": "all", "items": len(values), "figures": figures}
    scores = {"models": ["m"], "cautions": list(cautions), "benchmarks": {benchmark: {"lines": [line]}}}
    (folder / "scores.json").write_text(json.dumps(scores))
    rows = [
        {
            "benchmark": benchmark,
            "id": f"{number}-0",
            "task": str(number),
            "group": "g",
            "figures": {"rouge_l": value, "words": 4},
        }
        for number, value in enumerate(values)
    ]
    (folder / "answers.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


@pytest.fixture
def run(tmp_path):
    """A run in which the tuned model did better than its base on three items of twelve."""
    answered(tmp_path / "benchmarks" / "superni_tuned", 3 * [0.5, 0.5, 0.0, 0.25], [CUT])
    answered(tmp_path / "benchmarks" / "superni_base", 3 * [0.5, 0.25, 0.0, 0.25], [CUT, "It is old."])
    return SimpleNamespace(start=SimpleNamespace(folder=tmp_path), benchmarks={"superni": None}, remarks=[])


def test_a_gain_is_the_mean_difference_of_the_items(run):
    assert gains(run).figures == {"superni": {"rouge_l": 0.0625}}


def test_a_row_has_both_models_and_how_many_items_decide(run):
    (row,) = gains(run).rows

    assert {key: row[key] for key in ("base", "tuned", "gain", "items", "items that decide")} == {
        "base": 0.25,
        "tuned": 0.3125,
        "gain": 0.0625,
        "items": 12,
        "items that decide": 3,
    }
    assert row["low"] <= row["gain"] <= row["high"]


def test_cautions_say_whose_they_are(run):
    assert gains(run).cautions == [f"superni, tuned and base: {CUT}", "superni, base: It is old."]


def test_a_benchmark_that_one_of_them_has_not_answered_has_no_gain(run, tmp_path):
    (tmp_path / "benchmarks" / "superni_base" / "scores.json").unlink()

    assert gains(run).figures == {}


def test_the_table_is_written_in_four_forms_and_printed(run, tmp_path):
    write_gains(run, gains(run))

    assert "| superni | rouge\\_l | 12 | 25.00 | 31.25 | 6.25 (" in (tmp_path / "scores.md").read_text()
    assert f"**superni, tuned and base: {CUT}**" in (tmp_path / "scores.md").read_text()
    assert "superni,rouge_l,12,0.25,0.3125,0.0625," in (tmp_path / "scores.csv").read_text()
    assert "superni & rouge\\_l & 12 & 25.00 & 31.25" in (tmp_path / "scores.tex").read_text()
    assert json.loads((tmp_path / "scores.json").read_text())["gains"] == gains(run).rows
    assert "6.25 (" in run.remarks[0]


def test_a_gain_on_few_tasks_has_no_interval(run, tmp_path):
    for name in ("tuned", "base"):
        answered(tmp_path / "few" / "benchmarks" / f"superni_{name}", [0.5, 0.25])
    run.start.folder = tmp_path / "few"
    (row,) = gains(run).rows

    assert (row["low"], row["high"]) == (None, None)
    write_gains(run, gains(run))
    assert "| 37.50 | 37.50 | 0.00 | 0 |" in (tmp_path / "few" / "scores.md").read_text()


def test_without_a_gain_nothing_is_written(run, tmp_path):
    run.benchmarks = {}
    write_gains(run, gains(run))

    assert run.remarks == []
    assert not (tmp_path / "scores.md").exists()


def test_scores_of_the_run_itself_are_not_overwritten(run, tmp_path):
    answered(tmp_path / "own", [1.0])
    (tmp_path / "own" / "scores.json").rename(tmp_path / "scores.json")
    (tmp_path / "scores.md").write_text("Own scores.")

    write_gains(run, gains(run))

    assert (tmp_path / "scores.md").read_text() == "Own scores."
    assert "31.25" in (tmp_path / "benchmarks" / "scores.md").read_text()
