import time
from math import inf

import pytest

from selfinstruct.budget import NOTHING, UNLIMITED, Budget, BudgetTracker, Pricing, Stop, Usage, most
from selfinstruct.request import Decoding, Request

CHEAP = Pricing(prompt=1.0, completion=2.0)


def unknown():
    return None


def request(text="x" * 20, max_tokens=10):
    decoding = Decoding(max_tokens=max_tokens)
    return Request(
        id="a/1/1", stage="a", round=1, text=text, system=None, chat=False, decoding=decoding, reply_format="whole"
    )


def limited(spent=NOTHING, seconds=0.0, **limits):
    return BudgetTracker(
        Budget(**({"requests": None, "tokens": None, "usd": None, "minutes": None} | limits)), spent, seconds
    )


def test_without_limits_everything_may_be_asked():
    assert BudgetTracker(UNLIMITED).reserve([request()] * 1000, unknown) == (1000, NOTHING)


def test_no_more_requests_than_the_budget_says_and_then_it_is_empty():
    held = limited(requests=5)

    count, reserved = held.reserve([request()] * 3, unknown)
    assert count == 3
    assert held.reserve([request()] * 3, unknown)[0] == 0
    assert held.empty is None  # the three may leave something

    held.settle(reserved, Usage(3))
    assert held.reserve([request()] * 2, unknown)[0] == 2
    held.settle(most([request()] * 2, None), Usage(2))
    assert held.reserve([request()], unknown)[0] == 0
    assert held.empty == Stop("requests", "budget: 5 of 5 requests spent; a needs budget.requests=6 to continue", "6")


def test_of_requests_that_belong_together_all_are_asked_or_none():
    held = limited(spent=Usage(4), requests=6)

    assert held.reserve([request()] * 3, unknown)[0] == 0
    assert held.empty == Stop("requests", "budget: 4 of 6 requests spent; a needs budget.requests=7 to continue", "7")


def test_as_many_are_asked_as_surely_fit_where_tokens_are_counted_and_nothing_else_is_under_way():
    held = limited(tokens=50)

    count, reserved = held.reserve([request()] * 3, unknown)
    assert (count, reserved.tokens) == (2, 40)
    assert held.reserve([request()], unknown)[0] == 0

    held.settle(reserved, Usage(2, tokens=12))
    assert held.reserve([request()], unknown)[0] == 1


def test_all_attempts_are_reserved_unless_nothing_else_is_under_way():
    held = limited(requests=10)

    count, once = held.reserve([request()] * 2, unknown, attempts=3)
    assert (count, once.requests) == (2, 2)
    assert held.reserve([request()] * 2, unknown, attempts=3)[0] == 0
    assert held.reserve([request()], unknown, attempts=3)[0] == 1

    held = limited(requests=5)
    assert held.reserve([request()] * 3, unknown, attempts=3)[0] == 3
    assert held.reserve([request()], unknown)[0] == 0  # what is left is for the second attempts of the three
    held.settle(most([request()] * 3, None), Usage(3), attempts=3)
    assert held.reserve([request()] * 2, unknown, attempts=2)[0] == 2


def test_what_was_spent_before_counts():
    held = limited(spent=Usage(4), requests=5)

    assert held.reserve([request()], unknown)[0] == 1
    assert held.reserve([request()], unknown)[0] == 0


def test_tokens_are_reserved_at_their_most_and_freed_when_they_are_known():
    held = limited(tokens=50)

    count, reserved = held.reserve([request()] * 2, unknown)
    assert (count, reserved.tokens) == (2, 40)  # ten of the prompt and ten of the reply, each
    assert held.reserve([request()], unknown)[0] == 0

    held.settle(reserved, Usage(2, tokens=12))
    assert held.reserve([request()], unknown)[0] == 1


def test_dollars_are_reserved_by_the_price():
    held = limited(usd=0.00006)

    count, reserved = held.reserve([request()] * 3, lambda: CHEAP)

    assert count == 2
    assert reserved.usd == pytest.approx(2 * (10 * 1.0 + 10 * 2.0) / 1e6)


def test_a_reply_without_a_limit_is_asked_for_alone():
    held = limited(tokens=1000)
    endless = request(max_tokens=None)

    count, reserved = held.reserve([endless] * 2, unknown)
    assert count == 2
    assert held.reserve([endless], unknown)[0] == 0

    held.settle(reserved, Usage(2, tokens=999))
    assert held.reserve([endless], unknown)[0] == 1
    held.settle(most([endless], None), Usage(1, tokens=500))
    assert held.reserve([endless], unknown)[0] == 0
    assert held.empty == Stop(
        "tokens",
        "budget: 1,499 of 1,000 tokens spent; a needs budget.tokens=1500 to continue",
        "1500",
    )


def test_time_runs_out():
    held = limited(minutes=1.0, seconds=59.99)
    assert held.reserve([request()], unknown)[0] == 1

    time.sleep(0.02)

    assert held.reserve([request()], unknown)[0] == 0
    held.settle(most([request()], None), Usage(1))
    assert held.reserve([request()], unknown)[0] == 0
    assert held.empty == Stop("minutes", "budget: the 1 min are over")


def test_every_limit_is_told_with_what_was_spent():
    held = limited(spent=Usage(2, 30.0, 0.5), requests=2, tokens=90, usd=0.75)

    held.reserve([request()], lambda: CHEAP)

    assert held.empty.limit == "requests"
    assert held.empty.reason.startswith("budget: 2 of 2 requests, 30 of 90 tokens, 0.5000 of 0.75 usd spent; a needs")


@pytest.mark.parametrize(
    ("limits", "limit", "needed"),
    [({"tokens": 19}, "tokens", "20"), ({"usd": 0.00001}, "usd", "0.0001"), ({"requests": 1}, "requests", "2")],
)
def test_a_budget_that_allows_nothing_names_the_key_and_the_least_value(limits, limit, needed):
    held = limited(**limits)

    assert held.reserve([request()] * 2, lambda: CHEAP)[0] == 0
    assert (held.empty.limit, held.empty.needed) == (limit, needed)
    larger = limited(**{limit: float(needed) if limit == "usd" else int(needed)})
    assert larger.reserve([request()] * 2, lambda: CHEAP)[0]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"requests": 22}, "30 of 22 requests spent; a needs budget.requests=31"),
        ({"usd": 0.2}, "0.5000 of 0.2 usd spent; a needs budget.usd=0.5001"),
        ({"requests": 30, "tokens": 500}, "30 of 30 requests, 300 of 500 tokens spent; a needs budget.requests=31"),
    ],
)
def test_a_limit_lower_than_what_was_spent_before_is_reported_as_such(limits, reason):
    held = limited(spent=Usage(30, 300.0, 0.5), **limits)

    held.reserve([request()], lambda: CHEAP)

    assert held.empty.reason == f"budget: {reason} to continue"


def test_what_was_spent_may_be_unknown():
    held = limited(spent=Usage(2, inf), tokens=90)

    assert held.reserve([request()], unknown)[0] == 0
    assert held.empty == Stop("tokens", "budget: an unknown part of 90 tokens spent")


def test_wide_characters_are_reserved_as_more_tokens():
    assert most([request(text="雪" * 10)], None).tokens == 15 + 10


def test_counts_that_are_unknown_are_reported_once_where_a_limit_rests_on_them(caplog):
    held = limited(tokens=1000)

    for name in ("tokens", "usd", "tokens"):
        held.report_unknown(name)

    (message,) = caplog.messages
    assert message.startswith("budget.tokens: the server does not report the tokens of its replies, so each request")
