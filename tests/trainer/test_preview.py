"""What a training would be; test_fine_tuning.py compares it with what the training then does."""

import pytest

from selfinstruct.trainer.preview import memory

pytest.importorskip("torch", reason="the extra 'train' is not installed")
pytestmark = pytest.mark.slow


def test_a_dataset_that_is_not_made_yet_is_counted_by_the_rows_that_are_expected(trainer, training, base, tmp_path):
    found = trainer("lora", base, validation_share=0.1).preview(training(tmp_path / "later.jsonl"), rows=100)

    assert (found["rows"], found["steps"]) == (90, 36)
    assert (found["tokens"], found["dropped"], found["longest_row"]) == (None, None, None)


def test_without_rows_only_the_model_is_counted(trainer, training, base, tmp_path):
    found = trainer("lora", base).preview(training(tmp_path / "later.jsonl"))

    assert (found["rows"], found["steps"]) == (None, None)
    assert 0 < found["trainable_parameters"] < found["parameters"]


@pytest.mark.parametrize(
    ("name", "changes", "bytes_"),
    [
        ("full", {}, 1000 * 16),  # weight, gradient and two moments of 4 bytes
        ("full", {"weights": "bfloat16"}, 1000 * 8),
        ("full", {"optimizer": "sgd"}, 1000 * 8),
        ("lora", {}, 1000 * 4 + 100 * 16),
        ("lora", {"weights": "bfloat16"}, 1000 * 2 + 100 * 16),
    ],
)
def test_the_memory_is_that_of_weights_gradients_and_moments(name, changes, bytes_, trainer):
    trainable, parameters = (1000, 1000) if name == "full" else (100, 1100)

    assert memory(trainer(name, **changes), trainable, parameters) == bytes_
