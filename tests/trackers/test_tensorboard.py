"""The tracker for TensorBoard, checked by reading the event files it leaves."""

import os
import signal
import struct
import subprocess
import sys

import pytest
import tracked
from tracked import a_round, a_step

from selfinstruct.trackers import Tracker, TrainingTracker
from selfinstruct.trackers.tensorboard import Tensorboard

pytest.importorskip("tensorboardX", reason="needs the extra tensorboard")

KILLED = """
import os, signal, sys
from pathlib import Path
import tracked
from selfinstruct.trackers.tensorboard import Tensorboard

tracker = Tensorboard()
tracker.start(tracked.info(Path(sys.argv[1])))
for number in (1, 2):
    tracker.log(tracked.a_round(number), number)
os.kill(os.getpid(), signal.SIGKILL)
"""


def events(folder):
    """The events of the only file, each as its tag, step and value."""
    from tensorboardX.proto.event_pb2 import Event

    (path,) = (folder / "tensorboard").iterdir()
    data, place = path.read_bytes(), 0
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        event = Event.FromString(data[place + 12 : place + 12 + length])
        place += length + 16  # with a checksum after the length, and one after the event
        for value in event.summary.value:
            text = b"".join(value.tensor.string_val).decode()
            yield value.tag, event.step, text or value.simple_value


def of(folder, wanted):
    """The steps and values of a tag."""
    return [
        (step, value if isinstance(value, str) else pytest.approx(value))
        for tag, step, value in events(folder)
        if tag.removesuffix("/text_summary") == wanted
    ]


def test_it_logs_rounds_and_trainings():
    assert isinstance(Tensorboard(), Tracker)
    assert isinstance(Tensorboard(), TrainingTracker)


def test_a_stage_is_drawn_against_its_rounds_and_totals_against_requests(tmp_path):
    tracked.log(Tensorboard(), tracked.info(tmp_path), [a_round(1), a_round(2), a_round(1, stage="answers")])

    assert of(tmp_path, "instructions/pool") == [(1, 176), (2, 177)]
    assert of(tmp_path, "answers/pool") == [(1, 176)]
    assert of(tmp_path, "kept") == [(2, 2), (4, 4), (6, 6)]
    assert of(tmp_path, "cost_usd") == []


def test_text_config_and_results_are_logged(tmp_path):
    start = tracked.info(tmp_path, models=("offline",))
    tracked.log(Tensorboard(), start, [a_round(1, ended="2 kept")], scores={"superni": {"rouge_l": 0.25}})
    found = {tag.removesuffix("/text_summary"): value for tag, _, value in events(tmp_path)}

    assert found["instructions/ended"] == "2 kept"
    assert found["notice"].startswith("OFFLINE: ")
    assert '"random_seed": 42' in found["config"]
    assert found["summary/scores/superni/rouge_l"] == 0.25
    assert found["summary/stop_reason"] == "instructions: 2 kept"


def test_a_model_is_not_called_offline(tmp_path):
    tracked.log(Tensorboard(), tracked.info(tmp_path), [a_round(1)])

    assert of(tmp_path, "notice") == []


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no process is killed so here")
def test_a_run_that_was_killed_has_each_round_once_when_it_is_resumed(tmp_path):
    path = os.pathsep.join(sys.path)
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path], env={**os.environ, "PYTHONPATH": path})
    before = [step for step, _ in of(tmp_path, "instructions/pool")]

    tracked.log(Tensorboard(), tracked.info(tmp_path, rounds=[a_round(1), a_round(2)]), [a_round(3)])

    assert killed.returncode == -signal.SIGKILL
    assert before[:1] == [1]
    assert of(tmp_path, "instructions/pool") == [(1, 176), (2, 177), (3, 178)]
    assert of(tmp_path, "kept") == [(2, 2), (4, 4), (6, 6)]


def test_a_finished_run_that_is_trained_on_has_its_rounds_and_its_steps(tmp_path):
    tracked.log(Tensorboard(), tracked.info(tmp_path), [a_round(1)])

    again = tracked.info(tmp_path, rounds=[a_round(1)], makes_rounds=False)
    tracked.log(Tensorboard(), again, steps=[a_step(1), a_step(2)])

    assert of(tmp_path, "instructions/pool") == [(1, 176)]
    assert of(tmp_path, "train/loss") == [(1, 1.9), (2, 1.8)]


def test_a_finished_run_that_is_exported_again_is_left_as_it_was(tmp_path):
    tracked.log(Tensorboard(), tracked.info(tmp_path), [a_round(1)])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    tracked.log(Tensorboard(), tracked.info(tmp_path, rounds=[a_round(1)], makes_rounds=False))

    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_run_of_the_program_is_logged_and_resumed(tmp_path, composed, built):
    for until in (3, 6):
        words = (f"recipe.instructions.until={until}", "trackers=[tensorboard]", "actions=[generate]", "formats=[]")
        built(composed(*words), tmp_path).execute()
    made = [step for step, _ in of(tmp_path, "instructions/kept")]

    assert made == list(range(1, len(made) + 1))
    assert of(tmp_path, "instructions/ended")[-1] == (made[-1], "6 kept")
    assert (tmp_path / "rounds.jsonl").read_text().count('"stage": "instructions"') == len(made)
