import csv
import json
import sys

import pytest

from selfinstruct.actions.bertscore import is_installed
from selfinstruct.errors import ConfigError

SMALL = (
    "recipe=instruction_induction",
    "seeds.only=[antonyms,rhymes,sum]",
    "recipe.induction.sampler.prompts=3",
    "recipe.execution.sampler.inputs=3",
    "trackers=[]",
    "formats=[]",
)


@pytest.fixture
def execute(composed, built, tmp_path):
    def run(*overrides):
        made = built(composed(*SMALL, *overrides), tmp_path)
        made.execute()
        return made

    return run


def read(folder):
    with (folder / "scores.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_family_and_all_of_them_have_a_line(execute, tmp_path):
    execute("actions=[generate,score]", "model.bad_format=0")
    rows = read(tmp_path)

    assert [row["name"] for row in rows] == ["all", "antonyms", "rhymes", "sum"]
    assert {row["prompts"] for row in rows[1:]} == {"3"}
    assert rows[0]["prompts"] == "9"
    for row in rows[1:]:
        assert 0 <= float(row["strict"]) <= 1
        assert int(row["items"]) + int(row["unanswered"]) == 3 * int(row["executed"])
    mean = sum(float(row["strict"]) for row in rows[1:]) / 3
    assert float(rows[0]["strict"]) == pytest.approx(mean, abs=1e-5)


def test_the_scores_are_those_of_the_metric_and_of_the_summary(execute, tmp_path):
    execute("actions=[generate,score]")
    last = json.loads((tmp_path / "rounds.jsonl").read_text().splitlines()[-1])
    summary = json.loads((tmp_path / "summary.json").read_text())
    rows = {row["name"]: float(row["strict"]) for row in read(tmp_path)}

    assert {name: last[f"score/{name}"] for name in rows if name != "all"} | {"all": last["score"]} == rows
    assert summary["scores"]["instruction_induction"]["strict"] == rows["all"]


def test_the_table_says_what_made_it(execute, tmp_path):
    execute("actions=[generate,score]")
    text = (tmp_path / "scores.md").read_text()

    assert "By offline.\n\n**The answers are those of the offline grammar" in text
    assert text.count("\n| ") == 6
    assert "- `strict`: execution accuracy by a normal form without the defects of the published one\n" in text


def test_a_finished_run_is_scored_again_to_the_same_bytes(execute, tmp_path):
    execute("actions=[generate,score]")
    names = ("scores.csv", "scores.json", "scores.md", "scores.tex")
    before = [(tmp_path / name).read_bytes() for name in names]
    for name in names:
        (tmp_path / name).unlink()

    execute("actions=[score]")

    assert [(tmp_path / name).read_bytes() for name in names] == before


def test_a_folder_without_a_run_has_no_scores(execute):
    with pytest.raises(ConfigError, match="holds no run"):
        execute("actions=[score]")


@pytest.mark.skipif(is_installed(), reason="the package is installed")
def test_bertscore_without_its_package_is_reported_before_anything_is_asked(execute):
    with pytest.raises(ConfigError, match="needs the package bert-score"):
        execute("actions=[generate,score]", "score.bertscore=true")


def test_bertscore_is_the_mean_over_the_predictions_of_a_family(execute, tmp_path, tmp_path_factory, monkeypatch):
    place = tmp_path_factory.mktemp("package")
    text = "def score(cands, refs, **_):\n    return 0, 0, [float('sum' in text) for text in cands]\n"
    (place / "bert_score").mkdir()
    (place / "bert_score/__init__.py").write_text(text)
    (place / "bert_score/utils.py").write_text("model2layers = {'mine': 6}")
    monkeypatch.syspath_prepend(str(place))
    try:
        words = ("score.bertscore=true", "score.bertscore_model=/models/mine")
        run = execute("actions=[generate,score]", *words)
    finally:
        for name in ("bert_score", "bert_score.utils"):
            sys.modules.pop(name, None)
    made = [task for task in run.pool if task.attributes.get("family") == "sum" and not task.is_human]
    near = {row["name"]: row["bertscore"] for row in read(tmp_path)}

    assert float(near["sum"]) == pytest.approx(sum("sum" in task.instruction for task in made) / len(made), abs=1e-5)
    assert float(near["antonyms"]) == 0
    assert float(near["all"]) == pytest.approx(float(near["sum"]) / 3, abs=1e-5)
    reported = (tmp_path / "scores.md").read_text()
    assert "| bertscore |" in reported
    assert "bertscore\\` is raw, for no baseline of /models/mine is known" in reported


def answered(composed, built, folder, *overrides):
    """Execute a small run of a benchmark."""
    made = built(composed("trackers=[]", "formats=[]", *overrides), folder)
    made.execute()
    return made


def test_a_benchmark_has_its_scores_in_every_form(composed, built, tmp_path):
    run = answered(composed, built, tmp_path, "recipe=superni", "seeds.per_task=2")
    scores = json.loads((tmp_path / "scores.json").read_text())["benchmarks"]["superni"]
    lines = {line["name"]: line["figures"] for line in scores["lines"]}
    answers = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]

    assert len(answers) == 48
    assert (
        run.scores["superni"]["rouge_l"]
        == lines["all"]["rouge_l"]["value"]
        == json.loads((tmp_path / "summary.json").read_text())["scores"]["superni"]["rouge_l"]
    )
    assert sum(row["figures"]["rouge_l"] for row in answers) / 48 == pytest.approx(
        lines["all"]["rouge_l"]["value"], abs=1e-6
    )
    assert lines["Word Analogy"]["official"] == lines["Word Analogy"]["exact_match"]
    assert lines["Data to Text"]["official"] == lines["Data to Text"]["rouge_l"]
    assert (tmp_path / "scores.tex").read_text().count("\\\\\n") == 14  # the head, all, and twelve categories


