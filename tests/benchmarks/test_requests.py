"""How close the models come to the ideal, which is latency × requests ÷ concurrency, and what a request costs.

    python -m pytest tests/benchmarks/test_requests.py

The server is a process of its own and takes about 0.05 ms of a core for a request.  Time is that of the wall from
opening the line to the last reply; CPU is that of this process, all threads.  Each client is asked once before it is
measured, so that imports and first calls do not count.  Bare clients are the least code that keeps the concurrency:
what ours take beyond them is the price of order, retries, limits and window.
"""

import asyncio
import gc
import json
import subprocess
import sys
import time
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from servers import SETTINGS

from selfinstruct.model.connection import close_cached, loaded
from selfinstruct.model.endpoint import Endpoint
from selfinstruct.model.litellm import LiteLLM
from selfinstruct.model.offline import Offline
from selfinstruct.request import Decoding, Request
from selfinstruct.storage.completions import Store
from selfinstruct.storage.recording import recorded

TEXT = "Come up with a task that a person might give to an assistant. " * 12
REPLY = {
    "id": "x",
    "object": "chat.completion",
    "created": 1,
    "model": "served",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "A reply. " * 40}}],
    "usage": {"prompt_tokens": 150, "completion_tokens": 80, "total_tokens": 230},
}
LOADS = [(1, 50, 60), (32, 50, 2000), (256, 50, 4000), (32, 500, 320), (256, 500, 2560)]
"""Concurrency, latency in milliseconds, requests."""
NEAR = {(1, 50): 1.2, (32, 50): 1.2, (256, 50): 3.5, (32, 500): 1.2, (256, 500): 1.3}
"""Times the ideal that the wall may take."""


class Replying(asyncio.Protocol):
    """Answers every POST to /<milliseconds>/… after so long."""

    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            size = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            if len(self.buffer) < end + 4 + size:
                return
            self.buffer = self.buffer[end + 4 + size :]
            delay = int(head.split(b"/")[1]) / 1000
            asyncio.get_running_loop().call_later(delay, self.transport.write, ANSWER)


BODY = json.dumps(REPLY).encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


