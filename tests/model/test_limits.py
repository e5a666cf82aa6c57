from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.model.limits import Limits
from selfinstruct.request import Completion, Decoding, Request


def request(characters=40, max_tokens=None, system=None):
    text = "x" * characters
    return Request("s/1/1", "s", 1, text, system, True, Decoding(max_tokens=max_tokens), "yes_no")


def starts(limits, requests, rests=lambda: 0.0):
    """When each of the requests goes, in virtual time, if nobody waits longer than needed."""
    now, times = 1000.0, []
    for asked in requests:
        now += rests()
        while (seconds := limits.wait(asked, now)) > 0:
            now += seconds
        limits.take(asked, now)
        times.append(now - 1000.0)
    return times


def most_in_a_minute(times, amounts):
    return max(
        sum(amount for time, amount in zip(times, amounts, strict=True) if 0 <= time - begin < 60 - 1e-6)
        for begin in times
    )


def test_without_limits_nothing_waits():
    assert starts(Limits(None, None), [request()] * 1000) == [0.0] * 1000


@given(st.integers(1, 400), st.integers(0, 1000))
def test_no_minute_holds_more_requests_than_allowed(per_minute, seed):
    rng = Random(seed)
    times = starts(Limits(per_minute, None), [request()] * 500, lambda: rng.choice([0.0, 0.0, rng.expovariate(0.1)]))

    assert most_in_a_minute(times, [1] * 500) <= per_minute


@pytest.mark.parametrize("per_minute", [1, 5, 59, 60, 90, 500, 10_000])
def test_the_whole_limit_is_used(per_minute):
    times = starts(Limits(per_minute, None), [request()] * (3 * per_minute + 1))

    assert times[-1] == pytest.approx(180)


def test_a_minutes_share_does_not_go_out_at_once():
    times = starts(Limits(600, None), [request()] * 600)

    assert times[9] == 0
    assert times[10] == pytest.approx(1)


def test_tokens_are_estimated_from_the_prompt_and_the_most_that_the_reply_may_have():
    limits = Limits(None, 1000)

    times = starts(limits, [request(400, 100, "x" * 400)] * 5)  # 300 each

    assert times == [0, 0, 0, 60, 60]


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=60), st.integers(0, 1000))
def test_no_minute_holds_more_tokens_than_allowed(sizes, seed):
    rng = Random(seed)
    times = starts(Limits(None, 1000), [request(size) for size in sizes], lambda: rng.choice([0.0, rng.random() * 9]))

    assert most_in_a_minute(times, [size / 4 for size in sizes]) <= 1000


def test_a_request_larger_than_the_limit_waits_for_an_empty_minute_and_goes():
    times = starts(Limits(None, 1000), [request(40), request(4_000_000), request(40)])

    assert times == [0, 60, 120]


def test_what_the_reply_counted_takes_the_place_of_the_estimate():
    limits = Limits(None, 1000)
    use = limits.take(request(0, 1000), 0.0)
    assert limits.wait(request(0, 500), 1.0) == 59

    limits.correct(use, Completion("x", prompt_tokens=100, completion_tokens=300))

    assert limits.wait(request(0, 500), 1.0) == 0
    assert limits.wait(request(0, 700), 1.0) == 59


def test_a_reply_without_a_count_leaves_the_estimate():
    limits = Limits(None, 1000)
    limits.correct(limits.take(request(0, 1000), 0.0), Completion("x"))

    assert limits.wait(request(0, 500), 1.0) == 59


def test_a_reply_that_comes_after_a_minute_changes_nothing():
    limits = Limits(None, 1000)
    use = limits.take(request(0, 400), 0.0)
    limits.take(request(0, 400), 61.0)
    assert limits.wait(request(0, 600), 62.0) == 0

    limits.correct(use, Completion("x", prompt_tokens=900, completion_tokens=0))

    assert limits.wait(request(0, 600), 62.0) == 0


def test_both_limits_hold_together():
    times = starts(Limits(120, 100), [request(0, 50)] * 5)

    assert times == pytest.approx([0, 0, 60, 60, 120])
