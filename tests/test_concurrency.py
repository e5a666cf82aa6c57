"""How fast replies come, and in which order, changes no byte of what a run makes."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler
from random import Random

import pytest
import servers

pytestmark = pytest.mark.slow


class Server(servers.Server):
    """Speaks OpenAI's protocol; the text depends on the prompt alone, the time that it takes on nothing."""

    request_queue_size = 128

    def __init__(self, reply):
        self.reply = reply
        self.waits = Random()
        self.under_way = self.most = 0
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.under_way += 1
            self.server.most = max(self.server.most, self.server.under_way)
        time.sleep(self.server.waits.choice([0.0, 0.001, 0.002, 0.03]))
        with self.server.lock:
            self.server.under_way -= 1
        text = self.server.reply(asked["messages"][-1]["content"], asked.get("temperature"))
        message = {"role": "assistant", "content": text}
        body = json.dumps(
            {
                "model": "tested",
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 50, "completion_tokens": 20},
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server(plausible):
    running = Server(plausible)
    thread = threading.Thread(target=running.serve_forever, args=(0.05,))
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


def test_a_run_makes_the_same_bytes_at_any_concurrency(server, composed, built, tmp_path):
    made, most = {}, {}
    for concurrency in (1, 8, 64):
        server.most = 0
        config = composed(
            *("model=endpoint", f"model.api_base={server.url}", f"model.concurrency={concurrency}"),
            *(
                "recipe.instructions.until=250",
                "recipe.instructions.rounds_ahead=4",
                "trackers=[]",
                "model.key_env=null",
            ),
            "recipe.instructions.requests_per_round=3",
        )
        folder = tmp_path / str(concurrency)
        built(config, folder).execute()
        files = [*folder.glob("*.jsonl"), *folder.glob("dataset/*")]
        made[concurrency] = {path.name: path.read_bytes() for path in files if path.name != "timings.jsonl"}
        most[concurrency] = server.most

    assert made[1] == made[8] == made[64]
    assert {"pool.jsonl", "rejected.jsonl", "rounds.jsonl", "alpaca.jsonl"} <= made[1].keys()
    assert most[1] == 1
    assert 4 < most[8] <= 8
    assert most[64] > 12