async def serve():
    server = await asyncio.get_running_loop().create_server(Replying, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@pytest.fixture(scope="module")
def server():
    process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def requests(count):
    decoding = Decoding(max_tokens=256, temperature=0.7, top_p=0.5, stop=["\n\n", "\n16."])
    return [
        Request(f"stage/1/{number}", "stage", 1, f"{number} {TEXT}", None, True, decoding, "numbered_list")
        for number in range(count)
    ]


def through(model, count):
    with model.session() as line:
        return [future.result().text for future in line.submit(requests(count))]


def endpoint(base, concurrency, count):
    return through(Endpoint(name="served", api_base=base, **SETTINGS | {"concurrency": concurrency}), count)


def litellm(base, concurrency, count):
    return through(LiteLLM(name="openai/served", api_base=base, **SETTINGS | {"concurrency": concurrency}), count)


def endpoint_within_limits(base, concurrency, count):
    limits = {"requests_per_minute": 10**7, "tokens_per_minute": 10**9}
    return through(Endpoint(name="served", api_base=base, **SETTINGS | limits | {"concurrency": concurrency}), count)


def endpoint_with_the_store(base, concurrency, count):
    model = Endpoint(name="served", api_base=base, **SETTINGS | {"concurrency": concurrency})
    with (
        TemporaryDirectory() as folder,
        closing(Store(Path(folder) / "completions.sqlite")) as store,
        recorded(model, store) as answering,
    ):
        return [reply.text for reply in answering.complete(requests(count))]


def offline(base, concurrency, count):
    return through(Offline(mode="chat", repeats=0, truncated=0, bad_format=0, chatty=0, thinking=0), count)


def gathered(opened, concurrency, count):
    """Every request through one function, with a semaphore."""

    async def run():
        room = asyncio.Semaphore(concurrency)
        async with opened() as send:

            async def one(request):
                async with room:
                    return await send(request)

            return await asyncio.gather(*(one(request) for request in requests(count)))

    return asyncio.run(run())


def messages(request):
    return [{"role": "user", "content": request.text}]


def bare_aiohttp(base, concurrency, count):
    import aiohttp

    @asynccontextmanager
    async def opened():
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def send(request):
                parameters = {"max_tokens": 256, "temperature": 0.7, "top_p": 0.5, "stop": request.decoding.stop}
                body = {"model": "served", "messages": messages(request), **parameters}
                async with session.post(f"{base}/chat/completions", json=body) as response:
                    return (await response.json())["choices"][0]["message"]["content"]

            yield send

    return gathered(opened, concurrency, count)


def bare_litellm(base, concurrency, count):
    @asynccontextmanager
    async def opened():
        async def send(request):
            parameters = {"max_tokens": 256, "temperature": 0.7, "top_p": 0.5, "stop": request.decoding.stop}
            named = {"model": "openai/served", "api_base": base, "api_key": "none"}
            response = await loaded().acompletion(
                **named, **parameters, messages=messages(request), max_retries=0, num_retries=0, timeout=60
            )
            return response.choices[0].message.content

        yield send
        await close_cached()

    return gathered(opened, concurrency, count)


CLIENTS = {
    "aiohttp alone": bare_aiohttp,
    "model=endpoint": endpoint,
    "model=endpoint within limits": endpoint_within_limits,
    "model=endpoint, every reply on disk": endpoint_with_the_store,
    "litellm alone": bare_litellm,
    "LiteLLM part": litellm,
    "offline": offline,
}
BARE = {
    "model=endpoint": ("aiohttp alone", "+0.2 ms"),
    "model=endpoint within limits": ("aiohttp alone", "+0.2 ms"),
    "model=endpoint, every reply on disk": ("aiohttp alone", "+0.4 ms"),
    "LiteLLM part": ("litellm alone", "1.15"),
}
"""What each stands beside, and how much more it may take."""
SLOW = ("litellm alone", "LiteLLM part")
"""Whose share of the requests is smaller, since each takes milliseconds of a core."""


@contextmanager
def measured():
    """Seconds of the wall and of this process."""
    gc.collect()
    began, used = time.perf_counter(), time.process_time()
    took = []
    yield took
    took += [time.perf_counter() - began, time.process_time() - used]


@pytest.fixture(scope="module", autouse=True)
def settled():
    """LiteLLM's modules are loaded, and no garbage collection goes through them while something is measured."""
    loaded()
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize(("concurrency", "latency", "count"), LOADS)
def test_requests_against_the_ideal(server, table, concurrency, latency, count):
    load = f"{concurrency} at once, {latency} ms"
    cpu = {}
    for name, ask in CLIENTS.items():
        asked = max(concurrency * 2, count // 4) if name in SLOW else count
        ask(f"{server}/1/v1", concurrency, min(asked, 8))
        with measured() as took:
            replies = ask(f"{server}/{latency}/v1", concurrency, asked)
        assert len(replies) == asked
        seconds, cpu[name] = took[0], took[1] / asked * 1000
        if name != "offline":
            ideal = latency / 1000 * asked / concurrency
            limit = f"{NEAR[concurrency, latency]}" if name.startswith("model=endpoint") else None
            values = {"against": "the ideal", "theirs": ideal, "ratio": seconds / ideal, "limit": limit}
            table.row("requests, seconds", f"{name}, {load}", seconds, **values)
    for name, (bare, limit) in BARE.items():
        values = {"against": bare, "theirs": cpu[bare], "ratio": cpu[name] / cpu[bare], "limit": limit}
        table.row("requests, ms of CPU each", f"{name}, {load}", cpu[name], **values)
    table.row("requests, ms of CPU each", f"offline, {load}", cpu["offline"])


if __name__ == "__main__":
    asyncio.run(serve())
