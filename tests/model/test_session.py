import asyncio
import gc
import logging
import subprocess
import sys
import threading
import time
from contextlib import asynccontextmanager

import pytest
from interrupting import interrupted
from virtual import endpoint

from selfinstruct.model import Session
from selfinstruct.model.session import AsyncSession
from selfinstruct.request import Completion, Decoding, Request


def requests(count):
    return [Request(f"s/1/{n}", "s", 1, f"{n}", None, True, Decoding(), "yes_no") for n in range(count)]


def line(send, closed=None):
    @asynccontextmanager
    async def opened():
        try:
            yield send
        finally:
            if closed is not None:
                closed.append(True)

    return AsyncSession(opened, endpoint(attempts=2))


async def echo(request):
    return Completion(request.text)


async def never(request):
    await asyncio.sleep(60)


def begin(asked, count, under_way=1):
    """Ask so much, and come back when so many requests are under way."""
    futures = asked.submit(requests(count))
    while sum(future.running() for future in futures) < under_way:
        time.sleep(0.001)
    return futures


def test_asking_comes_back_at_once_with_a_future_for_each_request():
    release = threading.Event()

    async def wait(request):
        while not release.is_set():
            await asyncio.sleep(0.001)
        return Completion(request.text)

    with line(wait) as asked:
        futures = asked.submit(requests(10))
        assert not any(future.done() for future in futures)
        release.set()
        assert [future.result().text for future in futures] == [f"{number}" for number in range(10)]


def test_it_can_be_asked_again_and_from_several_threads():
    replies = []

    def ask(open_line: Session):
        replies.extend(future.result().text for future in open_line.submit(requests(50)))

    with line(echo) as asked:
        threads = [threading.Thread(target=ask, args=(asked,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(replies) == 150


def test_nothing_is_opened_for_no_request():
    closed, before = [], threading.active_count()

    with line(echo, closed) as asked:
        assert asked.submit([]) == []
        assert threading.active_count() == before

    assert closed == []


def test_what_was_opened_is_closed_in_the_end():
    closed, before = [], set(threading.enumerate())

    with line(echo, closed) as asked:
        asked.submit(requests(3))
        asked.submit(requests(3))

    assert closed == [True]
    assert set(threading.enumerate()) == before


def test_after_the_closing_nothing_can_be_asked():
    with line(echo) as asked:
        pass

    with pytest.raises(RuntimeError, match="closed"):
        asked.submit(requests(1))


def test_what_is_under_way_is_waited_for():
    async def slow(request):
        await asyncio.sleep(0.2)
        return Completion(request.text)

    with line(slow) as asked:
        futures = begin(asked, 9)

    assert [future.cancelled() for future in futures] == [False] * 4 + [True] * 5
    assert [future.result().text for future in futures[:4]] == ["0", "1", "2", "3"]


def test_the_callbacks_of_a_reply_have_been_called_when_the_session_is_closed():
    kept = []

    with line(echo) as asked:
        for future in asked.submit(requests(4)):
            future.add_done_callback(lambda done: done.cancelled() or kept.append(done.result().text))
        future.result()

    assert "3" in kept


def test_an_interrupt_while_closing_ends_the_waiting_and_leaves_nothing():
    closed, before = [], set(threading.enumerate())
    began = time.monotonic()

    with interrupted(0.2), pytest.raises(KeyboardInterrupt), line(never, closed) as asked:
        futures = begin(asked, 9)
    gc.collect()

    assert time.monotonic() - began < 10
    assert closed == [True]
    assert [future.cancelled() for future in futures] == [False] * 4 + [True] * 5
    assert {future.result().failure.kind for future in futures[:4]} == {"unavailable"}
    assert set(threading.enumerate()) == before


def test_an_interrupt_of_the_asking_is_reported_what_it_waits_for(caplog):
    caplog.set_level(logging.INFO)

    async def slow(request):
        await asyncio.sleep(0.3)
        return Completion(request.text)

    def ask():
        with line(slow) as asked:
            begin(asked, 2, under_way=2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask()

    assert "Waiting for 2 requests under way" in caplog.text


def test_work_in_the_executor_is_awaited_before_it_is_cancelled():
    async def half_begun(request):
        def slowly():
            time.sleep(0.3)
            return never(request)

        return await (await asyncio.get_running_loop().run_in_executor(None, slowly))

    with interrupted(0.1), pytest.raises(KeyboardInterrupt), line(half_begun) as asked:
        asked.submit(requests(4))
    gc.collect()  # a coroutine that was never awaited would warn now, and a warning fails the test


def test_what_cannot_be_opened_is_the_failure_of_every_request(monkeypatch):
    monkeypatch.setenv("SOME_KEY", "secret")

    @asynccontextmanager
    async def broken():
        raise ConnectionError("no secret way")
        yield

    with AsyncSession(broken, endpoint(key_env="SOME_KEY")) as asked:
        first = [future.result().failure for future in asked.submit(requests(3))]
        later = [future.result().failure for future in asked.submit(requests(3))]

    assert {(failure.kind, failure.message) for failure in [*first, *later]} == {("fatal", "no [key] way")}


def test_an_error_of_the_caller_continues_after_the_closing():
    closed = []

    def ask():
        with line(echo, closed) as asked:
            begin(asked, 1, under_way=0)
            raise KeyError

    with pytest.raises(KeyError):
        ask()

    assert closed == [True]


def test_threads_take_turns_more_often_while_a_session_is_used():
    before = sys.getswitchinterval()

    with line(echo) as asked:
        assert sys.getswitchinterval() == before
        begin(asked, 1, under_way=0)
        assert sys.getswitchinterval() == pytest.approx(0.001)

    assert sys.getswitchinterval() == before


def test_where_no_loop_can_be_had_asking_fails_instead_of_waiting_forever():
    code = """
import os, resource
from selfinstruct.model.endpoint import Endpoint
from selfinstruct.model.session import AsyncSession
from selfinstruct.request import Decoding, Request
settings = Endpoint(
    name="x", mode="chat", api_base="http://127.0.0.1:9/v1", key_env=None, key_required=False, concurrency=1,
    timeout_seconds=1, deadline_seconds=None, attempts=1, requests_per_minute=None, tokens_per_minute=None,
    price={"prompt": None, "completion": None}, store=None, extra={},
)
request = Request("s/1/1", "s", 1, "x", None, True, Decoding(), "yes_no")
taken = os.open(os.devnull, os.O_RDONLY)
resource.setrlimit(resource.RLIMIT_NOFILE, (taken + 1, taken + 1))
try:
    with AsyncSession(None, settings) as session:
        session.submit([request])
except OSError as error:
    print(error.strerror)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.stdout == "Too many open files\n"
    assert "never awaited" not in done.stderr
