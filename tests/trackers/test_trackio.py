"""The tracker for trackio, checked by reading its database; everything stays in a folder of the tests."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest
import tracked
from tracked import a_round, a_step

from selfinstruct.errors import SelfInstructError
from selfinstruct.trackers import Tracker, TrainingTracker
from selfinstruct.trackers.trackio import Trackio

# It is not imported here: it reads the name of its folder when it is.
pytestmark = pytest.mark.skipif(find_spec("trackio") is None, reason="needs the extra trackio")

KILLED = """
import os, signal, sqlite3, sys, time
from contextlib import closing
from pathlib import Path
import tracked
from selfinstruct.trackers.trackio import Trackio

databases = Path(sys.argv[2])
tracker = Trackio(project="study", folder=databases)
tracker.start(tracked.info(Path(sys.argv[1])))
tracker.log(tracked.a_round(1), 1)
written = 0
while not written:
    time.sleep(0.05)
    try:
        with closing(sqlite3.connect(databases / "study.db")) as database:
            written = database.execute("SELECT COUNT(*) FROM metrics").fetchone()[0]
    except sqlite3.Error:
        pass
tracker.log(tracked.a_round(2), 2)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def databases(tmp_path_factory):
    """The folder of trackio, which is the same for a whole process."""
    before = os.environ.get("TRACKIO_DIR")
    yield tmp_path_factory.mktemp("trackio")
    os.environ.pop("TRACKIO_DIR", None)
    if before is not None:
        os.environ["TRACKIO_DIR"] = before


@pytest.fixture
def project(databases, request):
    """A project of the test's own."""
    return f"study-{abs(hash(request.node.name))}"


@pytest.fixture
def tracker(databases, project):
    return Trackio(project=project, folder=databases)


@pytest.fixture
def logged(databases, project):
    """A function that reads what the project holds of a table, a list for each run."""

    def read(table="metrics", column="metrics"):
        with closing(sqlite3.connect(databases / f"{project}.db")) as database:
            rows = database.execute(f"SELECT run_id, run_name, {column} FROM {table} ORDER BY id").fetchall()
        runs = {}
        for identity, name, value in rows:
            assert name == "self_instruct/now"
            runs.setdefault(identity, []).append(json.loads(value) if column != "title" else value)
        return list(runs.values())

    return read


def test_it_logs_rounds_and_trainings(tracker):
    assert isinstance(tracker, Tracker)
    assert isinstance(tracker, TrainingTracker)


def test_each_round_is_a_row_with_text_and_without_nulls(tracker, tmp_path, logged, capsys):
    rounds = [a_round(1), a_round(2, ended="4 kept")]
    tracked.log(tracker, tracked.info(tmp_path), rounds, scores={"superni": {"rouge_l": 0.25}})
    ((first, second, end),) = logged()

    assert (first["kept"], second["kept"], second["instructions/round"]) == (2, 4, 2)
    assert second["instructions/ended"] == "4 kept"
    assert "cost_usd" not in first
    assert end["summary/scores/superni/rouge_l"] == 0.25
    assert capsys.readouterr().out == ""


def test_the_config_is_logged_and_a_stand_in_for_a_model_is_an_alert(tracker, tmp_path, logged):
    tracked.log(tracker, tracked.info(tmp_path, models=("offline",)), [a_round(1)])

    assert logged("configs", "config")[0][0]["random_seed"] == 42
    assert logged("alerts", "title")[0][0].startswith("OFFLINE: ")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no process is killed so here")
def test_a_run_that_was_killed_has_each_round_once_when_it_is_resumed(databases, tmp_path):
    path = os.pathsep.join(sys.path)
    words = [sys.executable, "-c", KILLED, tmp_path, databases]
    killed = subprocess.run(words, env={**os.environ, "PYTHONPATH": path})

    resumed = tracked.info(tmp_path, rounds=[a_round(1), a_round(2)])
    tracked.log(Trackio(project="study", folder=databases), resumed, [a_round(3)])

    assert killed.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(databases / "study.db")) as database:
        rows = [json.loads(row[0]) for row in database.execute("SELECT metrics FROM metrics ORDER BY id")]
    assert [row["instructions/round"] for row in rows[:-1]] == [1, 2, 3]
    assert [row["kept"] for row in rows[:-1]] == [2, 4, 6]


