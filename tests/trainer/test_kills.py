"""A training that is killed again and again ends as one that never was, byte by byte.

    SELFINSTRUCT_KILLS=200 python -m pytest tests/trainer/test_kills.py     many more

A process kills itself at an operation on a file of its run folder (trainings.py), drawn from all that a training makes.
"""

import os
from random import Random

import pytest

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("SELFINSTRUCT_KILLS", "8"))
MOMENTS = {
    "before the first checkpoint": ["open", "training.jsonl"],
    "while a checkpoint is written": ["open", "trainer_state.json"],
    "before a checkpoint is complete": ["open", "complete.json.part"],
    "when the checkpoint before is removed": ["shutil.rmtree", "checkpoint-4"],
    "before the model has its place": ["os.rename", "/model"],
    "between the model and the record": ["os.rename", "/training.json"],
    "when the last checkpoint is removed": ["shutil.rmtree", "checkpoints"],
    "while it is merged": ["os.rename", "/merged"],
}


@pytest.fixture
def small(values, base):
    """A training of nine steps, four checkpoints and a merged model."""
    return values("lora", str(base), epochs=2, merge=True)


@pytest.fixture(scope="module")
def uninterrupted():
    return {}


@pytest.fixture
def whole(uninterrupted, small, trainings, dataset, made, tmp_path_factory):
    """What the training makes where nothing kills it, and how many operations it takes."""
    if not uninterrupted:
        folder = tmp_path_factory.mktemp("whole") / "run"
        ended = trainings.run(folder, trainer=small, dataset=str(dataset))
        assert (ended.code, ended.text) == (0, "")
        assert ended.checkpoints == 2
        uninterrupted.update(made=made(folder), operations=ended.operations)
        assert len(uninterrupted["made"]) == 3
    return uninterrupted


def finish(trainings, folder, made, **what):
    """Let a training end, and return what it made; nothing of how it came to that is left."""
    ended = trainings.run(folder, **what)
    assert ended.code == 0, ended.text
    assert ended.checkpoints <= 2
    assert sorted(path.name for path in folder.iterdir()) == ["merged", "model", "training.json", "training.jsonl"]
    return made(folder)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_training_killed_at_a_moment_ends_as_one_that_was_not(
    moment, whole, small, trainings, dataset, made, tmp_path
):
    what = {"trainer": small, "dataset": str(dataset)}

    killed = trainings.run(tmp_path / "run", **what, kill=MOMENTS[moment])

    assert killed.code == -9, killed.text
    assert killed.checkpoints <= 2
    assert finish(trainings, tmp_path / "run", made, **what) == whole["made"]


def test_a_training_killed_again_and_again_ends_as_one_that_was_not(whole, small, trainings, dataset, made, tmp_path):
    rng, what = Random(7), {"trainer": small, "dataset": str(dataset)}
    kills = 0
    while kills < KILLS:
        killed = trainings.run(tmp_path / "run", **what, kill=rng.randint(1, whole["operations"]))
        assert killed.checkpoints <= 2
        if killed.code == 0:  # it had less to do than that
            assert made(tmp_path / "run") == whole["made"]
            break
        assert killed.code == -9, killed.text
        kills += 1

    assert finish(trainings, tmp_path / "run", made, **what) == whole["made"]


def test_a_full_training_is_resumed_to_the_same_bytes_too(values, base, trainings, dataset, made, tmp_path):
    what = {"trainer": values("full", str(base), epochs=2), "dataset": str(dataset)}
    assert trainings.run(tmp_path / "whole", **what).code == 0

    assert trainings.run(tmp_path / "run", **what, kill=["shutil.rmtree", "checkpoint-4"]).code == -9
    assert trainings.run(tmp_path / "run", **what).code == 0

    assert made(tmp_path / "run") == made(tmp_path / "whole")


def test_a_changed_setting_is_refused_when_a_killed_training_resumes(values, small, trainings, base, dataset, tmp_path):
    what = {"trainer": small, "dataset": str(dataset)}
    assert trainings.run(tmp_path / "run", **what, kill=["shutil.rmtree", "checkpoint-4"]).code == -9

    changed = trainings.run(tmp_path / "run", **what | {"trainer": small | {"learning_rate": 0.5}}, random_seed=2)

    assert changed.code == 1
    assert [line.split(" is ")[0] for line in changed.text.splitlines()] == ["trainer.learning_rate", "random_seed"]
