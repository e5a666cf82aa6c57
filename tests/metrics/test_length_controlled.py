"""The rate of wins at equal length, and the reasons why some comparisons have no such rate."""

from math import exp
from random import Random

import pytest

from selfinstruct.metrics.length_controlled import at_equal_length

NEARLY_ALIKE = (
    [1, 1, 0.5, 1, 0, 0, 0.5, 0.5, 0, 1, 0, 0.5],
    [(10, 1), (12, 2), (11, 2), (10, 2), (10, 2), (10, 0), (10, 2), (11, 0), (10, 2), (10, 2), (10, 1), (11, 0)],
)
"""All differences in length are about the same, but the fit alone does not find that out."""


def drawn(count, at_equal, by_length):
    """Comparisons of a judge that follows a logistic regression on the sign of the difference in length."""
    rng = Random(0)
    wins, lengths = [], []
    for _ in range(count):
        is_longer = rng.random() < 0.5
        odds = at_equal + (by_length if is_longer else -by_length)
        wins.append(float(rng.random() < 1 / (1 + exp(-odds))))
        lengths.append((60, 20) if is_longer else (20, 60))
    return wins, lengths


def test_a_balanced_comparison_has_a_rate_of_one_half():
    rate, reason = at_equal_length([1, 0] * 10, [(10, 20), (10, 20), (20, 10), (20, 10)] * 5)

    assert rate == pytest.approx(0.5, abs=1e-6)
    assert reason == ""


def test_ties_count_as_halves():
    rate, _ = at_equal_length([0.5] * 9 + [1, 0, 0.5], [(10 + number, 15) for number in range(12)])

    assert rate == pytest.approx(0.5, abs=0.05)


def test_a_system_that_wins_by_length_alone_has_a_rate_of_one_half():
    """It wins 3 of 4 where it is longer and 1 of 4 where it is shorter, and is mostly longer."""
    longer, shorter = [(40, 10)] * 24, [(10, 40)] * 8
    wins = [1, 1, 1, 0] * 6 + [1, 0, 0, 0] * 2
    rate, _ = at_equal_length(wins, longer + shorter)

    assert sum(wins) / len(wins) == 0.625
    assert rate < 0.56


def test_a_rate_that_is_built_into_the_comparisons_is_found():
    rate, _ = at_equal_length(*drawn(4000, 1.0, 0.5))

    assert rate == pytest.approx(1 / (1 + exp(-1.0)), abs=0.02)


def test_the_rates_of_both_systems_add_up_to_1():
    wins, lengths = drawn(200, 0.5, 0.5)
    rate, _ = at_equal_length(wins, lengths)
    other, _ = at_equal_length([1 - win for win in wins], [(second, first) for first, second in lengths])

    assert rate + other == pytest.approx(1)


@pytest.mark.parametrize(
    ("wins", "lengths", "reason"),
    [
        ([1, 0] * 4 + [1], [(number, 4) for number in range(9)], "fewer than 10 comparisons"),
        ([1] * 10, [(number, 4) for number in range(10)], "all verdicts are the same"),
        ([1, 0] * 5, [(9, 4)] * 10, "all answers differ by the same number of words"),
        ([1, 0] * 5, [(1000 + number, 4) for number in range(10)], "length and verdict cannot be told apart"),
        ([1, 0] * 5, [(4, 300), (5, 300)] * 5, "length and verdict cannot be told apart"),
        (NEARLY_ALIKE[0], NEARLY_ALIKE[1], "length and verdict cannot be told apart"),
        ([1, 0] * 10, [(40, 10), (10, 40)] * 10, "length, or the system, decides every verdict"),
    ],
)
def test_a_rate_that_cannot_be_fitted_has_a_reason(wins, lengths, reason):
    assert at_equal_length(wins, lengths) == (None, reason)


def test_judges_for_whom_the_longer_answer_always_wins_leave_no_rate():
    rng = Random(1)
    lengths = [(rng.randrange(5, 100), rng.randrange(105, 200)) for _ in range(20)]
    lengths = [pair if number % 2 else pair[::-1] for number, pair in enumerate(lengths)]
    wins = [float(first > second) for first, second in lengths]

    assert at_equal_length(wins, lengths) == (None, "length, or the system, decides every verdict")
