"""The whole circle with a tiny model: generate, export, train, evaluate, and what comes of it later.

A model of random weights says nothing, and its scores are near 0; what is tested is who answers, and what is written.
"""

import json
import shutil

import pytest
from tiny_model import write_model

from selfinstruct.errors import ConfigError

pytest.importorskip("torch", reason="needs selfinstruct[train]")
pytest.importorskip("trl", reason="needs selfinstruct[train]")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::FutureWarning")]

SMALL = (
    *("trackers=[]", "recipe.instructions.until=5", "trainer=lora", "trainer.steps=2", "trainer.device=cpu"),
    *("trainer.log_steps=1", "trainer.checkpoint_steps=null", "trainer.validation_share=0", "trainer.merge=false"),
    *("benchmarks=[superni]", "benchmarks.superni.seeds.per_task=1", "evaluate.device=cpu"),
    *("benchmarks.superni.recipe.answers.prompt.decoding.max_tokens=8", "benchmarks.superni.recipe.answers.attempts=2"),
)
ALL = "actions=[generate,export,train,evaluate]"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def finished(tiny, tmp_path_factory, composed, built):
    """A run that went all the way; its folder."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    built(composed(*SMALL, ALL, f"trainer.base_model={tiny}"), folder).execute()
    return folder


@pytest.fixture
def folder(finished, tmp_path):
    """A copy of that run."""
    return shutil.copytree(finished, tmp_path / "run")


@pytest.fixture
def execute(composed, built, tiny):
    def run(folder, *overrides, small=SMALL):
        made = built(composed(*small, f"trainer.base_model={tiny}", *overrides), folder)
        made.execute()
        return made

    return run


def summary(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def answers(folder, name):
    return [row["answer"] for row in lines(folder / "benchmarks" / name / "answers.jsonl")]


def asked(folder, name):
    """The rounds of a benchmark, by which a second asking would show."""
    return (folder / "benchmarks" / name / "rounds.jsonl").read_bytes()


def test_the_tuned_model_its_base_and_the_gain_stand_in_the_summary(finished):
    scores = summary(finished)["scores"]

    assert scores.keys() == {"superni", "superni_base", "superni_gain"}
    assert scores["superni"] == summary(finished / "benchmarks/superni_tuned")["scores"]["superni"]
    assert scores["superni_base"] == summary(finished / "benchmarks/superni_base")["scores"]["superni"]
    gain = scores["superni"]["rouge_l"] - scores["superni_base"]["rouge_l"]
    assert scores["superni_gain"]["rouge_l"] == pytest.approx(gain, abs=2e-6)


def test_each_answers_all_items_under_its_own_name(finished):
    models = {name: summary(finished / "benchmarks" / name)["models"] for name in ("superni_tuned", "superni_base")}

    assert models == {"superni_tuned": ["tiny+lora"], "superni_base": ["tiny"]}
    assert len(answers(finished, "superni_tuned")) == len(answers(finished, "superni_base")) == 24


def test_one_table_has_base_and_tuned_model_in_four_forms(finished):
    (rouge, _) = json.loads((finished / "scores.json").read_text())["gains"]

    assert (rouge["benchmark"], rouge["figure"], rouge["items"]) == ("superni", "rouge_l", 24)
    assert "| superni | rouge\\_l | 24 |" in (finished / "scores.md").read_text()
    assert (finished / "scores.csv").read_text().startswith("benchmark,figure,items,base,tuned,gain,low,high,")
    assert "superni & rouge\\_l & 24" in (finished / "scores.tex").read_text()


def test_the_card_has_the_scores(finished):
    assert "| superni\\_gain | rouge\\_l |" in (finished / "model" / "README.md").read_text()


def test_the_dataset_counts_as_training_data(folder, execute):
    reference = lines(folder / "benchmarks/superni_tuned/answers.jsonl")[0]
    row = {"instruction": reference["instruction"], "output": f"{reference['input']} {reference['references'][0]}"}
    with (folder / "dataset" / "chat.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")

    execute(folder, "actions=[evaluate]")

    cautions = json.loads((folder / "benchmarks/superni_tuned/scores.json").read_text())["cautions"]
    assert any("share 13 words in a row with the training data" in caution for caution in cautions)


def test_a_finished_run_is_evaluated_again_without_asking(folder, execute, finished):
    before = summary(folder)

    execute(folder, "actions=[evaluate]")

    assert summary(folder) == before
    assert asked(folder, "superni_tuned") == asked(finished, "superni_tuned")


def test_an_evaluation_that_was_stopped_is_resumed(folder, execute, finished):
    shutil.rmtree(folder / "benchmarks" / "superni_base")
    for name in ("scores.md", "scores.json"):
        (folder / name).unlink()

    execute(folder, ALL)

    assert answers(folder, "superni_base") == answers(finished, "superni_base")
    assert summary(folder)["scores"] == summary(finished)["scores"]
    assert (folder / "scores.md").read_text() == (finished / "scores.md").read_text()


def test_the_answers_of_an_old_model_are_not_those_of_a_new_one(folder, execute):
    (folder / "training.json").unlink()
    shutil.rmtree(folder / "model")

    with pytest.raises(ConfigError) as caught:
        execute(folder, "actions=[train,evaluate]", "trainer.learning_rate=0.1")

    (problem,) = caught.value.problems
    assert problem.startswith(f"{folder / 'benchmarks' / 'superni_tuned'} holds the answers of another model")


def test_a_model_that_is_trained_anew_answers_anew(folder, execute, finished):
    (folder / "training.json").unlink()
    shutil.rmtree(folder / "model")
    shutil.rmtree(folder / "benchmarks" / "superni_tuned")

    execute(folder, "actions=[train,evaluate]", "trainer.learning_rate=0.5")

    assert answers(folder, "superni_tuned") != answers(finished, "superni_tuned")
    assert asked(folder, "superni_base") == asked(finished, "superni_base")


def test_a_model_that_was_removed_is_reported(folder, execute):
    shutil.rmtree(folder / "model")

    with pytest.raises(ConfigError, match=r"model is gone\. Restore it from a copy, or remove training\.json"):
        execute(folder, "actions=[evaluate]")


def test_another_precision_is_reported(folder, execute):
    with pytest.raises(ConfigError, match="at another precision"):
        execute(folder, "actions=[evaluate]", "evaluate.precision=bfloat16")


def test_a_benchmark_with_a_model_of_its_own_is_answered_by_that_alone(folder, execute, composed):
    execute(folder, "actions=[evaluate]", "+model@benchmarks.superni.model=offline")

    assert (folder / "benchmarks" / "superni").is_dir()
    assert summary(folder / "benchmarks" / "superni")["models"] == ["offline"]


def test_a_judge_is_the_model_of_the_run_and_neither_tuned_nor_base(folder, execute):
    small = tuple(word for word in SMALL if "superni" not in word)
    words = ("benchmarks=[user_oriented]", "+recipe/judge@benchmarks.user_oriented.recipe=rating")
    more = (
        "benchmarks.user_oriented.recipe.answers.prompt.decoding.max_tokens=4",
        "benchmarks.user_oriented.recipe.answers.attempts=2",
    )
    execute(folder, "actions=[evaluate]", *words, *more, small=small)

    for name, label in (("user_oriented_tuned", "tiny+lora"), ("user_oriented_base", "tiny")):
        place = folder / "benchmarks" / name
        wrote = [row.get("models", {}) for row in lines(place / "pool.jsonl")]
        assert {models["answers"] for models in wrote if "answers" in models} == {label}
        assert {models["rating"] for models in wrote if "rating" in models} == {"offline"}
        assert json.loads((place / "config.json").read_text())["config"]["recipe"]["rating"]["model"]


def test_several_benchmarks_stand_in_one_table(folder, execute):
    words = (
        "benchmarks=[superni,user_oriented]",
        "benchmarks.user_oriented.recipe.answers.prompt.decoding.max_tokens=4",
        "benchmarks.user_oriented.recipe.answers.attempts=2",
    )
    run = execute(folder, "actions=[evaluate]", *words)

    assert {row["benchmark"] for row in json.loads((folder / "scores.json").read_text())["gains"]} >= {"superni"}
    assert run.scores.keys() >= {"superni", "superni_gain", "user_oriented", "user_oriented_base"}


def test_a_spent_budget_leaves_the_rest_unanswered(folder, execute):
    shutil.rmtree(folder / "benchmarks")

    run = execute(folder, "actions=[evaluate]", "budget.requests=24")

    assert run.remarks == [
        *(remark for remark in run.remarks if remark.startswith("superni of the tuned model")),
        "superni was not evaluated: the budget is spent.",
    ]


def test_a_base_model_that_holds_none_is_reported_once(composed, built, tmp_path):
    with pytest.raises(ConfigError) as caught:
        built(composed(*SMALL, ALL, f"trainer.base_model={tmp_path}"), tmp_path / "run").execute()

    (problem,) = caught.value.problems
    assert problem.startswith(f"trainer.base_model={tmp_path}")


def test_without_a_training_the_model_of_the_run_answers(execute, tmp_path):
    run = execute(tmp_path / "run", "actions=[generate,export,evaluate]")

    assert run.scores.keys() == {"superni"}
    assert summary(tmp_path / "run" / "benchmarks" / "superni")["models"] == ["offline"]


def test_a_file_of_rows_is_trained_on_and_evaluated_without_a_run(execute, finished, tmp_path):
    rows = shutil.copy(finished / "dataset" / "alpaca.jsonl", tmp_path / "rows.jsonl")

    run = execute(tmp_path / "new", "actions=[train,evaluate]", f"train.dataset={rows}")

    assert run.scores.keys() == {"superni", "superni_base", "superni_gain"}
    assert "rows of rows.jsonl, written by offline." in (tmp_path / "new" / "model" / "README.md").read_text()


def test_a_comparison_labels_tuned_and_base_model(finished, composed, built, tmp_path, capsys):
    built(composed("actions=[compare]", f"compare.runs=[{finished}]"), tmp_path / "compare").execute()
    out = capsys.readouterr().out

    assert "1 offline tuned" in out
    assert "1 offline base" in out
