"""Uploads, against a server on this machine that speaks as the Hugging Face hub does."""

import base64
import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace

import pytest
import servers

from selfinstruct.actions.capsule import Capsule
from selfinstruct.actions.publication.archive import FILES, seal
from selfinstruct.actions.push import INSTALL, SHOWN, Push
from selfinstruct.errors import RunFolderError, SelfInstructError

TOKEN = "hf_abcdefghijklmnopqrstuvwxyz"
ROOT = Path(__file__).parents[2]


class Hub(BaseHTTPRequestHandler):
    """Takes a repository and a commit; `status` says whether it does."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.path, self.headers.get("Authorization"), body))
        if self.server.page:
            return self.answer(self.server.status, self.server.page, "text/html")
        if self.server.status != 200:
            return self.answer(self.server.status, {"error": f"no right for {TOKEN}"})
        if self.path == "/api/repos/create":
            return self.answer(200, {"url": f"{self.server.url}/datasets/me/data", "id": "me/data"})
        if self.path.startswith("/api/datasets/me/data/preupload/"):
            names = [file["path"] for file in json.loads(body)["files"]]
            return self.answer(
                200, {"files": [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]}
            )
        if self.path.startswith("/api/datasets/me/data/commit/"):
            return self.answer(200, {"commitUrl": f"{self.server.url}/datasets/me/data/commit/abc", "commitOid": "abc"})
        return self.answer(200, {"errors": [], "warnings": []})  # the front matter is well-formed

    def answer(self, status, body, kind="application/json"):
        content = (body if kind == "text/html" else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(monkeypatch):
    server = servers.Server(("127.0.0.1", 0), Hub)
    server.asked, server.status, server.page = [], 200, ""
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def run(tmp_path):
    """The folder of a run with a capsule of small files."""
    folder = tmp_path / "capsule"
    (folder / "dataset").mkdir(parents=True)
    for name in (*FILES, "dataset/chat.jsonl"):
        (folder / name).write_text(f"{name}\n")
    seal(folder)
    return SimpleNamespace(start=SimpleNamespace(folder=tmp_path), actions={})


def push(**changes):
    values = {"repo": "me/data", "private": True, "dry_run": False, "token_env": "HF_TOKEN", "harmless": []}
    return Push(**(values | changes))


def test_card_dataset_and_capsule_are_uploaded_in_one_commit(hub, run, capsys):
    assert push().problems(run) == []
    push()(run)

    path, _, body = hub.asked[-1]
    lines = [json.loads(line) for line in body.splitlines()]
    files = {line["value"]["path"]: line["value"]["content"] for line in lines if line["key"] == "file"}
    assert path == "/api/datasets/me/data/commit/main"
    assert set(files) == {*SHOWN, "dataset/chat.jsonl", "capsule.zip"}
    assert base64.b64decode(files["README.md"]) == b"README.md\n"
    assert base64.b64decode(files["capsule.zip"]) == (run.start.folder / "capsule.zip").read_bytes()
    assert capsys.readouterr().out.endswith(f"Uploaded to {hub.url}/datasets/me/data\n")


def test_a_repository_is_private_and_the_token_that_of_the_variable(hub, run):
    push()(run)

    path, authorization, body = hub.asked[0]
    assert (path, authorization) == ("/api/repos/create", f"Bearer {TOKEN}")
    created = json.loads(body)
    assert (created["type"], created["name"], created["organization"]) == ("dataset", "data", "me")
    assert created.get("private") is True or created.get("visibility") == "private"


def test_a_dry_run_shows_what_would_go_where_and_asks_nothing(hub, run, capsys, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    assert push(dry_run=True).problems(run) == []
    push(dry_run=True)(run)

    reported = capsys.readouterr().out
    assert (
        f"Dry run: nothing is uploaded. With push.dry_run=false these files go to {hub.url}/datasets/me/data (priv"
        in reported
    )
    assert "  dataset/chat.jsonl  19 bytes\n" in reported
    assert hub.asked == []


def test_what_the_hub_says_is_reported_without_the_token(hub, run):
    hub.status = 403

    with pytest.raises(SelfInstructError, match=r"did not accept me/data: ") as error:
        push()(run)

    assert TOKEN not in str(error.value)
    assert "HTTP 403, no right for ***. Check that the token in HF_TOKEN may write" in str(error.value)


@pytest.mark.parametrize("status", [200, 511])
def test_a_web_page_in_place_of_an_answer_is_an_error(status, hub, run):
    hub.status, hub.page = status, "<!DOCTYPE html><html><title>Welcome to the hotel</title></html>"

    with pytest.raises(SelfInstructError, match="did not accept me/data: ") as error:
        push()(run)

    assert ("HTTP 511" in str(error.value)) == (status == 511)


def test_a_fault_of_the_hub_is_not_blamed_on_the_token(hub, run):
    hub.status = 500

    with pytest.raises(SelfInstructError) as error:
        push()(run)

    assert "HTTP 500, no right for ***." in str(error.value)
    assert "HF_TOKEN" not in str(error.value)


def test_a_hub_that_is_not_there_is_reported(hub, run, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9/")

    with pytest.raises(SelfInstructError, match=r"http://127.0.0.1:9 did not accept me/data: "):
        push()(run)


def test_a_key_in_the_capsule_is_not_uploaded(hub, run):
    (run.start.folder / "capsule/README.md").write_text(f"my token is {TOKEN}")
    seal(run.start.folder / "capsule")

    with pytest.raises(RunFolderError, match=r"Nothing is uploaded, since it would publish a secret.\nREADME.md:1"):
        push()(run)

    assert hub.asked == []


def test_a_capsule_that_was_changed_is_not_uploaded(hub, run):
    (run.start.folder / "capsule/README.md").write_text("readme.md\n")

    with pytest.raises(SelfInstructError, match=r"README.md was changed"):
        push()(run)


def test_everything_that_is_missing_is_reported_at_once(run, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    shutil.rmtree(run.start.folder / "capsule")

    problems = push(repo=None).problems(run)

    assert problems[0] == "push.repo must be set: push.repo=<user>/<name>."
    assert "holds no capsule. Write one: actions=[capsule,push]" in problems[1]
    assert problems[2] == "The environment variable HF_TOKEN is not set; the hub needs its token there."
    assert (push().asks, push().is_apart) == (False, True)


def test_a_capsule_that_is_about_to_be_written_is_not_that_is_missing(run):
    shutil.rmtree(run.start.folder / "capsule")
    reported = {"title": None, "authors": [], "languages": [], "license": None, "seeds_license": None}
    run.actions["capsule"] = Capsule(**reported, harmless=[], without_own_files=False)

    assert push(dry_run=True).problems(run) == []


def test_a_missing_library_is_reported_with_the_way_to_install_it(run, tmp_path):
    (tmp_path / "huggingface_hub.py").write_text("raise ImportError('not installed')\n")
    code = (
        "from types import SimpleNamespace as S; from pathlib import Path; from selfinstruct.actions.push import Push\n"
        "push = Push(repo='me/x', private=True, dry_run=False, token_env='HF_TOKEN', harmless=[])\n"
        f"print(push.problems(S(start=S(folder=Path({str(run.start.folder)!r})), actions={{}}))[-1])"
    )
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "HF_TOKEN": TOKEN}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)

    assert done.stdout.strip() == INSTALL
