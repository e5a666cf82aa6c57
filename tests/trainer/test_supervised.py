"""Fine-tuning as a part: its settings, and what is wrong with them."""

from importlib.util import find_spec

import pytest

from selfinstruct.cli.build import make
from selfinstruct.trainer import Trainer
from selfinstruct.trainer.supervised import PACKAGES

installed = pytest.mark.skipif(not all(map(find_spec, PACKAGES)), reason="the extra 'train' is not installed")
TRAINERS = ("full", "lora", "ia3", "prefix", "prompt_tuning", "adapter", "dpo")


@pytest.fixture
def wrong(values):
    """What is said of a trainer with wrong settings."""

    def said(name, **changes):
        problems = []
        make(values(name, **changes), "trainer", problems)
        return problems

    return said


@pytest.fixture
def folder(tmp_path):
    """A folder that looks like a model."""
    found = tmp_path / "base"
    found.mkdir()
    (found / "config.json").write_text("{}")
    (found / "model.safetensors").write_text("weights")
    return found


@pytest.mark.parametrize("name", TRAINERS)
def test_every_trainer_is_one(name, trainer):
    built = trainer(name)

    assert isinstance(built, Trainer)
    assert built.settings()["method"] is None if name == "full" else built.settings()["method"]["name"]


@pytest.mark.parametrize("name", ["prefix", "prompt_tuning", "adapter"])
def test_a_method_that_cannot_be_merged_refuses_it(name, wrong):
    (sentence,) = wrong(name, merge=True)

    assert "merge must be false: the weights of this method cannot be merged into the base model" in sentence


@pytest.mark.parametrize("name", ["prefix", "prompt_tuning"])
def test_a_method_that_cannot_checkpoint_gradients_refuses_it(name, wrong):
    (sentence,) = wrong(name, gradient_checkpointing=True)

    assert "gradient_checkpointing must be false: this method does not work with it" in sentence


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"checkpoint_steps": 3}, "checkpoint_steps must be a multiple of log_steps, which is 2"),
        ({"packing": True, "max_length": None}, "packing needs max_length"),
        ({"optimizer": "adam"}, "trainer.optimizer"),
        ({"schedule": "polynomial"}, "trainer.schedule"),
        ({"learning_rate": 0}, "trainer.learning_rate"),
        ({"epochs": 0}, "trainer.epochs"),
        ({"validation_share": 1}, "trainer.validation_share"),
        ({"threads": 0}, "trainer.threads"),
        ({"weights": "float16"}, "weights must be float32 where all of them are trained in float16 (got float16)"),
        ({"weights": "bfloat16", "precision": "float16"}, "weights must be float32"),
    ],
)
def test_a_wrong_setting_is_one_sentence(changes, sentence, wrong):
    (found,) = wrong("full", **changes)

    assert sentence in found
    assert "\n" not in found.strip() or "trainer." in found


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"packing": True}, "packing and loss_on_prompt must be false where pairs are learned"),
        ({"loss_on_prompt": True}, "packing and loss_on_prompt must be false where pairs are learned"),
        ({"method": {"dropout": 0.1}}, "method.dropout must be 0 where pairs are learned"),
        ({"objective": {"_target_": "selfinstruct.trainer.dpo.Dpo", "beta": 0}}, "trainer.objective.beta"),
    ],
)
def test_a_setting_that_does_not_suit_pairs_is_one_sentence(changes, sentence, wrong):
    (found,) = wrong("dpo", **changes)

    assert sentence in found


def test_only_a_training_on_pairs_records_an_objective(trainer):
    assert trainer("dpo").settings()["objective"] == {"beta": 0.1}
    assert "objective" not in trainer("lora").settings()
    assert [trainer(name).learns_from for name in ("dpo", "lora")] == ["preference", "chat"]


@pytest.mark.slow
def test_every_optimizer_and_schedule_is_one_of_transformers(trainer):
    optimizers = pytest.importorskip("transformers.training_args", reason="the extra 'train' is not installed")
    from transformers import SchedulerType

    from selfinstruct.trainer.preview import MOMENTS
    from selfinstruct.trainer.supervised import Supervised

    known = {one.value for one in optimizers.OptimizerNames}
    names = Supervised.__dataclass_fields__["optimizer"].type.__args__
    schedules = Supervised.__dataclass_fields__["schedule"].type.__args__
    assert set(names) <= known
    assert set(names) == set(MOMENTS)
    assert set(schedules) <= {one.value for one in SchedulerType}


@installed
def test_a_folder_with_a_model_has_no_problems(folder, trainer, training, dataset):
    assert trainer("lora", folder).problems(training(dataset)) == []


@installed
@pytest.mark.parametrize("name", ["./base", "a/b/c", "missing"])
def test_a_missing_folder_is_reported(name, trainer, training, dataset, tmp_path):
    asked = str(tmp_path / name) if name == "missing" else name

    assert trainer("lora", asked).problems(training(dataset)) == [
        f"trainer.base_model={asked} is not a folder with a model."
    ]


@installed
def test_a_name_of_the_hub_is_not_taken_for_a_folder(trainer, training, dataset):
    assert trainer("lora", "HuggingFaceTB/SmolLM2-135M").problems(training(dataset)) == []


@installed
def test_a_model_in_a_pickle_is_reported(folder, trainer, training, dataset):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    (sentence,) = trainer("lora", folder).problems(training(dataset))

    assert sentence.startswith(f"trainer.base_model={folder} holds no weights in safetensors. Convert them")


@installed
def test_a_missing_chat_template_and_a_missing_package_are_reported_together(folder, trainer, training, dataset):
    tuner = trainer("lora", folder, chat_template="chat.jinja", optimizer="adamw_8bit")

    found = tuner.problems(training(dataset))

    assert found == [
        "trainer.chat_template=chat.jinja is not a file.",
        "trainer.optimizer=adamw_8bit needs a package that is not installed. Run: pip install bitsandbytes.",
    ]


@installed
def test_a_changed_setting_is_reported_before_anything_is_loaded(folder, trainer, training, dataset):
    from selfinstruct.trainer.record import Record, started_with

    start = training(dataset)
    Record(start.folder, dataset).finish(started_with(trainer("lora", folder), start), {"sha256": {}})

    (sentence,) = trainer("lora", folder, learning_rate=0.5).problems(start)

    assert sentence.startswith("trainer.learning_rate is 0.5, but the training in")


@installed
def test_a_damaged_record_is_a_problem(folder, trainer, training, dataset):
    start = training(dataset)
    (start.folder / "training.json").write_text("{")

    (sentence,) = trainer("lora", folder).problems(start)

    assert sentence.startswith(f"{start.folder / 'training.json'} cannot be read")


def test_the_settings_are_plain_values(trainer, tmp_path):
    found = trainer("lora", chat_template=str(tmp_path / "chat.jinja")).settings()

    assert found["chat_template"] == str(tmp_path / "chat.jinja")
    assert found["method"] == {
        "name": "Lora", "rank": 16, "alpha": 32, "dropout": 0.0, "target_modules": "all-linear", "use_rslora": False,
        "use_dora": False,
    }  # fmt: skip
    assert not {"merge", "device", "checkpoint_steps"} & found.keys()
