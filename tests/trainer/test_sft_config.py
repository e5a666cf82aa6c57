"""The config of TRL's trainer, and the number of steps."""

import pytest

from selfinstruct.trainer.devices import Device
from selfinstruct.trainer.sft_config import sft_config, steps_of


@pytest.mark.parametrize(
    ("sequences", "changes", "steps"),
    [
        (30, {}, (4, 12)),  # 8 batches of 4 make 4 steps of 2
        (1, {}, (1, 3)),  # fewer rows than a batch
        (9, {}, (2, 6)),  # the last step has one batch
        (30, {"epochs": 0.5}, (4, 2)),
        (30, {"epochs": 0.01}, (4, 1)),
        (30, {"steps": 5}, (4, 5)),  # before the epochs end
        (30, {"steps": 50}, (4, 12)),  # after them
        (30, {"accumulate": 1, "batch_size": 30}, (1, 3)),
    ],
)
def test_a_training_ends_with_its_epochs_or_its_steps(sequences, changes, steps, trainer):
    assert steps_of(trainer("full", **changes), sequences) == steps


@pytest.fixture
def config(trainer, training, dataset, monkeypatch):
    """The config of TRL's trainer with changes of ours."""
    pytest.importorskip("trl", reason="the extra 'train' is not installed")
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "fp16")  # as accelerate launch may; it is set anew here

    def build(is_validated=True, **changes):
        tuner = trainer("full", **changes)
        return sft_config(tuner, training(dataset), Device("cpu"), sequences=30, is_validated=is_validated)

    return build


@pytest.mark.slow
def test_nothing_is_left_to_the_choice_of_the_libraries_that_hurts(config):
    found = config()

    assert (found.bf16, found.fp16, found.use_cpu, found.gradient_checkpointing) == (False, False, True, False)
    assert (found.max_length, found.logging_steps, found.report_to, found.disable_tqdm) == (256, 2, [], True)
    assert (found.max_steps, found.eval_steps, found.save_steps) == (12, 4, 4)
    assert found.logging_nan_inf_filter is False


@pytest.mark.slow
def test_gradient_checkpointing_is_turned_on_without_a_warning(config):
    assert config(gradient_checkpointing=True).gradient_checkpointing is True


@pytest.mark.slow
def test_a_cpu_computes_in_bfloat16_where_it_is_asked_for(config):
    assert config(precision="bfloat16").bf16 is True


@pytest.mark.slow
def test_without_rows_to_validate_on_and_without_checkpoints_there_are_none(config):
    found = config(is_validated=False, checkpoint_steps=None)

    assert (found.eval_strategy, found.save_strategy) == ("no", "no")


@pytest.mark.slow
def test_a_large_seed_is_accepted(trainer, training, dataset):
    pytest.importorskip("trl", reason="the extra 'train' is not installed")
    start = training(dataset, random_seed=2**40 + 7)

    found = sft_config(trainer("full"), start, Device("cpu"), sequences=30, is_validated=False)

    assert found.seed == 7
