"""The lines of a training, its pace, and its checkpoints."""

import json

import pytest

from selfinstruct.errors import SelfInstructError, UnwritableError
from selfinstruct.trainer.checkpoints import Note, latest
from selfinstruct.trainer.progress import Progress


def rows(start):
    return [json.loads(line) for line in (start.folder / "training.jsonl").read_text().splitlines()]


def test_a_logged_step_is_written_and_reported(training):
    told = []
    start = training("rows.jsonl", log=told.append)
    progress = Progress(start, Note())

    progress.log(2, 0.25, 8, {"loss": 6.19712345678, "learning_rate": 1e-5, "grad_norm": 2.5, "num_tokens": 300.0})

    expected = {"step": 2, "epoch": 0.25, "tokens": 300, "loss": 6.1971235, "learning_rate": 1e-5, "grad_norm": 2.5}
    assert rows(start) == [expected]
    (step,) = told
    assert (step.row, step.steps) == (expected, 8)
    assert step.tokens_per_second > 0
    assert step.seconds_left > 0


def test_a_validation_is_a_line_of_its_own(training):
    start = training("rows.jsonl")
    progress = Progress(start, Note())

    progress.log(2, 0.25, 8, {"eval_loss": 6.5, "eval_runtime": 3.1})
    progress.log(8, 1.0, 8, {"train_runtime": 3.1})

    assert rows(start) == [{"step": 2, "epoch": 0.25, "tokens": 0, "validation_loss": 6.5}]


def test_tokens_and_seconds_are_counted_on_from_the_checkpoint(training):
    start = training("rows.jsonl")
    progress = Progress(start, Note(4, 1000, 60.0))

    progress.log(6, 0.5, 8, {"loss": 6.0, "num_tokens": 300})

    assert rows(start)[0]["tokens"] == 1300
    assert 60 < progress.seconds < 120


@pytest.mark.parametrize(
    ("figures", "name"), [({"loss": float("nan")}, "loss"), ({"eval_loss": float("inf")}, "validation_loss")]
)
def test_a_loss_that_is_not_a_number_ends_the_training_with_the_key_to_change(figures, name, training):
    start = training("rows.jsonl")

    with pytest.raises(SelfInstructError) as caught:
        Progress(start, Note()).log(6, 0.5, 8, figures)

    assert str(caught.value) == (
        f"The {name} is no longer a number at step 6: the training has diverged. Set trainer.learning_rate lower, and"
        f" remove training.json, training.jsonl, checkpoints, model and merged in {start.folder} to train anew."
    )
    assert not (start.folder / "training.jsonl").exists()


def test_an_infinite_gradient_is_left_out_since_float16_has_them_at_first(training):
    start = training("rows.jsonl")

    Progress(start, Note()).log(2, 0.25, 8, {"loss": 6.0, "grad_norm": float("inf")})

    assert rows(start) == [{"step": 2, "epoch": 0.25, "tokens": 0, "loss": 6.0}]


def test_a_saved_checkpoint_is_noted_with_the_tokens_and_the_time(training):
    start = training("rows.jsonl")
    progress = Progress(start, Note(0, 0, 5.0))
    progress.log(4, 0.5, 8, {"loss": 6.0, "num_tokens": 300})
    path = start.folder / "checkpoints" / "checkpoint-4"
    path.mkdir(parents=True)

    progress.saved(path, 4)

    note = latest(start.folder).note
    assert (note.step, note.tokens) == (4, 300)
    assert note.seconds >= 5


def test_it_stops_when_it_is_asked_to(training):
    asked = [False, True]
    progress = Progress(training("rows.jsonl", is_stopping=lambda: asked.pop(0)), Note())

    assert (progress.stops(), progress.is_stopped) == (False, False)
    assert (progress.stops(), progress.is_stopped) == (True, True)


def test_a_line_that_cannot_be_written_is_an_error(training):
    start = training("rows.jsonl")
    (start.folder / "training.jsonl").mkdir()

    with pytest.raises(UnwritableError, match=r"training\.jsonl cannot be written: Is a directory"):
        Progress(start, Note()).log(2, 0.25, 8, {"loss": 6.0})
