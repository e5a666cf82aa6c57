"""The record of what a training was started with."""

import json

import pytest

from selfinstruct.errors import ConfigError, RunFolderError
from selfinstruct.trainer.checkpoints import Note, complete
from selfinstruct.trainer.record import Record, started_with

FILES = "training.json, training.jsonl, checkpoints, model and merged"


@pytest.fixture
def base_model(tmp_path):
    """A folder that looks like a model."""
    folder = tmp_path / "base"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_text("weights")
    return folder


@pytest.fixture
def begun(trainer, base_model, training, dataset):
    """A training with a checkpoint, and what it is started with when something is changed."""
    start = training(dataset)
    record = Record(start.folder, start.dataset)
    record.start(started_with(trainer("lora", base_model), start))
    path = start.folder / "checkpoints" / "checkpoint-4"
    path.mkdir(parents=True)
    complete(path, Note(4))

    def changed(name="lora", more=(), **changes):
        return started_with(trainer(name, base_model, **changes), training(dataset, **dict(more)))

    return record, changed


def test_the_same_settings_are_accepted(begun):
    record, changed = begun

    assert record.refused(changed()) == []
    record.start(changed())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"learning_rate": 0.5}, "trainer.learning_rate is 0.5, but the training in {} was started with 0.01."),
        ({"method": {"rank": 8}}, "trainer.method.rank is 8, but the training in {} was started with 16."),
        ({"more": {"random_seed": 2}}, "random_seed is 2, but the training in {} was started with 1."),
        ({"name": "ia3"}, 'trainer.method is "Ia3", but the training in {} was started with "Lora".'),
        ({"name": "full"}, 'trainer.method is null, but the training in {} was started with "Lora".'),
    ],
)
def test_a_changed_setting_is_refused_with_both_values(changes, sentence, begun, tmp_path):
    record, changed = begun
    now = changed(**{"learning_rate": 1e-2} | changes)

    (found,) = record.refused(now)

    assert found == sentence.format(tmp_path / "run") + f" Set it back, or remove {FILES} there to train anew."
    with pytest.raises(ConfigError):
        record.start(now)


@pytest.mark.parametrize("changes", [{"merge": True}, {"device": "cpu"}, {"checkpoint_steps": None}])
def test_what_does_not_shape_the_result_may_change(changes, begun):
    record, changed = begun

    assert record.refused(changed(**changes)) == []


def test_other_bytes_of_the_dataset_are_refused(begun, trainer, base_model, training, write_rows, tmp_path):
    _record, _ = begun
    other = write_rows(tmp_path / "other.jsonl", [{"instruction": "Add.", "output": "3"}])

    (found,) = Record(tmp_path / "run", other).refused(started_with(trainer("lora", base_model), training(other)))

    assert found.startswith(
        f"train.dataset={other} has changed since the training in {tmp_path / 'run'} was started (SHA"
    )
    assert found.endswith(f"Restore it, or remove {FILES} there to train anew.")


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json"])
def test_another_base_model_in_the_same_folder_is_refused(name, begun, base_model):
    record, changed = begun
    (base_model / name).write_text("others")

    (found,) = record.refused(changed())

    assert found.startswith(f"The files in trainer.base_model={base_model} have changed since the training in ")


def test_another_chat_template_in_the_same_file_is_refused(trainer, base_model, training, dataset, tmp_path):
    template, start = tmp_path / "chat.jinja", training(dataset)
    template.write_text("one")
    record, tuner = Record(start.folder, dataset), trainer("lora", base_model, chat_template=str(template))
    record.finish(started_with(tuner, start), {"sha256": {}})
    template.write_text("two")

    (found,) = record.refused(started_with(tuner, start))

    assert found.startswith(f"The file trainer.chat_template={template} has changed since the training in ")


def test_settings_may_change_as_long_as_there_is_nothing_to_resume(trainer, base_model, training, dataset):
    start = training(dataset)
    record = Record(start.folder, dataset)
    record.start(started_with(trainer("lora", base_model), start))
    smaller = started_with(trainer("lora", base_model, batch_size=1), start)

    record.start(smaller)

    assert record.read() == {"started_with": json.loads(json.dumps(smaller))}


def test_the_settings_of_a_finished_training_may_not_change(begun):
    record, changed = begun
    record.finish(changed(), {"loss": 1.5, "sha256": {}})

    assert record.result == {"loss": 1.5, "sha256": {}}
    assert record.refused(changed()) == []
    assert len(record.refused(changed(learning_rate=0.5, epochs=1))) == 2
    record.start(changed())
    assert record.result == {"loss": 1.5, "sha256": {}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "cannot be read ("),
        ("[]", "is not the record of a training"),
        ("{}", "is not the record of a training"),
        ('{"started_with": {}, "result": []}', "does not say what the training came to"),
        ('{"started_with": {}, "result": {"loss": 1}}', "does not say what the training came to"),
    ],
)
def test_a_damaged_record_is_an_error_that_names_the_file_and_what_to_remove(text, reason, tmp_path):
    (tmp_path / "training.json").write_text(text)

    with pytest.raises(RunFolderError) as caught:
        Record(tmp_path).read()

    assert str(caught.value).startswith(f"{tmp_path / 'training.json'} {reason}")
    assert str(caught.value).endswith(f"Remove {FILES} in its folder to train anew.")


def test_no_record_is_no_training(tmp_path):
    assert Record(tmp_path).read() is None
    assert Record(tmp_path).result is None
    Record(tmp_path).check_model()


@pytest.mark.parametrize("damage", ["other", "missing", "more"])
def test_a_model_that_is_not_as_the_training_wrote_it_is_an_error(damage, begun, tmp_path):
    from selfinstruct.trainer.saving import hashes

    record, changed = begun
    model = tmp_path / "run" / "model"
    model.mkdir()
    weights = model / "adapter_model.safetensors"
    weights.write_text("weights")
    record.finish(changed(), {"sha256": hashes(model)})
    record.check_model()
    if damage == "other":
        weights.write_text("weightz")
    elif damage == "missing":
        weights.unlink()
    else:
        (model / "more.safetensors").write_text("more")

    with pytest.raises(RunFolderError, match=r"model is not as the training wrote it: .*\.safetensors\. Restore it"):
        record.check_model()
