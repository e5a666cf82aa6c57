"""The command that writes a capsule, and the one that runs it again, each in a process of its own."""

import json
import os
import shutil
import threading
from http.server import BaseHTTPRequestHandler
from types import SimpleNamespace

import commands
import pytest
import servers

from selfinstruct.actions.capsule import Capsule
from selfinstruct.actions.export import Export
from selfinstruct.cli.hints import CONF
from selfinstruct.errors import RunFolderError
from selfinstruct.model.offline import Offline
from selfinstruct.pool import Pool
from selfinstruct.request import Decoding, Request

pytestmark = pytest.mark.slow

KEY = "sk-test-0123456789abcdef"
HELD = ("pool.jsonl", "rejected.jsonl", "rounds.jsonl", "dataset/chat.jsonl")


class Handler(BaseHTTPRequestHandler):
    """Speaks OpenAI's protocol with the words of the grammar; a prompt in ten is refused."""

    grammar = Offline(mode="chat", repeats=0.2, truncated=0, bad_format=0, chatty=0, thinking=0)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked += 1
        prompt = body["messages"][-1]["content"]
        if sum(prompt.encode()) % 10 == 0:
            return self.answer(400, {"error": {"message": f"not answered for {KEY}", "code": "content_filter"}})
        request = Request("x", "x", 1, prompt, None, True, Decoding(), "numbered_list")
        said = self.grammar._completion(request).text if "Continue the list" in prompt else "It depends on the tide."
        message = {"role": "assistant", "content": said}
        usage = {"prompt_tokens": 9, "completion_tokens": 4}
        return self.answer(
            200, {"model": "m-1", "usage": usage, "choices": [{"message": message, "finish_reason": "stop"}]}
        )

    def answer(self, status, body):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def command(*words, **environment):
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("OPENAI", "HF_", "WANDB"))}
    return commands.run(*words, environment=variables | environment)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A run against a server that is gone, and its capsule."""
    folder = tmp_path_factory.mktemp("published") / "run"
    server = servers.Server(("127.0.0.1", 0), Handler)
    server.asked = 0
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        done = command(
            *("model=endpoint", f"model.api_base=http://127.0.0.1:{server.server_port}/v1", "model.key_required=true"),
            *("recipe.instructions.until=30", "formats=[chat]", "trackers=[]", "actions=[generate,export]"),
            f"hydra.run.dir={folder}",
            OPENAI_API_KEY=KEY,
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert done.returncode == 0, done.stderr
    assert server.asked > 30
    done = command("actions=[capsule]", "trackers=[]", f"hydra.run.dir={folder}", OPENAI_API_KEY=KEY)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_run_is_repeated_without_its_server_and_key(published, tmp_path):
    done = command(f"replay={published}/capsule.zip", f"hydra.run.dir={tmp_path}/again")

    assert done.returncode == 0
    assert all(" nothing" in text for text in done.stderr.splitlines())  # what so small a run has not made
    assert done.stdout.endswith("identical\n")
    assert '"model"' in (published / "rejected.jsonl").read_text()  # what was refused, too
    for name in HELD:
        assert (tmp_path / "again" / name).read_bytes() == (published / name).read_bytes()


def test_no_key_is_in_a_capsule(published):
    texts = [path.read_text() for path in (published / "capsule").rglob("*.*") if path.is_file()]

    assert not any(KEY in text for text in texts)


def test_one_changed_byte_is_reported(published, tmp_path):
    content = bytearray((published / "capsule.zip").read_bytes())
    place = content.index(b"capsule/replies.jsonl") + 5000
    content[place] ^= 1
    (tmp_path / "x.zip").write_bytes(content)

    done = command(f"replay={tmp_path}/x.zip", f"hydra.run.dir={tmp_path}/again")

    assert done.returncode == 1
    assert done.stderr.startswith(f"replay={tmp_path}/x.zip cannot be used: ")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "again").exists()


def test_it_is_swept_over_what_is_changed_on_the_way(published, tmp_path):
    words = (
        "-m",
        f"replay={published}/capsule.zip",
        "recipe.instructions.until=10,30",
        f"hydra.sweep.dir={tmp_path}/m",
    )
    done = command(*words, "trackers=[]")

    assert "Overridden for this replay: recipe.instructions.until was 30 and is 10." in done.stderr
    assert "of the capsule: identical\n" in done.stdout
    assert "1 of the sweep's jobs failed" in done.stderr  # not all of it could be answered: ids of refusals have moved


def test_a_replay_goes_on_with_its_folder_alone(published, tmp_path):
    folder = tmp_path / "again"
    command(f"replay={published}/capsule.zip", f"hydra.run.dir={folder}", "trackers=[]")
    done = command(f"hydra.run.dir={folder}")

    assert done.stdout.endswith("identical\n")


def run_of(folder):
    stage = SimpleNamespace(
        **dict.fromkeys(("filters", "metrics", "model", "preview", "prompt", "rounds", "sampler", "target"), str)
    )
    start = SimpleNamespace(folder=folder, declared={}, flags={})
    return SimpleNamespace(start=start, actions={}, pool=Pool(), recipe={"instructions": stage})


@pytest.fixture
def action():
    reported = {"title": None, "authors": [], "languages": [], "license": None, "seeds_license": None}
    return Capsule(**reported, harmless=[], without_own_files=False)


def test_a_folder_without_a_run_is_reported(action, tmp_path):
    assert "holds no run. Name the folder of one" in action.problems(run_of(tmp_path))[0]
    assert not action.asks
    assert not action.is_apart

    (tmp_path / "rounds.jsonl").write_text("{}\n")
    assert action.problems(run_of(tmp_path)) == []


def test_nothing_is_published_before_something_is_made(action, tmp_path):
    with pytest.raises(RunFolderError, match=r"holds no tasks to publish"):
        action(run_of(tmp_path))
    assert Export.asks is False


@pytest.mark.parametrize("seeds", ["jsonl", "self_instruct"])
def test_no_folder_of_the_author_is_published_and_the_capsule_is_replayed_without_it(seeds, tmp_path):
    private = tmp_path / "home" / "jane"
    private.mkdir(parents=True)
    path = shutil.copy(CONF / "seeds/seed_tasks.jsonl", private / "mine.jsonl")
    words = ("recipe.instructions.until=5", f"seeds={seeds}", f"seeds.path={path}", "trackers=[]", "formats=[chat]")
    folder = tmp_path / "run"
    done = command(*words, "actions=[generate,export,capsule]", f"hydra.run.dir={folder}")
    assert done.returncode == 0, done.stderr
    shutil.rmtree(private)

    published = [*(folder / "capsule").rglob("*.*"), folder / "dataset/README.md"]
    assert [file for file in published if file.is_file() and str(tmp_path) in file.read_text(errors="replace")] == []
    assert "(mine.jsonl)" in (folder / "dataset/README.md").read_text()
    config = json.loads((folder / "capsule/config.json").read_text())
    assert [config[name]["seeds"]["path"] for name in ("config", "resolved")] == ["seeds.jsonl"] * 2
    done = command(f"replay={folder}/capsule.zip", f"hydra.run.dir={tmp_path}/again")
    assert (done.returncode, done.stdout[-10:]) == (0, "identical\n"), done.stderr
