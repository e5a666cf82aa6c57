"""Comparisons of trainings on files of rows, in folders without a run."""

import csv
import json

import pytest

from selfinstruct.actions.compare import Compare, compare_sweep, matching, runs_in
from selfinstruct.actions.comparison import tables
from selfinstruct.actions.comparison.comparing import compare
from selfinstruct.actions.comparison.page import page
from selfinstruct.actions.comparison.plots import plots
from selfinstruct.actions.comparison.reading import read


def sweep(make_training, folder):
    """Trainings that differ in a number and in their seeds."""
    for number, (beta, seed) in enumerate((beta, seed) for beta in (0.1, 0.5) for seed in (1, 2)):
        make_training(folder / f"{number}_x", random_seed=seed, held_out=beta + seed / 10, objective={"beta": beta})
    return folder


def test_a_sweep_of_trainings_is_compared_when_it_ends(make_training, tmp_path, capsys):
    compare_sweep(sweep(make_training, tmp_path / "sweep"))

    with (tmp_path / "sweep/comparison/runs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    reported = capsys.readouterr().out
    shown = (tmp_path / "sweep/comparison/index.html").read_text()
    assert [(row["trainer.objective.beta"], row["random_seed"], row["figures.loss"]) for row in rows] == [
        ("0.1", "1", "0.6"),
        ("0.1", "2", "0.2"),
        ("0.5", "1", "0.6"),
        ("0.5", "2", "0.2"),
    ]
    assert {(row["status"], row["figures.steps"], row["figures.seconds"]) for row in rows} == {("complete", "4", "7.5")}
    head = "run  status    random_seed  beta  steps  loss  validation_loss  reward_accuracy  seconds"
    assert head in reported
    assert "0, 1  0.1" in reported
    assert "The same in all rows: status complete, seconds 7.5, steps 4." in shown
    assert "How the models learned" in shown
    assert "kept_per_request" not in shown
    assert "bob" not in shown


def test_the_curves_have_a_line_for_a_setting_with_a_band_over_seeds(make_training, tmp_path):
    figures = {one.name: one for one in plots(compare(runs_in(sweep(make_training, tmp_path / "sweep"))))}

    curves = figures["training_by_step"]
    assert curves.rows[:2] == [
        ["loss", "beta=0.1", 2, pytest.approx(0.7), 0.6, 0.8],
        ["loss", "beta=0.1", 4, pytest.approx(0.4), 0.2, 0.6],
    ]
    assert [row[:4] for row in curves.rows if row[0] == "validation_loss"] == [
        ["validation_loss", "beta=0.1", 4, pytest.approx(0.25)],
        ["validation_loss", "beta=0.5", 4, pytest.approx(0.65)],
    ]
    assert [row[0] for row in figures["by_validation_loss"].rows] == [0.1, 0.5]


def test_folders_of_trainings_are_named_as_those_of_runs_are(make_training, tmp_path):
    folder = sweep(make_training, tmp_path / "sweep")
    (folder / "empty").mkdir()

    assert Compare(runs=[str(folder / "0_x")]).problems(None) == []
    assert [path.name for path in matching(str(folder / "*"))] == ["0_x", "1_x", "2_x", "3_x"]
    assert [path.name for path in runs_in(folder)] == ["0_x", "1_x", "2_x", "3_x"]
    assert runs_in(folder / "0_x") == [folder / "0_x"]


def test_a_training_that_is_not_finished_is_a_row_and_no_line(make_training, tmp_path):
    done = make_training(tmp_path / "0_a", held_out=None)
    killed = make_training(tmp_path / "1_b", is_finished=False, learning_rate=1.0)
    comparison = compare([done, killed])

    assert [run.status for run in comparison.runs] == ["complete", "unfinished: it has no summary yet"]
    assert list(comparison.short.values()) == ["learning_rate"]
    assert [figure.name for figure in plots(comparison)] == ["training_by_step"]
    assert {row[1] for row in plots(comparison)[-1].rows} == {"learning_rate=0.0001"}
    assert "Run 1: unfinished: it has no summary yet." in comparison.warnings


def test_a_training_on_text_of_the_offline_model_says_so(make_training, tmp_path):
    runs = [make_training(tmp_path / "0_a", writers=["offline"]), make_training(tmp_path / "1_b", writers=["gpt-x"])]
    comparison = compare(runs)

    assert [run.label for run in comparison.runs] == ["0 offline", "1"]
    assert [warning for warning in comparison.warnings if "'offline'" in warning and "run 0" in warning]
    assert comparison.runs[1].models[1:] == ["gpt-x"]


def test_a_summary_of_an_earlier_training_does_not_count(make_training, tmp_path):
    folder = make_training(tmp_path / "a")
    record = json.loads((folder / "training.json").read_text())
    (folder / "training.json").write_text(json.dumps({"started_with": record["started_with"]}))

    found = read(folder)

    assert found.status == "unfinished: it has no summary yet"
    assert found.summary == {}


def test_files_of_one_name_are_told_apart_by_what_they_hold(make_training, tmp_path):
    runs = [
        make_training(tmp_path / name, f"train.dataset=/home/bob/{name}/rows.jsonl", hashes={"dataset": digest * 64})
        for name, digest in (("a", "1"), ("b", "2"))
    ]
    comparison = compare(
        [*runs, make_training(tmp_path / "c", "train.dataset=rows.jsonl", hashes={"dataset": "1" * 64})]
    )

    assert [comparison.legend(run) for run in comparison.runs] == [
        "1: dataset=rows.jsonl (11111111)",
        "2: dataset=rows.jsonl (22222222)",
        "3: dataset=rows.jsonl (11111111)",
    ]
    assert "The same config and seed: run 1, 3. An interval would count them twice." in comparison.warnings
    assert "bob" not in page(comparison)


def test_trainings_by_several_methods_are_named_by_the_options_that_were_typed(make_training, tmp_path):
    methods = {"lora": {"name": "Lora", "rank": 16}, "ia3": {"name": "Ia3", "modules": None}}
    comparison = compare(
        [make_training(tmp_path / name, f"trainer={name}", method=method) for name, method in methods.items()]
    )

    assert [comparison.legend(run) for run in comparison.runs] == ["1: trainer=lora", "2: trainer=ia3"]


def test_trainings_and_runs_are_compared_by_the_figures_of_both(make_training, make_run, tmp_path):
    comparison = compare([make_run(tmp_path / "a"), make_training(tmp_path / "b")])

    run, training = comparison.runs
    assert list(comparison.short.values()) == ["recipe"]
    assert [one.value("recipe") for one in comparison.runs] == ["r", "training"]
    assert "steps" not in run.figures
    assert "rejected.similarity" not in training.figures
    assert "made" not in training.figures
    headers = tables.short_tables(comparison)[0].headers
    assert {"made", "kept_per_request", "steps", "loss"} <= {*headers}


def test_a_training_in_the_folder_of_a_run_leaves_it_a_run(make_run, tmp_path):
    folder = make_run(tmp_path / "a")
    (folder / "training.json").write_text('{"started_with": {"trainer": {"base_model": "x"}}}')

    (found,) = compare([folder]).runs

    assert found.is_complete
    assert found.steps == ()
    assert "steps" not in found.figures
    assert found.figures["made"] == 2


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("{", "training.json cannot be read"),
        ("[]", "training.json is not the record of a training"),
        ('{"started_with": {"trainer": 7, "sha256": [], "random_seed": {}}}', "unfinished: it has no summary yet"),
    ],
)
def test_a_damaged_training_is_listed_and_breaks_nothing(make_training, tmp_path, text, reported):
    damaged = make_training(tmp_path / "damaged", is_finished=False)
    (damaged / "training.json").write_text(text)

    comparison = compare([make_training(tmp_path / "whole"), damaged])

    assert reported in comparison.runs[1].status
    assert reported in page(comparison, [])
    assert [run.label for run in comparison.runs if run.is_complete] == ["1"]


@pytest.mark.parametrize(
    ("rates", "scale"), [((1e-5, 1e-4, 1e-3), "log"), ((1e-4, 2e-4), "linear"), ((0, 1), "linear")]
)
def test_values_of_several_orders_of_magnitude_stand_at_even_distances(make_training, tmp_path, rates, scale):
    from matplotlib.figure import Figure

    runs = [make_training(tmp_path / str(rate), learning_rate=rate, held_out=rate + 1) for rate in rates]
    canvas = Figure()
    next(one for one in plots(compare(runs)) if one.name == "by_validation_loss").draw(canvas)

    assert canvas.axes[0].get_xscale() == scale
    assert [*canvas.axes[0].get_xticks()] == [*rates]
