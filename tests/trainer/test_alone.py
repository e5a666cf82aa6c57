import csv
import json

from selfinstruct.trainer.alone import config_of, named, summary_of

WORDS = (
    *("-m", "actions=[train]", "trainer=lora", "trainer.steps=2", "trainer.log_steps=1", "trainer.max_length=256"),
    *("trainer.checkpoint_steps=null", "trainer.merge=false", "trainer.device=cpu", "trainer.validation_share=0.2"),
    *("trackers=[]", "trainer.learning_rate=0.001,0.01"),
)


def test_a_sweep_of_trainings_ends_with_their_comparison(trainings, base, dataset, tmp_path):
    words = [*WORDS, f"trainer.base_model={base}", f"train.dataset={dataset}", f"hydra.sweep.dir={tmp_path / 'sweep'}"]

    done = trainings.run(tmp_path / "sweep", words=words)

    assert done.code == 0, done.text
    with (tmp_path / "sweep/comparison/runs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["trainer.learning_rate"] for row in rows] == ["0.001", "0.01"]
    assert [(row["status"], row["figures.steps"]) for row in rows] == [("complete", "2")] * 2
    assert all(float(row["figures.validation_loss"]) > 0 for row in rows)
    assert (tmp_path / "sweep/comparison/figures/training_by_step.svg").exists()
    assert "The comparison: sweep/comparison/index.html" in done.text


def test_a_folder_without_a_training_has_no_config(tmp_path):
    assert config_of(tmp_path) == {}


def test_what_a_training_was_started_with_names_no_folder(make_training, tmp_path):
    folder = make_training(tmp_path / "a", chat_template="/home/bob/chat.jinja", hashes={"chat_template": "c" * 64})

    config = config_of(folder)

    assert config["trainer"]["chat_template"] == "chat.jinja (cccccccc)"
    assert config["train"] == {"dataset": "rows.jsonl (dddddddd)"}
    assert "bob" not in json.dumps(config)
    assert summary_of(folder, "tiny")["models"] == ["tiny"]


def test_a_model_of_the_hub_keeps_its_name():
    assert named("HuggingFaceTB/SmolLM2-135M-Instruct", None) == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert named("a/model", "0123456789") == "model (01234567)"
