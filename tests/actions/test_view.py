"""The server that shows runs: what it leaves behind, what it refuses, and how a capsule is read."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
import zipfile

import commands
import pytest
from asking import ask

from selfinstruct.actions.publication.archive import pack, seal
from selfinstruct.actions.publication.replies import write_replies
from selfinstruct.actions.view import View
from selfinstruct.actions.view.capsule import CapsuleSource
from selfinstruct.errors import SelfInstructError
from selfinstruct.pages.library import Library
from selfinstruct.pages.routes import routes
from selfinstruct.storage.reader import RunReader

HOSTILE = "<script>alert(1)</script>\u202e"


def view(*runs, **more):
    return View(**{"runs": [str(run) for run in runs], "port": 0, "host": "127.0.0.1", **more})


class Started:
    """As much of a run as the action looks at."""

    def __init__(self, folder):
        self.start = self
        self.folder = folder


def test_a_folder_without_a_run_is_refused(make_run, tmp_path):
    (problem,) = view().problems(Started(tmp_path))

    assert problem.startswith(f"{tmp_path} holds no run. Name the folder of one (hydra.run.dir=<folder>)")
    assert view().problems(Started(make_run(tmp_path / "run"))) == []


def test_a_name_of_nothing_is_refused(tmp_path):
    missing = tmp_path / "missing"

    assert view(tmp_path, missing).problems(Started(tmp_path)) == [f"view.runs: {missing} does not exist."]


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    path = tmp_path / "bad.zip"
    path.write_bytes(b"not a zip")
    os.mkfifo(pipe := tmp_path / "pipe")

    assert view(path, pipe).problems(Started(tmp_path)) == [
        f"view.runs: {path} is neither a folder nor a zip.",
        f"view.runs: {pipe} is neither a folder nor a zip.",
    ]


def test_a_folder_below_which_no_run_lies_is_refused(tmp_path):
    with pytest.raises(SelfInstructError, match="holds no run"):
        view(tmp_path)(Started(tmp_path))


@pytest.fixture(scope="module")
def capsule(make_run, tmp_path_factory):
    """A capsule of a run of two tasks, without running one."""
    place = tmp_path_factory.mktemp("capsule")
    run = make_run(place / "run")
    reader, folder = RunReader(run), place / "capsule"
    (folder / "dataset").mkdir(parents=True)
    rows = [
        {"instruction": task.instruction, "input": pair, "output": HOSTILE, "id": task.id, "origin": task.origin}
        for task in reader.pool
        if not task.is_human
        for pair in ("", "again")
    ]
    texts = {
        "dataset/self_instruct.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "seeds.jsonl": "".join(json.dumps(task.row()) + "\n" for task in reader.seeds),
        "rounds.jsonl": (run / "rounds.jsonl").read_text(),
        "config.json": json.dumps({"overrides": [], "config": reader.config}),
        "provenance.json": json.dumps({"recipe": "grown", "models": ["m"]}),
        "README.md": f"# The card {HOSTILE}",
        **dict.fromkeys(("methods.md", "hyperparameters.tex", "CITATION.cff", "citation.bib"), ""),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    write_replies(run, folder, [])
    seal(folder)
    pack(folder, place / "capsule.zip")
    return place / "capsule.zip"


def look(path, address):
    """Ask for a page of a capsule."""
    return ask(routes(Library([path], {path: CapsuleSource(path)})), address)


def test_a_capsule_is_shown_with_card_tasks_and_rounds(capsule):
    page = look(capsule, "/").text

    assert "# The card &lt;script&gt;" in page
    assert "Requests by round" in page
    tasks = look(capsule, "/capsule.zip/tasks").text
    assert "&lt;script&gt;" in tasks
    assert "<script>" not in tasks
    assert "no list of what was rejected" in look(capsule, "/capsule.zip/rejected").text
    assert look(capsule, "/capsule.zip/lineage").status == 200


def test_rows_of_one_task_are_its_instances(capsule):
    made = next(json.loads(line) for line in look(capsule, "/capsule.zip/tasks.jsonl").text.splitlines()[-1:])
    page = look(capsule, f"/capsule.zip/tasks/{made['id']}").text

    assert len(made["instances"]) == 2
    assert "<h3>Instance 2</h3>" in page


def test_a_capsule_is_not_unpacked(capsule):
    before = sorted(capsule.parent.rglob("*"))
    for address in ("/", "/capsule.zip/tasks", "/capsule.zip/requests/grow/1/1"):
        look(capsule, address)

    assert sorted(capsule.parent.rglob("*")) == before


def test_what_is_no_capsule_is_a_sentence(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(b"not a zip")
    answer = look(path, "/x.zip/")

    assert answer.status == 500
    assert re.search(r"view.runs=\S+x.zip cannot be used: File is not a zip file", answer.text)


def test_a_changed_capsule_is_refused(capsule, tmp_path):
    path = tmp_path / "capsule.zip"
    with zipfile.ZipFile(capsule) as source, zipfile.ZipFile(path, "w") as changed:
        for entry in source.infolist():
            text = source.read(entry)
            changed.writestr(entry, text.replace(b"m", b"n") if entry.filename.endswith("provenance.json") else text)

    assert "provenance.json was changed" in look(path, "/capsule.zip/").text


@pytest.mark.slow
@pytest.mark.parametrize("words", ["hydra.run.dir=runs/one", "view.runs=[runs]"])
def test_the_command_leaves_neither_a_file_nor_a_folder(make_run, tmp_path, words):
    make_run(tmp_path / "runs" / "one")
    (tmp_path / "runs" / "one" / "failure.json").write_text("{}")
    before = state(tmp_path)
    command = [sys.executable, commands.RUN, "actions=[view]", "view.port=0", words]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as server:
        address = re.search(r"http://\S+/", server.stdout.readline())[0]
        with urllib.request.urlopen(f"{address}one/tasks") as page:
            assert page.status == 200
        during = state(tmp_path)
        server.send_signal(signal.SIGTERM)

        assert server.wait(60) == 0
    assert during == before
    assert state(tmp_path) == before


def state(folder):
    """Every file and folder, with the time of its last change."""
    paths = list(folder.rglob("*"))
    return {path: (path.stat().st_mtime_ns if path.is_file() else None) for path in paths}


@pytest.mark.slow
def test_a_mistake_is_one_sentence_and_leaves_nothing(tmp_path):
    done = commands.run("actions=[view]", "view.runs=[nothing]", folder=tmp_path)

    assert (done.returncode, done.stderr) == (1, "view.runs: nothing does not exist.\n")
    assert list(tmp_path.iterdir()) == []
