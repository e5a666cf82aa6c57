"""The checkpoints of a training, and the lines of its log."""

import json

import pytest

from selfinstruct.trainer.checkpoints import Note, complete, latest, lines, remove, resumed


def checkpoint(folder, step, text="weights"):
    path = folder / "checkpoints" / f"checkpoint-{step}"
    (path / "inner").mkdir(parents=True)
    (path / "model.safetensors").write_text(text)
    (path / "inner" / "state").write_text("state")
    return path


def steps(folder):
    return sorted(path.name for path in (folder / "checkpoints").iterdir())


def test_a_checkpoint_counts_once_it_is_complete(tmp_path):
    path = checkpoint(tmp_path, 4)
    assert latest(tmp_path) is None

    complete(path, Note(4, 900, 1.5))

    found = latest(tmp_path)
    assert (found.folder, found.note) == (path, Note(4, 900, 1.5))


def test_a_complete_checkpoint_replaces_all_others(tmp_path):
    complete(checkpoint(tmp_path, 4), Note(4))
    checkpoint(tmp_path, 6)

    complete(checkpoint(tmp_path, 8), Note(8))

    assert steps(tmp_path) == ["checkpoint-8"]


def test_the_last_of_two_complete_checkpoints_is_taken(tmp_path):
    complete(checkpoint(tmp_path, 4), Note(4))
    kept = (tmp_path / "checkpoints" / "checkpoint-4").rename(tmp_path / "kept")
    complete(checkpoint(tmp_path, 10), Note(10))
    kept.rename(tmp_path / "checkpoints" / "checkpoint-4")

    assert latest(tmp_path).note.step == 10


def test_an_unfinished_checkpoint_is_removed_when_the_training_resumes(tmp_path, caplog):
    complete(checkpoint(tmp_path, 4), Note(4))
    checkpoint(tmp_path, 8)

    assert resumed(tmp_path).note.step == 4

    assert steps(tmp_path) == ["checkpoint-4"]
    assert caplog.messages == []


@pytest.mark.parametrize("damage", ["short", "missing", "note", "empty note"])
def test_a_damaged_checkpoint_is_not_used_and_reported(damage, tmp_path, caplog):
    path = checkpoint(tmp_path, 4)
    complete(path, Note(4))
    if damage == "short":
        (path / "model.safetensors").write_text("wei")
    elif damage == "missing":
        (path / "inner" / "state").unlink()
    else:
        (path / "complete.json").write_text("{" if damage == "note" else "")

    assert resumed(tmp_path) is None

    assert steps(tmp_path) == []
    assert caplog.messages == [
        f"{path} is damaged, so it is not used: the training resumes from an earlier checkpoint, or starts anew."
    ]


def test_lines_after_the_checkpoint_are_removed_when_the_training_resumes(tmp_path):
    rows = [{"step": step, "loss": 1.5} for step in (2, 4, 6)]
    (tmp_path / "training.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows) + '{"step": 8, "lo')
    complete(checkpoint(tmp_path, 4), Note(4))

    resumed(tmp_path)

    assert lines(tmp_path) == rows[:2]


def test_a_training_without_a_checkpoint_starts_anew(tmp_path):
    (tmp_path / "training.jsonl").write_text('{"step": 2, "loss": 1.5}\n')

    assert resumed(tmp_path) is None

    assert (tmp_path / "training.jsonl").read_text() == ""


@pytest.mark.parametrize("damage", ["\x00\x00\n", "[2]\n", '{"loss": 1}\n', '{"step": 4'])
def test_lines_are_read_up_to_one_that_is_not_whole(damage, tmp_path):
    (tmp_path / "training.jsonl").write_text('{"step": 2}\n' + damage)

    assert lines(tmp_path) == [{"step": 2}]


def test_the_log_of_no_training_has_no_lines(tmp_path):
    assert lines(tmp_path) == []


def test_no_checkpoint_is_left_of_a_finished_training(tmp_path):
    complete(checkpoint(tmp_path, 4), Note(4))

    remove(tmp_path)
    remove(tmp_path)

    assert list(tmp_path.iterdir()) == []
