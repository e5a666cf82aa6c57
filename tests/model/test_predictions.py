"""Published predictions as a model: both forms, what is missing, and what is reported of bad files."""

import json
from dataclasses import replace

import pytest

from selfinstruct.budget import Pricing
from selfinstruct.model import Model
from selfinstruct.model.predictions import Predictions
from selfinstruct.request import Completion
from selfinstruct.round import Sample
from selfinstruct.sampler import about_input
from selfinstruct.task import Reference


@pytest.fixture
def predictions(tmp_path):
    """Makes a model of these predictions."""

    def make(*rows):
        path = tmp_path / "davinci_predictions.jsonl"
        texts = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        path.write_text("\n".join(texts), encoding="utf-8")
        return Predictions(path=path, name="davinci")

    return make


@pytest.fixture
def ask(requests, task):
    """Ask a model about inputs of a task with the inputs x, y and x again."""
    references = tuple(Reference(text, ("right",)) for text in "xyx")
    asked = task(id="task7-a", instruction="Do it.", instances=None, references=references)

    def ask(model, *inputs, **changes):
        (blank,) = requests()
        samples = [about_input(replace(asked, **changes), text) for text in inputs]
        with model.session() as session:
            return [future.result() for future in session.submit([replace(blank, sample=sample) for sample in samples])]

    return ask


def test_predictions_by_instruction_and_input_are_found(predictions, ask):
    model = predictions(
        {"prompt": "p", "instruction": " Do it.\n", "input": " y ", "response": " of y\n", "target": "t"},
        {"instruction": "Do it.", "input": "x", "response": "of x"},
        {"instruction": "Do it.", "response": "of none"},
    )

    assert [reply.text for reply in ask(model, "x", "y", "")] == ["of x", " of y\n", "of none"]


def test_predictions_by_id_are_found_by_the_place_of_the_input(predictions, ask):
    model = predictions(
        {"id": "task7-a-1", "prediction": "of y"},
        {"id": "task7-a-0", "prediction": "of x"},
        {"id": "task7-a-2", "prediction": "of x again"},
    )

    assert [reply.text for reply in ask(model, "x", "y")] == ["of x", "of y"]


def test_a_prediction_for_a_task_with_one_input_may_have_the_id_of_the_task(predictions, ask):
    model = predictions({"id": "task7-a", "answer": "of the task"})

    assert [reply.text for reply in ask(model, "x")] == ["of the task"]


def test_the_first_of_several_predictions_counts_and_one_that_is_null_is_empty(predictions, ask):
    model = predictions(
        {"id": "task7-a-0", "prediction": "first"},
        {"id": "task7-a-0", "prediction": "second"},
        {"id": "task7-a-1", "prediction": None},
    )

    assert [(reply.text, reply.failure) for reply in ask(model, "x", "y")] == [("first", None), ("", None)]


def test_a_reply_names_the_model_and_costs_nothing(predictions, ask):
    model = predictions({"id": "task7-a-0", "prediction": "of x"})

    assert ask(model, "x") == [Completion(text="of x", cost_usd=0.0, model="davinci")]


def test_a_missing_prediction_fails_its_request_only(predictions, ask):
    model = predictions({"id": "task7-a-1", "prediction": "of y"})
    missing, found = ask(model, "x", "y")

    assert missing.failure.kind == "refused"
    assert missing.failure.message == f"{model.path} has no prediction for this input"
    assert (missing.text, found.text, found.failure) == ("", "of y", None)
    assert ask(model, "y", id="task8-b")[0].failure is not None


def test_a_request_about_no_task_has_no_prediction(predictions, requests):
    model = predictions({"id": "task7-a", "prediction": "x"})
    (blank,) = requests()

    with model.session() as session:
        replies = session.submit([blank, replace(blank, sample=Sample(variables={}))])

    assert [future.result().failure.kind for future in replies] == ["refused", "refused"]


def test_it_is_a_model_of_its_own_name_that_is_not_offline(predictions):
    model = predictions({"id": "x", "prediction": "x"})

    assert isinstance(model, Model)
    assert (model.name, model.is_offline, model.store) == ("davinci", False, None)
    assert model.pricing() == Pricing(0.0, 0.0)
    assert model.fingerprint() == {"name": "davinci", "predictions": "davinci_predictions.jsonl"}
    assert model.problems() == []


def test_every_bad_line_is_reported_by_its_number(predictions):
    model = predictions(
        {"id": "a", "prediction": "fine", "other": 1},
        "oops",
        {"id": "b"},
        {"response": "x"},
        {"id": 3, "prediction": "x"},
        "",
        {"instruction": "Do.", "input": "x", "response": ["x"]},
    )

    assert [text.replace(str(model.path), "", 1) for text in model.problems()] == [
        ":2: Invalid JSON: expected value at column 1.",
        ":3: 'response' is missing.",
        ":4: a prediction needs 'id', or 'instruction' and 'input'.",
        ":5: 'id': Input should be a valid string.",
        ":7: 'response': Input should be a valid string.",
    ]


def test_a_file_that_cannot_be_read_is_reported_with_the_key(tmp_path):
    (problem,) = Predictions(path=tmp_path / "missing.jsonl", name="x").problems()

    assert problem.endswith(
        "missing.jsonl: cannot be read (No such file or directory). Set model.path=<JSONL file of predictions>."
    )


def test_a_benchmark_is_answered_with_a_file_of_predictions_and_scored(tmp_path, composed, built):
    seeds = tmp_path / "task1_x.json"
    instances = [{"input": text, "output": [text.upper()]} for text in "abc"]
    task = {"Definition": "Write it in capitals.", "Categories": ["Word Analogy"], "Instances": instances}
    seeds.write_text(json.dumps(task), encoding="utf-8")
    path = tmp_path / "davinci.jsonl"
    rows = [{"id": "task1_x-0", "prediction": "A"}, {"id": "task1_x-2", "prediction": "B"}]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    chosen = ("recipe=superni", f"seeds.path={seeds}", "model=predictions", f"model.path={path}", "model.name=davinci")

    built(composed(*chosen, "trackers=[]", "formats=[]"), tmp_path / "run").execute()

    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert (summary["models"], summary["cost_usd"]) == (["davinci"], 0.0)
    assert summary["scores"]["superni"]["exact_match"] == pytest.approx(1 / 3, abs=1e-6)
    assert summary["scores"]["superni"]["unanswered"] == pytest.approx(1 / 3, abs=1e-6)
