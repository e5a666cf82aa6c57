"""Intervals of 95 %, against values that are known from elsewhere."""

from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.metrics.intervals import FEWEST, bootstrap, paired, wilson


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (50, 100, 0.4038, 0.5962),
        (1, 1, 0.2065, 1.0),
    ],
)
def test_wilsons_interval_has_the_known_values(hits, count, low, high):
    assert wilson(hits, count) == pytest.approx((low, high), abs=5e-5)


def test_no_answers_have_no_interval():
    assert wilson(0, 0) is None


@given(count=st.integers(1, 1000), share=st.floats(0, 1))
def test_wilsons_interval_contains_the_share_and_stays_within_0_and_1(count, share):
    low, high = wilson(share * count, count)

    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_the_bootstrap_is_the_same_twice_and_contains_the_mean():
    sums, counts = [3.0, 5.0, 1.0, 4.0, 6.0, 2.0], [10, 10, 10, 8, 10, 10]
    found = bootstrap(sums, counts)

    assert found == bootstrap(sums, counts)
    assert found[0] < sum(sums) / sum(counts) < found[1]


def test_the_bootstrap_is_about_as_wide_as_theory_says():
    sums = [0.0, 1.0] * 50
    low, high = bootstrap(sums, [1] * 100)

    assert (low, high) == pytest.approx((0.402, 0.598), abs=0.02)


def test_tasks_without_differences_have_an_interval_without_width():
    assert bootstrap([2.0] * 6, [4] * 6) == (0.5, 0.5)


def test_a_task_with_more_answers_weighs_more():
    low, high = bootstrap([0.0, 0.0, 0.0, 0.0, 95.0], [1, 1, 1, 1, 95])

    assert low == 0
    assert high > 0.97


def test_fewer_than_five_tasks_have_no_interval():
    assert FEWEST == 5
    assert bootstrap([1.0, 0.0, 1.0, 0.0], [9, 9, 9, 9]) is None
    assert bootstrap([1.0, 0.0, 1.0, 0.0, 1.0], [9, 9, 9, 9, 9]) is not None


def test_differences_are_resampled_task_by_task():
    differences = [0.5, -0.25, 0.5, 0.0, 1.0, 0.25, 0.0, 0.5]
    tasks = ["a", "a", "b", "b", "c", "d", "e", "e"]

    assert paired(differences, tasks) == bootstrap([0.25, 0.5, 1.0, 0.25, 0.5], [2, 2, 1, 1, 2])
    low, high = paired(differences, tasks)
    assert low < fmean(differences) < high


def test_differences_on_few_tasks_have_no_interval_however_many_they_are():
    assert paired([0.5, 1.0] * 50, ["a", "b"] * 50) is None
