"""What `actions=[train]` does around a trainer, with one that pretends."""

import json
import shlex

import pytest
from pretending import Pretending

from selfinstruct.errors import ConfigError, RunFolderError

SMALL = ("trackers=[]", "recipe.instructions.until=5", "actions=[generate,export,train]")


@pytest.fixture
def execute(composed, built, tmp_path):
    """Do the actions of a config with a trainer; the run."""

    def run(*overrides, trainer=None, folder=tmp_path / "run"):
        made = built(composed(*SMALL, *overrides), folder)
        made.trainer = trainer
        made.execute()
        return made

    return run


def summary(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def problems(execute, *overrides, trainer=None):
    with pytest.raises(ConfigError) as caught:
        execute(*overrides, trainer=trainer)
    return caught.value.problems


def test_a_run_is_trained_on_the_dataset_that_it_exports(execute, tmp_path):
    trainer = Pretending()
    run = execute(trainer=trainer)

    assert trainer.seen[0].dataset == tmp_path / "run" / "dataset" / "chat.jsonl"
    assert summary(tmp_path / "run")["training"] == run.training
    assert run.training["dataset"]["models"] == ["offline"]


def test_a_finished_run_is_trained_on_and_keeps_its_summary(execute, tmp_path):
    execute("actions=[generate,export]")
    before = summary(tmp_path / "run")

    execute("actions=[train]", trainer=Pretending())
    after = summary(tmp_path / "run")

    assert after.pop("training")["loss"] == 2.0
    assert after == before


def test_scores_of_before_stay_where_a_model_is_not_trained_anew(execute, tmp_path):
    execute("actions=[generate,export]")
    execute("actions=[train]", trainer=Pretending())
    path = tmp_path / "run" / "summary.json"
    path.write_text(json.dumps(summary(tmp_path / "run") | {"scores": {"superni": {"rouge_l": 0.5}}}))

    again = execute("actions=[train]", trainer=Pretending())

    assert summary(tmp_path / "run")["scores"] == again.scores == {"superni": {"rouge_l": 0.5}}
    assert "| superni | rouge\\_l | 0.5 |" in (tmp_path / "run" / "model" / "README.md").read_text()


def test_scores_of_another_model_go_with_it(execute, tmp_path):
    execute("actions=[generate,export]")
    execute("actions=[train]", trainer=Pretending())
    path = tmp_path / "run" / "summary.json"
    path.write_text(json.dumps(summary(tmp_path / "run") | {"scores": {"superni": {"rouge_l": 0.5}}}))
    (tmp_path / "run" / "training.json").unlink()

    execute("actions=[train]", trainer=Pretending(method="Ia3"))

    assert "scores" not in summary(tmp_path / "run")


def test_a_file_of_rows_is_trained_on_in_a_new_folder(execute, tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(json.dumps({"instruction": "Say.", "output": "Said.", "models": ["writer"]}) + "\n")

    run = execute("actions=[train]", f"train.dataset={rows}", trainer=Pretending())

    assert summary(tmp_path / "run")["training"]["dataset"]["name"] == "rows.jsonl"
    assert run.training["dataset"]["models"] == ["writer"]
    assert summary(tmp_path / "run")["completed"] is True


@pytest.mark.parametrize(
    ("row", "learns_pairs", "said"),
    [
        ({"text": "x"}, False, "rows.jsonl:1: has none of the columns messages, conversations"),
        ({"instruction": "Say.", "output": "Said."}, True, "rows.jsonl holds no pairs, from which trainer=dpo learns"),
    ],
)
def test_bad_rows_of_a_file_are_reported_before_anything_is_written(execute, tmp_path, row, learns_pairs, said):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")

    (problem,) = problems(
        execute, "actions=[generate,train]", f"train.dataset={path}", trainer=Pretending(learns_pairs=learns_pairs)
    )

    assert said in problem
    assert not (tmp_path / "run").exists()


def test_a_training_on_pairs_that_the_recipe_cannot_give_is_refused_before_anything_is_asked(execute, tmp_path):
    (problem,) = problems(execute, "formats=[preference]", trainer=Pretending(learns_pairs=True))

    assert problem.startswith("trainer=dpo learns from pairs, and no stage of this recipe draws several answers")
    assert "recipe/stages@recipe=answers" in problem
    assert not (tmp_path / "run").exists()


def test_a_training_on_pairs_of_a_recipe_that_gives_some_is_done(execute):
    words = ("formats=[preference]", "recipe/stages@recipe=answers", "recipe.instructions.until=10")
    run = execute(*words, trainer=Pretending(learns_pairs=True))

    assert run.training["dataset"]["name"] == "preference.jsonl"


def test_a_run_without_a_trainer_is_told_to_name_one(execute):
    (problem,) = problems(execute)

    assert problem.startswith("actions=[train] needs a trainer. Set trainer=lora")


def test_what_the_trainer_finds_is_reported_before_anything_is_generated(execute, tmp_path):
    assert problems(execute, trainer=Pretending(wrong=("No base.",))) == ["No base."]
    assert not (tmp_path / "run" / "pool.jsonl").exists()


@pytest.mark.parametrize(
    ("overrides", "mode", "said"),
    [
        (("train.dataset=nothing.jsonl",), "chat", "train.dataset=nothing.jsonl is not a file."),
        (("formats=[prompt_completion]",), "chat", "trainer.mode=chat reads none of the formats of this run."),
        ((), "completion", "Add formats=[prompt_completion]."),
        (("actions=[generate,train]",), "chat", "Set actions=[generate,export,train]."),
        (("actions=[train]",), "chat", "hydra.run.dir=<folder>, or a file of rows, train.dataset=<file>."),
    ],
)
def test_a_dataset_that_will_not_be_there_is_reported_in_one_sentence(execute, overrides, mode, said):
    (problem,) = problems(execute, *overrides, trainer=Pretending(mode=mode))

    assert said in problem


def test_a_trainer_of_pairs_names_the_format_that_has_them(execute):
    trainer = Pretending(learns_pairs=True)
    assert problems(execute, trainer=trainer) == [
        "trainer=dpo reads none of the formats of this run. Add formats=[preference]."
    ]
    execute("actions=[generate,export]")

    (problem,) = problems(execute, "actions=[train]", trainer=trainer)

    assert "holds no dataset that trainer=dpo reads. Write one: actions=[export,train] formats=[preference]." in problem


def test_a_finished_run_without_a_suitable_file_is_told_how_to_write_one(execute):
    execute("actions=[generate,export]")

    (problem,) = problems(execute, "actions=[train]", trainer=Pretending(mode="completion"))

    assert problem.endswith("Write one: actions=[export,train] formats=[prompt_completion].")


def test_no_model_is_tuned_on_what_the_budget_has_stopped(execute, tmp_path):
    trainer = Pretending()
    run = execute("budget.requests=6", trainer=trainer)

    assert trainer.seen == []
    assert any(remark.startswith("No model was tuned: the run was stopped by its ") for remark in run.remarks)
    assert "training" not in summary(tmp_path / "run")


def test_a_run_that_its_budget_stopped_can_be_trained_on_when_that_is_asked_for(execute, tmp_path):
    execute("budget.requests=6", "actions=[generate,export]")

    assert execute("actions=[train]", trainer=Pretending()).training


def test_a_dataset_that_vanishes_is_an_error(execute, tmp_path):
    run = execute("actions=[generate,export]")
    run.trainer, action = Pretending(), execute("actions=[train]", trainer=Pretending()).actions["train"]
    for path in (tmp_path / "run" / "dataset").glob("*.jsonl"):
        path.unlink()

    with pytest.raises(RunFolderError, match="nothing to train on"):
        action(run)


@pytest.mark.parametrize(
    ("trainer", "shown", "hidden"),
    [
        (Pretending(), "/merged --served-model-name tuned", "--max-lora-rank 16"),
        (Pretending(), "/merged --host 127.0.0.1", "Servers load"),
        (Pretending(merges=False), "vllm serve some/base --enable-lora --lora-modules", "/merged"),
        (Pretending(merges=False), "--max-lora-rank 64", "Servers load"),
        (Pretending(method="full", merges=False), "/model --served-model-name tuned", "model.adapter"),
        (Pretending(method="Prefix", merges=False), "Servers load merged models and LoRA only", "vllm"),
        (Pretending(mode="chat"), "model=transformers model.base_model=some/base", "model.mode"),
    ],
)
def test_it_says_how_the_model_is_used(execute, trainer, shown, hidden):
    text = execute(trainer=trainer).remarks[-1]

    assert shown in text
    assert hidden not in text


def test_commands_are_quoted_for_shell_and_hydra(execute, tmp_path):
    folder = tmp_path / "a run's [folder]"
    text = execute(trainer=Pretending(), folder=folder).remarks[-1]
    adapter = next(word for line in text.splitlines()[1:] for word in shlex.split(line) if "adapter" in word)

    assert adapter == f'model.adapter="{folder / "model"}"'