def test_a_judge_that_grades_its_own_answers_is_reported(composed, built, tmp_path):
    script = tmp_path / "replies.jsonl"
    rows = [{"stage": "answers", "text": "Yes."}] * 72 + [{"stage": "rating", "text": "Fine.\nB"}] * 72
    script.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    words = ("recipe=user_oriented", "recipe/judge@recipe=rating", "model=scripted", f"model.path={script}")

    run = answered(composed, built, tmp_path / "run", *words)

    assert run.scores["user_oriented"]["rated_a_or_b"] == 1
    assert run.scores["user_oriented"]["rated_a"] == 0
    text = (tmp_path / "run" / "scores.md").read_text()
    assert "The answers are those of a script" in text
    assert "The verdicts are those of a script" in text


def test_answers_that_were_cut_off_and_references_in_the_training_data_are_reported(composed, built, tmp_path):
    text = "one two three four five six seven eight nine ten eleven twelve thirteen"
    tasks = tmp_path / "tasks.jsonl"
    task = {"id": "a", "instruction": "Count.", "instances": [{"input": "", "output": text}]}
    tasks.write_text(f"{json.dumps(task)}\n")
    data = tmp_path / "train.jsonl"
    data.write_text(f"{json.dumps({'output': f'He said: {text}.'})}\n")
    script = tmp_path / "replies.jsonl"
    script.write_text(json.dumps({"stage": "answers", "text": "one two", "finish_reason": "length"}))

    words = ("recipe=user_oriented", f"seeds.path={tasks}", "model=scripted", f"model.path={script}")
    answered(composed, built, tmp_path / "run", *words, f"score.training_data=[{data}]")

    cautions = json.loads((tmp_path / "run" / "scores.json").read_text())["cautions"]
    assert any("1 of 1 replies of answers were cut off" in text for text in cautions)
    assert any("1 of 1 references share 13 words in a row with the training data" in text for text in cautions)


def test_training_data_that_is_not_there_is_reported_before_anything_is_asked(composed, built, tmp_path):
    with pytest.raises(ConfigError, match=r"score\.training_data: .*nowhere\.jsonl is not a file"):
        answered(composed, built, tmp_path, "recipe=superni", "score.training_data=[nowhere.jsonl]")


def test_a_judge_that_stands_in_for_a_model_makes_no_answers_its_own(composed, built, tmp_path):
    predictions, script = tmp_path / "davinci.jsonl", tmp_path / "replies.jsonl"
    tasks = [{"id": "a", "instruction": "Count.", "instances": [{"input": "", "output": "one"}]}]
    (tmp_path / "tasks.jsonl").write_text(f"{json.dumps(tasks[0])}\n")
    predictions.write_text(json.dumps({"instruction": "Count.", "input": "", "response": "one two"}))
    script.write_text(json.dumps({"stage": "rating", "text": "C"}))
    words = ("recipe=user_oriented", f"seeds.path={tmp_path}/tasks.jsonl", "recipe/judge@recipe=rating")
    models = (
        "model=predictions",
        f"model.path={predictions}",
        "model.name=davinci",
        "+model@recipe.rating.model=scripted",
    )

    answered(composed, built, tmp_path / "run", *words, *models, f"recipe.rating.model.path={script}")

    cautions = json.loads((tmp_path / "run" / "scores.json").read_text())["cautions"]
    assert cautions == ["The verdicts are those of a script, and do not measure a model."]
