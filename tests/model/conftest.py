"""A server on this machine that speaks OpenAI's protocol and answers as each test says, and requests to ask it."""

import asyncio
import json
import threading
from collections import Counter
from random import Random
from types import SimpleNamespace

import pytest
import tiny_model
from aiohttp import web
from servers import SETTINGS

from selfinstruct.model.grammar.parsed_prompt import ParsedPrompt
from selfinstruct.model.transformers import Transformers
from selfinstruct.request import Decoding, Request

ROUND = 2817
"""A round for whose first request the random waits between attempts happen to be short."""
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


class Server:
    """Speaks OpenAI's protocol; `answer(prompt, time)` says what, where `time` counts how often a prompt was asked."""

    def __init__(self):
        self.asked = []
        self.times = Counter()
        self.under_way = self.most = 0
        self.answer = lambda prompt, time: f"reply to {prompt}"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        served = web.Server(self._handle, handler_cancellation=True)
        runner = web.ServerRunner(served, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()
        await asyncio.sleep(0.01)  # a connection may have been accepted meanwhile
        for connection in served.connections:
            connection.force_close()
        await asyncio.sleep(0)

    async def _handle(self, request):
        body = await request.json()
        seen = {"path": request.path, "headers": request.headers, "peer": request.transport.get_extra_info("peername")}
        self.asked.append(SimpleNamespace(**seen, body=body, time=self._loop.time()))
        prompt = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
        self.times[prompt] += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            said = self.answer(prompt, self.times[prompt])
            said = await said if asyncio.iscoroutine(said) else said
        finally:
            self.under_way -= 1
        if said is None:
            request.transport.abort()
            return web.Response()
        return said if isinstance(said, web.StreamResponse) else web.json_response(self.reply(said, "messages" in body))

    @staticmethod
    def reply(text, chat=True, **changes):
        said = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
        choice = {"index": 0, "finish_reason": "stop", **said}
        body = {"id": "x", "object": "x", "created": 1, "model": "served-1", "choices": [choice], "usage": USAGE}
        return {**body, **changes}

    @staticmethod
    def error(status, message="no", headers=None, **more):
        return web.json_response({"error": {"message": message, **more}}, status=status, headers=headers)

    @classmethod
    def half_sent(cls):
        return web.Response(text=json.dumps(cls.reply("never read"))[:70], content_type="application/json")

    @staticmethod
    async def silence():
        await asyncio.sleep(10)


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="session")
def servers():
    return Server


@pytest.fixture(scope="session")
def settings():
    """The values of a model behind a network, its name and address aside."""
    return SETTINGS | {"timeout_seconds": 5, "attempts": 2}


@pytest.fixture(scope="session")
def requests():
    def make(count=1, text="question {}", chat=True, system=None, **decoding):
        return [
            Request(
                id=f"stage/{ROUND}/{number}",
                stage="stage",
                round=ROUND,
                text=text.format(number),
                system=system,
                chat=chat,
                decoding=Decoding(**decoding),
                reply_format="numbered_list",
            )
            for number in range(count)
        ]

    return make


@pytest.fixture(scope="session")
def complete():
    def take(model, requests):
        with model.session() as line:
            return [future.result() for future in line.submit(list(requests))]

    return take


@pytest.fixture(scope="session")
def only():
    def unpack(values):
        (value,) = values
        return value

    return unpack


@pytest.fixture
def asking():
    """A prompt as the offline model reads it, with what chance has decided by the number of the draw."""

    def ask(text, reply_format="", *, chat=True, draw=0, repeats=0.0, spoiled=False, **decoding):
        request = Request("stage/1/1", "stage", 1, text, None, chat, Decoding(**decoding), reply_format)
        return ParsedPrompt(request, Random(draw), repeats, spoiled)

    return ask


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A folder with a tiny model whose replies vary."""
    pytest.importorskip("torch", reason="answering in this process needs the extra `train`")
    return tiny_model.write_model(tmp_path_factory.mktemp("tiny"), spread=0.2)


@pytest.fixture(scope="session")
def in_process():
    """Makes a model that answers in this process."""

    def make(base_model, **changes):
        values = {
            "base_model": str(base_model),
            "adapter": None,
            "label": None,
            "mode": "chat",
            "precision": "float32",
            "device": "cpu",
            "batch_size": 8,
            "max_tokens": 40,
        }
        return Transformers(**(values | changes))

    return make
