import json

import pytest

from selfinstruct.budget import Stop
from selfinstruct.storage.folder import held
from selfinstruct.storage.reader import RunReader
from selfinstruct.storage.state import State, condition_of


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({}, State.DONE, "grow: done"),
        (
            {"stopped": Stop("requests", "budget: 2 of 2 requests spent")},
            State.STOPPED,
            "budget: 2 of 2 requests spent",
        ),
        ({"error": "Traceback\nthe model is gone"}, State.FAILED, "the model is gone"),
        ({"summarised": False}, State.INTERRUPTED, ""),
    ],
)
def test_the_summary_says_how_a_run_ended(changes, state, reason, make_run, tmp_path):
    found = condition_of(RunReader(make_run(tmp_path / "run", **changes)))

    assert (found.state, found.reason) == (state, reason)


def test_a_run_without_a_summary_is_running_while_a_process_holds_its_folder(make_run, tmp_path):
    folder = make_run(tmp_path / "run", summarised=False)

    with held(folder):
        assert condition_of(RunReader(folder)).state is State.RUNNING
    assert condition_of(RunReader(folder)).state is State.INTERRUPTED


def test_a_finished_run_that_another_action_holds_is_done(make_run, tmp_path):
    folder = make_run(tmp_path / "run")

    with held(folder):
        assert condition_of(RunReader(folder)).state is State.DONE


def test_a_summary_that_its_rounds_have_outrun_says_nothing(make_run, tmp_path):
    folder = make_run(tmp_path / "run")
    summary = json.loads((folder / "summary.json").read_text())
    (folder / "summary.json").write_text(json.dumps(summary | {"kept": 1}))

    assert condition_of(RunReader(folder)).state is State.INTERRUPTED
