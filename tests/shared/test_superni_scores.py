"""The scores of predictions on Super-NaturalInstructions, against what the reference scorer gives for them."""

import gzip
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from selfinstruct.metrics.reference_scores import ReferenceScores
from selfinstruct.model.predictions import Predictions
from selfinstruct.pool import Pool
from selfinstruct.request import Decoding, Request
from selfinstruct.sampler import about_input
from selfinstruct.seeds.user_tasks import UserTasks
from selfinstruct.task import HUMAN, Instance, Reference, Task

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")

METRICS = {"rouge_l": "rougeL", "exact_match": "exact_match"}
"""Our name of a metric to the published one."""


@pytest.fixture(scope="module")
def lines():
    """The table of the predictions, by level and name."""
    rows = {}
    with gzip.open(DATA / "superni_predictions.jsonl.gz", "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            rows.setdefault(row["task"], []).append(row)
    pool = Pool(
        Task(
            id=name,
            origin=HUMAN,
            instruction="Do it.",
            attributes={"category": found[0]["category"]},
            instances=tuple(Instance(row["id"], row["prediction"]) for row in found),
            references=tuple(Reference(row["id"], tuple(row["references"])) for row in found),
        )
        for name, found in rows.items()
    )
    lines = ReferenceScores(benchmark="superni", group="category", tokenizer=None).lines(pool)
    return {(line.level, line.name): line for line in lines}


@pytest.fixture(scope="module")
def published():
    return json.loads((DATA / "superni_scores.json").read_text(encoding="utf-8"))


def percent(line):
    """The scores of a line as the published scorer writes them."""
    return {metric: round(100 * line.figures[name].value, 4) for name, metric in METRICS.items()}


def test_the_overall_scores_are_the_published_ones(lines, published):
    assert percent(lines["all", "all"]) == {metric: published["overall"][metric] for metric in METRICS.values()}


@pytest.mark.parametrize(("level", "key", "count"), [("category", "categories", 4), ("task", "tasks", 24)])
def test_the_scores_of_every_category_and_task_are_the_published_ones(level, key, count, lines, published):
    found = {name: percent(line) for (kind, name), line in lines.items() if kind == level}

    assert len(found) == count
    assert {f"{metric}_for_{name}": score for name, scores in found.items() for metric, score in scores.items()} == {
        name: score for name, score in published[key].items() if not name.startswith("rouge1_for_")
    }


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """The items of the user-oriented tasks, by the model whose published predictions answer them."""
    folder = tmp_path_factory.mktemp("predictions")
    with zipfile.ZipFile(DATA / "user_oriented_predictions.zip") as archive:
        archive.extractall(folder)
    tasks = UserTasks(path=DATA / "user_oriented_instructions.jsonl").load()
    return {
        path.stem.removesuffix("_predictions"): items(path, tasks)
        for path in sorted(folder.glob("*_predictions.jsonl"))
    }


def items(path, tasks):
    """The items of some tasks, answered by a file of predictions."""
    with Predictions(path=path, name=path.stem).session() as session:
        answers = [future.result() for future in session.submit([request(task) for task in tasks])]
    pool = Pool(
        replace(task, instances=(Instance(task.references[0].input, answer.text),))
        for task, answer in zip(tasks, answers, strict=True)
        if answer.failure is None
    )
    return ReferenceScores(benchmark="user_oriented", group="application", tokenizer=None).items(pool)


def request(task):
    sample = about_input(task, task.references[0].input)
    return Request("answers/1/1", "answers", 1, "", None, True, Decoding(), "whole_reply", sample)


def test_every_published_file_answers_all_user_oriented_tasks(answered):
    assert {name: len(found) for name, found in answered.items()} == {
        "davinci": 252,
        "davinci-self-instruct": 252,
        "davinci-self-instruct-and-superni-ft": 252,
        "davinci-superni-ft": 252,
        "davinci-t0-ft": 252,
        "text-davinci-001": 252,
        "text-davinci-002": 252,
        "text-davinci-003": 252,
    }


@pytest.mark.parametrize(
    ("model", "words"),
    [("davinci", 682), ("text-davinci-001", 24), ("text-davinci-002", 23), ("text-davinci-003", 35)],
)
def test_the_answers_of_a_model_have_the_known_median_of_words(model, words, answered):
    assert median(item.figures["words"] for item in answered[model]) == words


def test_models_that_were_taught_to_follow_instructions_score_above_the_plain_one(answered):
    means = {name: sum(item.figures["rouge_l"] for item in found) / len(found) for name, found in answered.items()}

    assert means["davinci"] < 0.1
    assert all(score > 2 * means["davinci"] for name, score in means.items() if name != "davinci")
