"""What is under way, and the line a minute that says so."""

import threading
from concurrent.futures import Future

import pytest

from selfinstruct.request import Completion, Decoding, Failure, Request
from selfinstruct.storage.tally import Tally, reported


def request(round_=1, number=1, stage="grow"):
    name = f"{stage}/{round_}/{number}"
    return Request(name, stage, round_, "text", None, False, Decoding(), "list")


def completion(**changes):
    known = {"text": "a", "prompt_tokens": 10, "completion_tokens": 5, "cost_usd": 0.25}
    return Completion(**(known | changes))


@pytest.fixture
def ask():
    """A tally, and a way to ask it for the future of a request."""
    tally = Tally()

    def asked(**about):
        reply = Future()
        tally.asked(request(**about), reply)
        return reply

    return tally, asked


def test_nothing_is_under_way_before_something_is_asked():
    assert Tally().row() is None


def test_what_was_asked_answered_and_failed_is_counted(ask):
    tally, asked = ask
    first, second, _ = asked(), asked(number=2), asked(number=3)
    first.set_result(completion())
    second.set_result(completion(failure=Failure("unavailable", "down")))

    assert tally.row() == {
        "stage": "grow",
        "round": 1,
        "last_round": 1,
        "asked": 3,
        "answered": 1,
        "failed": 1,
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "cost_usd": 0.25,
    }


def test_a_reply_that_breaks_is_a_failure_and_one_that_is_not_asked_any_more_counts_for_nothing(ask):
    tally, asked = ask
    asked().set_exception(OSError("disk"))
    asked(number=2).cancel()

    assert {key: tally.row()[key] for key in ("asked", "answered", "failed")} == {
        "asked": 1,
        "answered": 0,
        "failed": 1,
    }


def test_rounds_that_are_asked_ahead_are_added_up_and_committed_ones_are_not(ask):
    tally, asked = ask
    late = asked()
    asked(round_=2).set_result(completion())
    asked(round_=3).set_result(completion())
    assert (tally.row()["round"], tally.row()["last_round"], tally.row()["asked"]) == (1, 3, 3)

    tally.committed("grow", 2)
    late.set_result(completion())  # its round is over

    assert (tally.row()["round"], tally.row()["asked"], tally.row()["answered"]) == (3, 1, 1)
    tally.committed("grow", 3)
    assert tally.row() is None


def test_the_stage_that_was_asked_last_is_reported(ask):
    tally, asked = ask
    asked()
    asked(stage="judge")

    assert tally.row()["stage"] == "judge"


def test_tokens_and_cost_are_unknown_as_soon_as_one_reply_has_none(ask):
    tally, asked = ask
    asked().set_result(completion(cost_usd=None))
    asked(number=2).set_result(completion())

    assert tally.row()["cost_usd"] is None
    assert tally.row()["prompt_tokens"] == 20


def test_a_report_comes_again_and_again_until_it_is_closed(ask):
    tally, asked = ask
    asked()
    rows, three = [], threading.Event()

    def report(row):
        rows.append(row)
        if len(rows) == 3:
            three.set()

    with reported(tally, report, 0.01):
        assert three.wait(30)
    count = len(rows)

    assert rows[0]["asked"] == 1
    threading.Event().wait(0.05)
    assert len(rows) == count


def test_nothing_is_reported_while_nothing_is_under_way():
    rows = []

    with reported(Tally(), rows.append, 0.005):
        threading.Event().wait(0.1)

    assert rows == []


def test_a_round_that_ends_in_time_puts_the_report_off(ask):
    tally, asked = ask
    asked()
    rows = []
    with reported(tally, rows.append, 0.5) as again:
        for _ in range(20):
            again.set()
            threading.Event().wait(0.05)

    assert rows == []


def test_an_interrupt_does_not_wait_for_batches():
    tally = Tally()
    tally.interrupt()
    tally.batches["b"] = 1, 2

    with pytest.raises(KeyboardInterrupt):
        tally.interrupt()
