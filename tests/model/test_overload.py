"""Servers that have too much to do, in the formats of several providers, asked over real connections."""

import json
import time
from functools import partial
from http.server import BaseHTTPRequestHandler
from threading import Thread
from types import MappingProxyType

import pytest
import servers
from aiohttp import web

from selfinstruct.model.endpoint import Endpoint
from selfinstruct.model.failed_attempt import classify
from selfinstruct.model.litellm import LiteLLM

pytestmark = pytest.mark.slow

DELAY = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}]
FORMATS = {
    "anthropic": (
        "anthropic/claude-haiku-4-5",
        (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
        {
            "id": "x",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "stop_reason": "end_turn",
            "content": [{"type": "text", "text": "at last"}],
            "usage": {"input_tokens": 5, "output_tokens": 2},
        },
    ),
    "gemini": (
        "gemini/gemini-2.5-flash",
        (503, {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}),
        {
            "candidates": [{"content": {"role": "model", "parts": [{"text": "at last"}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 2, "totalTokenCount": 7},
        },
    ),
}


class Provider(servers.Server):
    """Answers some requests with an error first, and every other one with a reply."""

    def __init__(self, error, reply, failing):
        self.error, self.reply, self.failing = error, reply, failing
        self.times = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.times.append(time.monotonic())
        status, body = self.server.error if len(self.server.times) <= self.server.failing else (200, self.server.reply)
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.fixture
def serving():
    started = []

    def serve(error, reply, failing):
        server = Provider(error, reply, failing)
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        started.append((server, thread))
        return server, f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server, thread in started:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("provider", FORMATS)
def test_an_overload_that_litellm_calls_an_internal_error_is_an_overload(
    provider, serving, settings, requests, complete, monkeypatch, caplog
):
    caplog.set_level("INFO")
    monkeypatch.setenv("SOME_KEY", "a-key-of-some-kind")
    name, error, reply = FORMATS[provider]
    _, url = serving(error, reply, failing=1)
    model = LiteLLM(**{**settings, "name": name, "api_base": url, "key_env": "SOME_KEY", "timeout_seconds": 20})

    (completion,) = complete(model, requests())

    assert completion.text == "at last"
    (failed,) = [record.getMessage() for record in caplog.records if record.getMessage().startswith("Attempt")]
    assert f"failed (HTTP {error[0]}, {error[1]['error']['message']}); the next in" in failed


@pytest.mark.parametrize("provider", FORMATS)
def test_it_narrows_the_window(provider):
    """As LiteLLM raises it: its own error, and the provider's beneath."""
    name, (status, body), _ = FORMATS[provider]

    class Said(Exception):
        status_code = status

    class InternalServerError(Exception):
        status_code = 500
        litellm_response_headers = MappingProxyType({"date": "now"})

    error = InternalServerError(f"litellm.InternalServerError: {name.title()}Exception - {json.dumps(body)}")
    error.__cause__ = Said()

    assert classify(error).is_overload


MODELS = {
    "endpoint": partial(Endpoint, name="some", mode="chat"),
    "litellm chat": partial(LiteLLM, name="openai/some", mode="chat"),
    "litellm completion": partial(LiteLLM, name="openai/some", mode="completion"),
}
HINTS = {
    "a sentence": (429, {"error": {"message": "No deployments available, Try again in 1 seconds."}}, {}),
    "milliseconds": (429, {"error": {"message": "slow down"}}, {"retry-after-ms": "900"}),
    "a reset": (
        *(429, {"error": {"message": "slow down"}}),
        {"x-ratelimit-reset-requests": "1s", "x-ratelimit-remaining-requests": "0"},
    ),
    "a unit": (429, {"error": {"message": "slow down"}}, {"Retry-After": "1s"}),
    "a delay in the details": (429, {"error": {"message": "slow down", "code": 429, "details": DELAY}}, {}),
}


@pytest.mark.parametrize("hint", HINTS)
@pytest.mark.parametrize("model", MODELS)
def test_a_wait_is_kept_however_it_is_asked_for(model, hint, server, settings, requests, complete):
    status, body, headers = HINTS[hint]
    server.answer = lambda prompt, time: (
        web.json_response(body, status=status, headers=headers) if len(server.asked) == 1 else "at last"
    )
    values = settings | {"timeout_seconds": 60}  # the first request of a process waits for LiteLLM to be imported
    made = MODELS[model](**{key: value for key, value in values.items() if key != "mode"}, api_base=server.url)

    (completion,) = complete(made, requests(chat=made.mode == "chat"))

    assert completion.failure is None
    assert completion.text == "at last"
    assert 0.85 <= server.asked[1].time - server.asked[0].time <= 3.0
