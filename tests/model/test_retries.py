import logging
from random import Random

import pytest

from selfinstruct.model.failed_attempt import FailedAttempt
from selfinstruct.model.health import Health
from selfinstruct.model.retries import Attempts, Outcome, backoff
from selfinstruct.request import Failure


def test_the_bound_of_the_wait_doubles_up_to_a_minute():
    longest = [max(backoff(attempt, None, Random(seed)) for seed in range(300)) for attempt in range(1, 10)]

    assert longest == pytest.approx([1, 2, 4, 8, 16, 32, 60, 60, 60], rel=0.05)
    assert min(backoff(9, None, Random(seed)) for seed in range(300)) < 1


def test_the_server_is_given_the_time_it_asks_for_but_no_more_than_five_minutes():
    assert 30 <= backoff(1, 30.0, Random(0)) <= 31
    assert backoff(1, 4000.0, Random(0)) == 300
    assert backoff(9, 0.0, Random(3)) == backoff(9, None, Random(3))


def transient(message="no", retry_after=None):
    return FailedAttempt("transient", message, retry_after)


def after(*errors, most=3, clean=str, health=None, left=None):
    attempts = Attempts(most, "stage/1/1", clean, health or Health())
    found = [attempts.after(error, left) for error in errors]
    return [one.reply if isinstance(one, Outcome) else one for one in found]


def test_what_passes_is_tried_again_after_a_wait():
    first, second = after(transient(), transient(retry_after=9))

    assert 0 <= first < 1
    assert 9 <= second <= 10


def test_the_waits_of_a_request_are_its_own_and_the_same_each_time():
    assert after(transient(), transient()) == after(transient(), transient())
    assert Attempts(3, "stage/1/2", str, Health()).after(transient()) != after(transient())[0]


@pytest.mark.parametrize("kind", ["refused", "fatal"])
def test_what_is_permanent_is_not_tried_again(kind):
    assert after(FailedAttempt(kind, "HTTP 400, too long")) == [Failure(kind, "HTTP 400, too long")]


def test_after_the_last_attempt_there_is_no_wait():
    *waits, last = after(*[transient(f"error {number}") for number in range(3)])

    assert last == Failure("unavailable", "no answer in 3 attempts; the last: error 2")
    assert all(isinstance(wait, float) for wait in waits)


def test_a_single_attempt_is_reported_as_one():
    assert after(transient("hm"), most=1) == [Failure("unavailable", "no answer in 1 attempt: hm")]


def test_a_wait_that_is_longer_than_the_time_left_is_not_started():
    (failure,) = after(transient("busy", retry_after=20), left=19.0)

    assert failure == Failure("unavailable", "no answer in the time that a request has: 1 attempt: busy")


def test_a_request_that_gets_nothing_but_garbled_replies_is_refused():
    *_, failure = after(*[FailedAttempt("garbled", "half")] * 3)

    assert failure == Failure("refused", "no whole reply in 3 attempts; the last: half")


def test_a_request_that_got_a_garbled_reply_among_other_faults_may_still_be_answered():
    *_, failure = after(transient(), FailedAttempt("garbled", "half"), most=2)

    assert failure.kind == "unavailable"


def test_only_garbled_replies_are_counted_where_a_request_ends_because_of_them():
    health = Health()
    health.answered()
    attempts = Attempts(2, "stage/1/1", str, health)
    errors = [
        FailedAttempt("garbled", "half"),
        FailedAttempt("transient", "busy", is_overload=True),
        FailedAttempt("garbled", "login"),
    ]

    *_, outcome = map(attempts.after, errors)

    failure = Failure("refused", "no whole reply in 2 attempts; the last: login")
    assert outcome == Outcome(failure, is_refused=True, garbled=2)


def test_an_address_that_has_never_answered_is_tried_twice():
    lost = FailedAttempt("unreached", "cannot reach nowhere:80")

    assert after(transient("late"), lost, most=8)[1] == Failure(
        "unavailable", "cannot reach nowhere:80. Is the address right, and does the server run?"
    )


def test_a_server_that_has_said_anything_is_waited_for_like_any_other():
    lost, health = FailedAttempt("unreached", "gone"), Health()
    after(FailedAttempt("transient", "busy", is_heard=True), health=health)

    assert [type(found) for found in after(lost, lost, lost, health=health)] == [float, float, Failure]


def test_secrets_are_cleaned_out_of_failure_and_log(caplog):
    caplog.set_level(logging.DEBUG)

    *_, failure = after(transient("hush"), transient("hush"), most=2, clean=lambda text: text.replace("hush", "…"))

    assert failure.message == "no answer in 2 attempts; the last: …"
    assert "hush" not in caplog.text


def test_every_attempt_that_failed_is_reported_in_the_log(caplog):
    caplog.set_level(logging.INFO)

    after(transient(), transient("busy"), transient("down"))
    after(FailedAttempt("fatal", "no key"))
    Attempts(5, "stage/1/2", str, Health()).cut_short("the session was closed")

    first, *others = [record.getMessage() for record in caplog.records]
    assert first.startswith("Attempt 1 at stage/1/1 failed (no); the next in 0.")
    assert others[1:] == [
        "Attempt 3 at stage/1/1 failed (down); it was the last.",
        "Attempt 1 at stage/1/1 failed (no key); it was the last.",
        "Attempt 1 at stage/1/2 failed (the session was closed); it was the last.",
    ]
