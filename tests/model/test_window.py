import asyncio
import gc
import threading
import time
from contextlib import asynccontextmanager

import pytest

from selfinstruct.model.window import AHEAD, in_order


def opened(answer, closed=None):
    @asynccontextmanager
    async def opening():
        try:
            yield answer
        finally:
            if closed is not None:
                closed.append(True)

    return opening


async def echo(question):
    return question


async def echo_later(question):
    await asyncio.sleep(question % 7 / 1000)
    return question


async def never(question):
    await asyncio.sleep(60)


def test_answers_come_in_the_order_of_the_questions():
    assert list(in_order(range(200), opened(echo_later), 16)) == list(range(200))


def test_no_questions_have_no_answers():
    assert list(in_order([], opened(echo), 3)) == []


def test_an_answer_is_given_before_the_questions_run_out():
    def endless():
        while True:
            yield 1

    answers = in_order(endless(), opened(echo), 2)

    assert [next(answers) for _ in range(50)] == [1] * 50
    answers.close()


def test_no_more_questions_are_drawn_than_the_window_holds():
    drawn = []
    answers = in_order((drawn.append(number) or number for number in range(100)), opened(echo_later), 4)

    for taken, _ in enumerate(answers, 1):
        assert len(drawn) <= taken + AHEAD * 4


def test_questions_are_drawn_in_the_callers_thread():
    threads = set()

    list(in_order((threads.add(threading.current_thread()) for _ in range(9)), opened(echo), 2))

    assert threads == {threading.current_thread()}


def test_the_limit_is_reached_and_kept():
    under_way, most = set(), []

    async def count(question):
        under_way.add(question)
        most.append(len(under_way))
        await asyncio.sleep(0.005)
        under_way.remove(question)

    list(in_order(range(40), opened(count), 6))

    assert max(most) == 6


def test_one_slow_answer_does_not_stop_the_others():
    done = []

    async def first_is_slow(question):
        await asyncio.sleep(0.2 if question == 0 else 0)
        done.append(question)

    list(in_order(range(9), opened(first_is_slow), 3))

    assert done[-1] == 0


def test_closing_early_cancels_closes_and_ends_the_thread():
    closed, begun, before = [], [], set(threading.enumerate())

    async def only_the_first(question):
        begun.append(question)
        while len(begun) < 8:
            await asyncio.sleep(0.001)
        return question if question == 0 else await never(question)

    answers = in_order(range(100), opened(only_the_first, closed), 8)
    next(answers)
    began = time.monotonic()
    answers.close()

    assert closed == [True]
    assert time.monotonic() - began < 10
    assert set(threading.enumerate()) == before


def test_work_in_the_executor_is_awaited_before_it_is_cancelled():
    begun = []

    async def half_begun(question):
        def slowly():
            begun.append(question)
            time.sleep(0.05)
            return never(question)

        if question:
            return await (await asyncio.get_running_loop().run_in_executor(None, slowly))
        while not begun:
            await asyncio.sleep(0.001)
        return question

    answers = in_order(range(4), opened(half_begun), 4)
    next(answers)

    answers.close()
    gc.collect()  # a coroutine that was never awaited would warn now, and a warning fails the test


def test_an_error_reaches_the_caller():
    async def fail(question):
        raise KeyError(question)

    with pytest.raises(KeyError):
        list(in_order([1], opened(fail), 1))


def test_an_error_while_opening_reaches_the_caller():
    @asynccontextmanager
    async def broken():
        raise ConnectionError("no")
        yield

    with pytest.raises(ConnectionError):
        list(in_order([1], broken, 1))


def test_an_error_while_drawing_a_question_ends_the_asking():
    def draw():
        yield 1
        raise KeyError("no sample")

    closed = []

    with pytest.raises(KeyError):
        list(in_order(draw(), opened(echo, closed), 1))
    assert closed == [True]
