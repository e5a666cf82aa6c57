"""A server that is down for a while: how it is asked, how long it is waited for, and what a person sees of it."""

import asyncio
import re
from itertools import pairwise
from types import MappingProxyType

import pytest
from virtual import Overload, Status, asked

from selfinstruct.model.health import LONGEST_INTERVAL, span


class Loading(Exception):
    status_code = 503
    message = "Loading model"
    headers = MappingProxyType({"Date": "now"})


def now():
    return asyncio.get_running_loop().time()


def down(start, end, error=lambda: Status(503)):
    """A server that answers nobody between two moments."""

    async def answer(request, time):
        if start <= now() < end:
            raise error()
        await asyncio.sleep(1.0)

    return answer


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


FAULTS = {
    "503": lambda: Status(503),
    "500": lambda: Status(500),
    "429": Overload,
    "reset": lambda: ConnectionResetError("reset"),
    "refused": lambda: ConnectionRefusedError(111, "refused"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("concurrency", [1, 4, 64])
def test_an_outage_is_waited_out_whatever_the_number_of_attempts(fault, concurrency):
    replies, _ = asked(
        down(10.0, 1500.0, FAULTS[fault]), 200, concurrency=concurrency, attempts=2, deadline_seconds=1800
    )

    assert all(reply.failure is None for reply in replies)


def test_a_server_that_hangs_and_comes_back_is_waited_out():
    async def answer(request, time):
        await asyncio.sleep(10_000.0 if 10 <= now() < 500 else 1.0)

    replies, _ = asked(answer, 100, attempts=2, deadline_seconds=1800)

    assert all(reply.failure is None for reply in replies)


def test_while_a_server_is_down_it_is_asked_by_one_request_at_a_time_and_ever_less_often():
    _, attempts = asked(down(10.0, 700.0), 2000, concurrency=64, deadline_seconds=1800)

    times = [time for _, time in attempts if 20.0 <= time < 700.0]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) < 50
    assert max(gaps) <= LONGEST_INTERVAL
    assert min(gaps[4:]) >= LONGEST_INTERVAL / 2


def test_when_the_server_is_back_all_of_them_are_sent_at_once():
    _, attempts = asked(down(10.0, 300.0), 2000, concurrency=64, deadline_seconds=1800)

    back = min(time for _, time in attempts if time >= 300.0) + 1.0
    assert sum(back <= time <= back + 1.0 for _, time in attempts) > 60


def test_an_outage_that_lasts_longer_than_the_deadline_stops_the_run_then():
    replies, attempts = asked(down(10.0, 10**6), 100, deadline_seconds=600)

    failed = [reply for reply in replies if reply.failure]
    assert {reply.failure.kind for reply in failed} == {"unavailable"}
    assert failed[0].failure.message.startswith("no answer in the time that a request has: ")
    assert 550 <= attempts[-1][1] <= 610


def test_a_server_that_was_never_heard_of_is_given_up_after_its_attempts():
    replies, attempts = asked(down(0.0, 10**6), 100, deadline_seconds=1800)

    assert {reply.failure.kind for reply in replies} == {"unavailable"}
    assert attempts[-1][1] < 10


def test_a_server_that_has_answered_an_earlier_process_is_waited_for_from_the_start():
    replies, _ = asked(down(0.0, 900.0), 100, remembered=["s"], deadline_seconds=1800)

    assert all(reply.failure is None for reply in replies)


def test_an_address_without_a_server_is_reported_soon_whatever_an_earlier_process_saw():
    replies, attempts = asked(
        down(0.0, 10**6, FAULTS["refused"]), 100, remembered=["s"], deadline_seconds=1800, attempts=8
    )

    assert "Is the address right" in replies[0].failure.message
    assert attempts[-1][1] < 5


def test_a_server_that_is_loading_is_waited_for_from_the_start(caplog):
    replies, attempts = asked(down(0.0, 400.0, Loading), 100, concurrency=64, deadline_seconds=1800)

    assert all(reply.failure is None for reply in replies)
    assert sum(0.0 < time < 400.0 for _, time in attempts) < 40
    assert "Loading model" in warnings(caplog)[0]


def test_a_person_sees_a_session_a_minute_and_when_it_is_over(caplog):
    asked(down(10.0, 250.0), 100, deadline_seconds=1800)

    *lines, last = warnings(caplog)
    assert 3 <= len(lines) <= 4
    assert re.fullmatch(r"The server has been unavailable for \d\d s \(status 503\); retrying\.", lines[0])
    assert re.fullmatch(r"The server has been unavailable for [23] min \(status 503\); retrying\.", lines[2])
    assert last in [f"The server answers again after {minutes} min." for minutes in (4, 5)]  # waits are drawn


def test_an_outage_of_seconds_is_in_the_log_alone(caplog):
    asked(down(10.0, 14.0), 100, deadline_seconds=1800)

    assert warnings(caplog) == []


def test_a_fault_holds_no_escape_of_a_terminal(caplog):
    class Hostile(Exception):
        status_code = 503
        message = "\x1b[2J gone"

    asked(down(10.0, 50.0, Hostile), 100)

    assert "\x1b" not in warnings(caplog)[0]


def test_faults_of_one_request_while_others_are_answered_are_its_own():
    async def answer(request, time):
        await asyncio.sleep(1.0)
        if request.text == "5":
            raise Status(500)

    replies, attempts = asked(answer, 300, concurrency=2, attempts=4, deadline_seconds=1800)

    assert replies[5].failure.message == "no answer in 4 attempts; the last: status 500"
    assert [text for text, _ in attempts].count("5") == 4


def test_an_overload_does_not_count_against_a_request_however_often_it_comes():
    async def answer(request, time):
        await asyncio.sleep(1.0)
        if request.text == "5" and time < 12:
            raise Overload

    replies, _ = asked(answer, 600, concurrency=2, attempts=2)

    assert all(reply.failure is None for reply in replies)


def test_a_wait_that_a_server_asks_for_during_an_outage_is_kept():
    _, attempts = asked(down(10.0, 200.0, lambda: Overload(retry_after=90)), 40, deadline_seconds=1800)

    times = sorted({time for _, time in attempts if 11.0 < time < 200.0})
    assert len(times) <= 3


@pytest.mark.parametrize(("seconds", "text"), [(9.6, "10 s"), (60, "1 min"), (150, "2 min"), (3600, "60 min")])
def test_a_span_is_reported_in_its_unit(seconds, text):
    assert span(seconds) == text
