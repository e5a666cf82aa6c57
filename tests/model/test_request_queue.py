"""In one event loop whose time is virtual: a minute passes as soon as nothing else is to be done."""

import asyncio
from concurrent.futures import Future

import pytest
from virtual import Overload, Status, asked, endpoint, lasting, request, run

from selfinstruct.model.failed_attempt import GarbledError
from selfinstruct.model.request_queue import RequestQueue
from selfinstruct.model.secrets import Secrets
from selfinstruct.request import Completion, Failure


def test_requests_are_sent_in_the_order_asked_as_places_are_free():
    replies, attempts = asked(lasting(1.0), 10)

    assert [reply.text for reply in replies] == [str(number) for number in range(10)]
    assert attempts == [(str(number), number // 4) for number in range(10)]


def test_one_slow_reply_holds_up_no_other():
    async def answer(request, time):
        await asyncio.sleep(50.0 if request.text == "0" else 1.0)

    _, attempts = asked(answer, 10, concurrency=2)

    assert attempts[-1] == ("9", 8.0)


def test_the_seconds_of_a_reply_count_all_attempts_but_not_the_waiting_for_a_place():
    replies, _ = asked(lasting(2.0), 3, concurrency=1)

    assert [reply.seconds for reply in replies] == [2.0, 2.0, 2.0]


def test_an_attempt_that_takes_too_long_is_given_up():
    replies, attempts = asked(lasting(10.0), 1, timeout_seconds=3, attempts=2)

    assert replies[0].failure.message == "no answer in 2 attempts; the last: no answer within 3 s"
    assert len(attempts) == 2
    assert 6.0 <= replies[0].seconds <= 7.0


def test_a_request_is_given_up_when_its_time_is_over_whatever_is_under_way(caplog):
    caplog.set_level("INFO")
    replies, attempts = asked(lasting(10.0), 1, timeout_seconds=7, deadline_seconds=12)

    assert replies[0].failure == Failure(
        "unavailable", "no answer in the time that a request has: 2 attempts; the last: no answer yet"
    )
    assert replies[0].seconds == 12.0
    assert len(attempts) == len(caplog.records) == 2


def test_a_wait_that_would_outlast_the_time_of_a_request_is_not_started():
    async def answer(request, time):
        raise Overload(retry_after=30)

    replies, _ = asked(answer, 1, deadline_seconds=20)

    assert replies[0].failure.kind == "unavailable"
    assert replies[0].seconds == 0.0


def test_a_request_whose_time_is_over_while_it_waits_for_room_makes_room_for_the_others():
    async def answer(request, time):
        if request.text == "0" and time == 1:
            raise Status(500)
        if request.text == "1" and time == 1:
            await asyncio.sleep(2.0)
            raise Overload(retry_after=15)
        await asyncio.sleep(30.0 if request.text == "0" else 1.0)

    replies, _ = asked(answer, 2, concurrency=2, deadline_seconds=20, requests_per_minute=3)

    assert [reply.failure is None for reply in replies] == [False, False]


def test_a_request_that_gets_only_garbled_replies_is_refused_and_the_others_are_answered():
    async def answer(request, time):
        if request.text == "1":
            raise GarbledError(200, "half", {})

    replies, attempts = asked(answer, 6, concurrency=2)

    assert [reply.failure and reply.failure.kind for reply in replies] == [None, "refused", None, None, None, None]
    assert sum(text == "1" for text, _ in attempts) == 6


def test_a_server_that_garbles_everything_stops_the_line():
    async def answer(request, time):
        raise GarbledError(200, "half", {})

    replies, attempts = asked(answer, 50)

    assert {reply.failure.kind for reply in replies} == {"fatal"}
    assert len(attempts) <= 24


def test_a_key_is_taken_out_of_the_reply():
    async def answer(request, time):
        return Completion("my-key-012345 is the key")

    async def play():
        queue = RequestQueue(endpoint(), Secrets("my-key-012345"))
        future = Future()
        queue.open(lambda request: answer(request, 1))
        queue.extend([(request(1), future)])
        return await asyncio.wrap_future(future)

    assert run(play).text == "[key] is the key"


def test_a_request_keeps_its_place_while_it_waits_for_another_attempt():
    async def answer(request, time):
        if time < 3:
            raise Status(500)

    _, attempts = asked(answer, 2, concurrency=1)

    assert [text for text, _ in attempts] == ["0", "0", "0", "1", "1", "1"]


def test_what_is_tried_again_goes_before_what_was_never_sent():
    async def answer(request, time):
        if request.text == "1" and time == 1:
            raise Overload(retry_after=5)
        await asyncio.sleep(1.0)

    _, attempts = asked(answer, 12, concurrency=4)

    assert [text for text, _ in attempts][:4] == ["0", "1", "2", "3"]
    later = [text for text, time in attempts if time >= 5.0]
    assert later.index("1") <= 2


def test_while_a_server_asks_to_wait_nothing_is_sent():
    async def answer(request, time):
        if request.text == "0" and time == 1:
            raise Overload(retry_after=30)
        await asyncio.sleep(1.0)

    _, attempts = asked(answer, 20)

    assert {time for _, time in attempts if 0.0 < time < 30.0} == set()


def test_a_server_cannot_stop_everything_for_more_than_five_minutes():
    async def answer(request, time):
        if time == 1:
            raise Overload(retry_after=10**6)

    replies, attempts = asked(answer, 1)

    assert replies[0].failure is None
    assert attempts[1][1] == 300.0


def test_after_an_overload_fewer_are_under_way_and_then_more_again():
    under_way, most = set(), []

    async def answer(request, time):
        if int(request.text) < 8 and time == 1:
            raise Overload
        under_way.add(request.text)
        most.append(len(under_way))
        await asyncio.sleep(1.0)
        under_way.remove(request.text)

    asked(answer, 300, concurrency=8)

    assert max(most[:6]) == 5
    assert max(most) == 8


def test_an_overload_that_does_not_end_stops_the_session_and_loses_nothing():
    async def answer(request, time):
        raise Overload

    replies, attempts = asked(answer, 50)

    assert {reply.failure.kind for reply in replies} == {"unavailable"}
    assert len(attempts) <= 12


@pytest.mark.parametrize("status", [401, 404])
def test_after_a_fatal_failure_nothing_is_sent_and_what_is_under_way_may_end(status):
    async def answer(request, time):
        if request.text == "0":
            await asyncio.sleep(1.0)
            raise Status(status)
        if request.text == "1":
            raise Status(500)
        await asyncio.sleep(5.0)

    replies, attempts = asked(answer, 20, attempts=30)

    assert {text for text, _ in attempts} <= {"0", "1", "2", "3"}
    assert [reply.text for reply in replies[2:4]] == ["2", "3"]
    assert {reply.failure.message for reply in [*replies[:2], *replies[4:]]} == {f"status {status}"}


def test_a_refused_request_ends_nothing():
    async def answer(request, time):
        if request.text == "1":
            raise Status(400)

    replies, _ = asked(answer, 8, concurrency=1)

    assert [reply.failure is not None for reply in replies] == [number == 1 for number in range(8)]


def test_the_limit_of_requests_holds_for_attempts_too():
    async def answer(request, time):
        if time == 1:
            raise Status(500)

    _, attempts = asked(answer, 30, requests_per_minute=30)

    times = sorted(time for _, time in attempts)
    assert len(times) == 60
    assert all(later - earlier >= 59.99 for earlier, later in zip(times, times[30:], strict=False))


def test_the_limit_of_tokens_is_put_right_by_what_the_replies_count():
    async def answer(request, time):
        return Completion("x", prompt_tokens=5, completion_tokens=5)

    async def play():
        queue = RequestQueue(endpoint(tokens_per_minute=1000), Secrets())
        futures = [Future() for _ in range(90)]
        queue.extend([(request(number, max_tokens=900), future) for number, future in enumerate(futures)])
        queue.open(lambda request: answer(request, 1))
        await asyncio.gather(*map(asyncio.wrap_future, futures))
        return asyncio.get_running_loop().time()

    assert run(play) < 61.0 * 9


def test_a_future_that_is_cancelled_before_its_turn_is_not_sent():
    sent = []

    async def send(request):
        sent.append(request.text)
        await asyncio.sleep(1.0)
        return Completion(request.text)

    async def play():
        queue = RequestQueue(endpoint(concurrency=1), Secrets())
        futures = [Future() for _ in range(3)]
        queue.open(send)
        queue.extend([(request(number), future) for number, future in enumerate(futures)])
        assert not futures[0].cancel()
        assert futures[1].cancel()
        await asyncio.gather(*map(asyncio.wrap_future, futures[::2]))

    run(play)

    assert sent == ["0", "2"]


def test_closing_cancels_what_waits_gives_up_what_would_be_tried_again_and_lets_the_rest_end():
    async def send(request):
        if request.text == "0":
            raise Overload(retry_after=50)
        await asyncio.sleep(3.0)
        if request.text == "1":
            raise Status(500)
        return Completion(request.text)

    async def play():
        queue = RequestQueue(endpoint(concurrency=3), Secrets())
        futures = [Future() for _ in range(6)]
        queue.open(send)
        queue.extend([(request(number), future) for number, future in enumerate(futures)])
        await asyncio.sleep(1.0)
        queue.close()
        assert queue.under_way == 3
        await queue.over.wait()
        return futures, asyncio.get_running_loop().time()

    futures, now = run(play)

    assert [future.cancelled() for future in futures] == [False] * 3 + [True] * 3
    assert [future.result().failure is None for future in futures[:3]] == [False, False, True]
    assert futures[1].result().failure.kind == "unavailable"
    assert now == 3.0


def test_what_waits_for_room_to_try_again_is_given_up_too():
    async def send(request):
        if request.text == "0":
            raise Overload
        await asyncio.sleep(20.0)
        return Completion(request.text)

    async def play():
        queue = RequestQueue(endpoint(concurrency=2), Secrets())
        futures = [Future() for _ in range(2)]
        queue.open(send)
        queue.extend([(request(number), future) for number, future in enumerate(futures)])
        await asyncio.sleep(10.0)
        queue.close()
        await queue.over.wait()
        return futures

    first, second = run(play)

    assert first.result().failure.kind == "unavailable"
    assert second.result().text == "1"


def test_a_bug_reaches_the_caller():
    class Broken(Secrets):
        def out_of_message(self, text):
            raise KeyError("defect")

    async def send(request):
        raise Status(400)

    async def play():
        queue = RequestQueue(endpoint(concurrency=1), Broken())
        futures = [Future() for _ in range(2)]
        queue.open(send)
        queue.extend([(request(number), future) for number, future in enumerate(futures)])
        await asyncio.gather(*map(asyncio.wrap_future, futures), return_exceptions=True)
        queue.close()
        await queue.over.wait()
        return futures

    assert all(isinstance(future.exception(), KeyError) for future in run(play))
