"""Batches in a thread of their own: their order, their failures, and their end."""

import threading
import time
from concurrent.futures import CancelledError

import pytest
from interrupting import interrupted

from selfinstruct.errors import ModelError
from selfinstruct.model.batch_session import BatchSession
from selfinstruct.request import Completion


class Loaded:
    """Stands for a loaded model: answers by a function, and remembers its batches."""

    def __init__(self, answer=lambda request: request.text):
        self.answer, self.batches, self.began = answer, [], threading.Event()

    def completions(self, requests, is_given_up):
        self.batches.append([request.text for request in requests])
        self.began.set()
        return [Completion(self.answer(request)) for request in requests]


class Endless(Loaded):
    """Computes until it is given up."""

    def completions(self, requests, is_given_up):
        self.began.set()
        while not is_given_up():
            time.sleep(0.001)
        raise CancelledError


@pytest.fixture
def session(in_process):
    def opened(answers, batch_size=4):
        load = answers if callable(answers) else lambda model: answers
        return BatchSession(in_process("none", batch_size=batch_size), load)

    return opened


def test_what_is_handed_over_together_is_answered_in_batches_in_the_order_asked(session, requests):
    loaded = Loaded()

    with session(loaded) as opened:
        futures = [*opened.submit(requests(10, "{}")), *opened.submit(requests(3, "more {}"))]
        said = [future.result().text for future in futures]

    assert said == [*map(str, range(10)), "more 0", "more 1", "more 2"]
    assert [len(batch) for batch in loaded.batches] == [4, 4, 2, 3]


def test_nothing_is_loaded_and_no_thread_started_for_no_request(session):
    loads, before = [], threading.active_count()

    with session(lambda model: loads.append(model)) as opened:
        assert opened.submit([]) == []
        assert threading.active_count() == before

    assert loads == []


def test_asking_comes_back_before_anything_is_computed(session, requests):
    release = threading.Event()

    with session(Loaded(lambda request: str(release.wait(10)))) as opened:
        futures = opened.submit(requests(2))
        assert not any(future.done() for future in futures)
        release.set()
        assert [future.result().text for future in futures] == ["True", "True"]


def test_a_request_that_was_cancelled_is_not_computed(session, requests):
    release = threading.Event()
    loaded = Loaded(lambda request: str(release.wait(10)))

    with session(loaded) as opened:
        opened.submit(requests(1, "first"))
        waiting = opened.submit(requests(2, "second {}"))
        waiting[0].cancel()
        release.set()
        waiting[1].result()

    assert loaded.batches == [["first"], ["second 1"]]


def test_a_model_that_cannot_be_loaded_is_the_failure_of_every_request_and_loaded_once(session, requests):
    loads = []

    def load(model):
        loads.append(model)
        raise ModelError("model.base_model=x cannot be loaded.")

    with session(load, batch_size=1) as opened:
        failures = [future.result().failure for future in opened.submit(requests(3))]

    assert {(one.kind, one.message) for one in failures} == {("fatal", "model.base_model=x cannot be loaded.")}
    assert len(loads) == 1


def test_an_error_that_nobody_foresaw_is_a_failure_in_one_line_and_nothing_waits_forever(session, requests):
    def answer(request):
        raise SystemExit("bad\n  weights")

    with session(Loaded(answer), batch_size=1) as opened:
        failures = [future.result(10).failure for future in opened.submit(requests(2))]

    assert [one.message for one in failures] == ["SystemExit: bad"] * 2


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory"),
        type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory. Tried to allocate 2.00 GiB."),
    ],
)
def test_a_batch_that_does_not_fit_into_the_memory_names_the_key(session, requests, error):
    def answer(request):
        raise error

    with session(Loaded(answer)) as opened:
        failure = opened.submit(requests(4))[0].result().failure
    with session(Loaded(answer), batch_size=1) as opened:
        alone = opened.submit(requests(1))[0].result().failure

    assert failure.kind == "fatal"
    assert failure.message.endswith("to answer 4 requests at once. Set model.batch_size=2 (now 4).")
    assert "lower max_tokens" in alone.message


def test_closing_gives_up_what_is_computed_and_cancels_what_waits(session, requests):
    loaded, before = Endless(), set(threading.enumerate())

    with session(loaded) as opened:
        futures = opened.submit(requests(9))
        loaded.began.wait(10)

    assert {future.result(0).failure.kind for future in futures[:4]} == {"unavailable"}
    assert all(future.cancelled() for future in futures[4:])
    assert set(threading.enumerate()) == before


def test_after_the_closing_nothing_is_computed_and_nothing_can_be_asked(session, requests):
    loaded = Loaded()

    with session(loaded) as opened:
        opened.submit(requests(1))[0].result()
    with pytest.raises(RuntimeError, match="closed"):
        opened.submit(requests(1))

    assert len(loaded.batches) == 1


def test_an_interrupt_of_the_one_who_waits_ends_soon(session, requests):
    began = time.monotonic()

    with interrupted(0.2), pytest.raises(KeyboardInterrupt), session(Endless()) as opened:
        opened.submit(requests(2))[0].result()

    assert time.monotonic() - began < 3


@pytest.mark.slow
def test_closing_waits_a_few_seconds_at_most_for_a_model_that_is_being_loaded(session, requests):
    release = threading.Event()
    began = time.monotonic()

    def load(model):
        release.wait(60)
        return Loaded()

    with session(load) as opened:
        opened.submit(requests(1))
        began = time.monotonic()
    seconds = time.monotonic() - began
    release.set()

    assert seconds < 10


def test_the_memory_of_the_model_is_free_again_after_the_closing(session, requests):
    with session(Loaded()) as opened:
        opened.submit(requests(1))[0].result()

    assert opened._answers is None