def test_two_runs_with_one_name_are_two(project, databases, tmp_path, logged):
    for name in ("a", "b"):
        tracker = Trackio(project=project, folder=databases)
        tracked.log(tracker, tracked.info(tmp_path / name), [a_round(1)])

    assert [len(rows) for rows in logged()] == [2, 2]


def test_a_finished_run_that_is_trained_on_has_its_rounds_and_its_steps(tracker, tmp_path, logged):
    tracked.log(tracker, tracked.info(tmp_path), [a_round(1)])

    again = tracked.info(tmp_path, rounds=[a_round(1)], makes_rounds=False)
    tracked.log(tracker, again, steps=[a_step(1), a_step(2)])

    ((round_, *steps, _),) = logged()
    assert round_["instructions/round"] == 1
    assert [row["train/loss"] for row in steps] == [1.9, 1.8]


def test_a_finished_run_that_is_exported_again_is_left_as_it_was(tracker, tmp_path, logged):
    tracked.log(tracker, tracked.info(tmp_path), [a_round(1)])
    before = logged()

    tracked.log(tracker, tracked.info(tmp_path, rounds=[a_round(1)], makes_rounds=False))

    assert logged() == before


def test_a_second_folder_in_one_process_is_refused(tracker, project, tmp_path):
    tracked.log(tracker, tracked.info(tmp_path / "run"), [a_round(1)])

    with pytest.raises(SelfInstructError, match="one process has one folder of trackio"):
        Trackio(project=project, folder=Path("elsewhere")).start(tracked.info(tmp_path / "other"))


def test_nothing_is_asked_of_the_hub_and_nothing_is_written_beside_run_and_folder(databases, tmp_path):
    asked = []

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *words):
            pass

    script = KILLED.partition("tracker.start")[0] + "tracked.log(tracker, tracked.info(Path(sys.argv[1])), [])"
    home = tmp_path / "home"
    home.mkdir()
    with HTTPServer(("127.0.0.1", 0), Hub) as hub:
        thread = threading.Thread(target=hub.serve_forever)
        thread.start()
        known = {"HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}", "HF_TOKEN": "hf_secret", "HOME": str(home)}
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **known}
        done = subprocess.run(
            [sys.executable, "-c", script, tmp_path / "run", tmp_path / "databases"], env=environment, cwd=tmp_path
        )
        hub.shutdown()
        thread.join()

    assert done.returncode == 0
    assert asked == []
    assert list(home.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"run", "databases", "home"}
    assert [path.relative_to(tmp_path).as_posix() for path in (tmp_path / "run").rglob("*.*")] == ["run/trackio/id.txt"]


def test_a_run_of_the_program_is_logged_and_resumed(project, databases, tmp_path, composed, built):
    own = ("trackers=[trackio]", f"trackers.trackio.project={project}", f"trackers.trackio.folder={databases}")
    for until in (3, 6):
        words = (f"recipe.instructions.until={until}", *own, "actions=[generate]", "formats=[]")
        built(composed(*words), tmp_path).execute()
    with closing(sqlite3.connect(databases / f"{project}.db")) as database:
        rows = [json.loads(row[0]) for row in database.execute("SELECT metrics FROM metrics ORDER BY id")]
    found = [
        (stage, row[f"{stage}/round"])
        for row in rows
        for stage in ("instructions", "classification")
        if f"{stage}/round" in row
    ]
    committed = [json.loads(line) for line in (tmp_path / "rounds.jsonl").read_text().splitlines()]

    assert found == [
        (row["stage"], row["round"]) for row in committed if row["stage"] in ("instructions", "classification")
    ]
