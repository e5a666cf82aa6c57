"""A server on this machine that fails as servers do, and runs that ask it.

What it replies depends on the question alone, and how it fails on the question and on how often it was put, so that a
run through faults must end as one without them.  It keeps a record of everything that it was asked.
"""

import hashlib
import json
import os
import socket
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import commands
import pytest
import servers

HERE = Path(__file__).parent
KEY = "sk-proj-0123456789abcdefghijklmnop"
USAGE = {"prompt_tokens": 50, "completion_tokens": 20, "total_tokens": 70}
PASSING = ("429", "429 seconds", "429 date", "500", "503", "hang", "reset", "half", "no JSON", "no choice", "echo")
"""Faults after which the same question is answered."""
SALT = 349
"""With this one every kind of fault comes, and no question meets so many that the test would take long."""
SMALL = (
    *("model=endpoint", "model.timeout_seconds=1", "model.attempts=8", "model.concurrency=16", "trackers=[]"),
    *("recipe.instructions.until=40", "recipe.instructions.requests_per_round=3", "recipe.instructions.rounds_ahead=4"),
    *("recipe.classification.requests_per_round=8", "recipe.output_first.requests_per_round=4"),
    *("recipe.input_first.requests_per_round=4", "formats=[alpaca,chat]"),
)
"""A run of about 150 requests in all four stages."""


def pytest_collection_modifyitems(items):
    """Mark every test in this folder as slow: most start several processes."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.slow)


@dataclass(frozen=True)
class Asked:
    """One request that came."""

    question: tuple[str, str]
    """The prompt, and the parameters as the store keeps them."""
    fault: str | None


class Server(servers.Server):
    """Speaks OpenAI's protocol; `faults` gives each kind its rate, `reason` cuts every longer reply and says why."""

    request_queue_size = 128

    def __init__(self, reply):
        self.reply = reply
        self.held = None  # what writes the reply to a schema and a prompt, or gives None to refuse it
        self.lock = threading.Lock()
        self.begin()
        super().__init__(("127.0.0.1", 0), Handler)

    def begin(self, delay=0.0, **faults):
        """Forget what was asked, and fail so from now on."""
        self.delay, self.faults = delay, faults
        self.echoes = False
        self.reason = None
        self.asked, self.times = [], Counter()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def fault(self, question):
        """What is wrong with this attempt, if anything, by the hash of the question and its number."""
        self.times[question] += 1
        drawn = hashlib.sha256(f"{SALT}{question}{self.times[question]}".encode()).digest()
        share = int.from_bytes(drawn[:6]) / (1 << 48)
        for kind, rate in self.faults.items():
            if share < rate:
                return kind
            share -= rate
        return None

    def handle_error(self, request, client_address):
        """Say nothing of clients that were killed."""

    def answered(self):
        """How often each question got its reply."""
        return Counter(asked.question for asked in self.asked if asked.fault is None)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
        sent = {name: value for name, value in body.items() if name not in ("model", "messages", "prompt")}
        question = (prompt, json.dumps(sent, sort_keys=True, ensure_ascii=False))
        with self.server.lock:
            kind = self.server.fault(question)
            self.server.asked.append(Asked(question, kind))
        time.sleep(self.server.delay)
        try:
            if kind in (None, "uncounted"):
                text = self.text(prompt, body)
                if text is None:
                    return self.say(400, {"error": {"message": "response_format is not supported by this model"}})
                if self.server.echoes:
                    text = text.replace("the ", f"the {self.headers['Authorization'].split()[-1]} ")
                if self.server.reason and len(text) > 60:
                    self.say(200, reply(text[: len(text) * 2 // 3], "messages" in body, self.server.reason))
                else:
                    usage = {} if kind is None else {"usage": None}
                    self.say(200, reply(text, "messages" in body) | usage)
            else:
                self.fail(kind)
        except OSError:  # nobody listens any more
            self.close_connection = True

    def text(self, prompt, body):
        if self.server.held and "response_format" in body:
            return self.server.held(body["response_format"]["json_schema"], prompt)
        return self.server.reply(prompt, body.get("temperature"))

    def fail(self, kind):
        whole = json.dumps(reply("Never read this.")).encode()
        after = {"429 seconds": "0", "429 date": formatdate(time.time() + 0.5, usegmt=True)}.get(kind)
        if kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()
            self.close_connection = True
        elif kind == "hang":
            time.sleep(1.2)
            self.close_connection = True
        elif kind == "half":
            self.say(200, whole[:90], length=len(whole))
            self.close_connection = True
        elif kind == "no JSON":
            self.say(200, whole[:90])
        elif kind == "no choice":
            self.say(200, {"id": "x", "model": "m", "choices": [], "usage": USAGE})
        elif kind == "null":
            self.say(200, reply(None))
        elif kind in ("abort", "content_filter"):
            self.say(200, reply("1. Never read this.\n2. Nor", reason=kind))
        else:
            code = 500 if kind == "echo" else int(kind[:3])
            message = f"no: {self.headers.get('Authorization')}" if kind in ("echo", "401") else "not now"
            self.say(code, {"error": {"message": message}}, after=after)

    def say(self, status, body, length=None, after=None):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length or len(content)))
        if after is not None:
            self.send_header("Retry-After", after)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


def reply(text, chat=True, reason="stop"):
    said = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    choice = {"index": 0, "finish_reason": reason, **said}
    return {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE}


@contextmanager
def serving(reply):
    with Server(reply) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def running(plausible):
    with serving(plausible) as server:
        yield server


@pytest.fixture
def another(plausible):
    """One server more."""
    return lambda: serving(plausible)


@pytest.fixture
def server(running):
    running.begin()
    return running


def made(folder):
    """What a run made, byte by byte."""
    files = (*(folder / f"{name}.jsonl" for name in ("pool", "rejected", "rounds")), *(folder / "dataset").iterdir())
    return {path.name: path.read_bytes() for path in files}


@pytest.fixture(scope="session")
def uninterrupted(running, composed, built, tmp_path_factory):
    """The folder of the small run where nothing fails."""
    folder = tmp_path_factory.mktemp("whole")
    running.begin()
    built(composed(*SMALL, f"model.api_base={running.url}"), folder).execute()
    return folder


@pytest.fixture(scope="session")
def whole(uninterrupted):
    """What it makes."""
    found = made(uninterrupted)
    assert len(found) == 6
    assert found["rounds.jsonl"].count(b'"ended"') == 4
    return found


@pytest.fixture
def words(server):
    """The words of the command of the small run."""
    return (*SMALL, f"model.api_base={server.url}")


@pytest.fixture
def begin(tmp_path):
    """Start `python run.py` in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    started = []

    def start(*words, variables=None, **how):
        settings = environment | {"OPENAI_API_KEY": KEY, "WANDB_SILENT": "true"} | (variables or {})
        started.append(commands.begin(*words, folder=tmp_path, environment=settings, **how))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def run(begin):
    """Run `python run.py` to its end: exit code, standard output, standard error."""

    def finish(*words, **variables):
        process = begin(*words, variables=variables)
        output, errors = process.communicate(timeout=120)
        return process.returncode, output, errors

    return finish


@pytest.fixture(name="made", scope="session")
def made_fixture():
    return made


@pytest.fixture(scope="session")
def passing():
    """Faults after which the same question is answered, a fifth of all attempts."""
    return dict.fromkeys(PASSING, 0.2 / len(PASSING))


@pytest.fixture(scope="session")
def key():
    return KEY
