import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfinstruct.filters.lcs_threshold import NEVER, ROW, LcsThreshold

THRESHOLDS = st.floats(0, 1, exclude_min=True) | st.sampled_from([0.5, 0.6, 0.7, 0.75, 0.8, 2 / 3, 1.0, 5e-324])
LENGTHS = st.integers(1, 120)


def score(common: int, m: int, n: int) -> float:
    """The score as rouge-score computes it."""
    precision, recall = common / n, common / m
    return 2 * precision * recall / (precision + recall) if common else 0.0


def smallest(threshold: float, m: int, n: int) -> int:
    return next((common for common in range(min(m, n) + 1) if score(common, m, n) > threshold), NEVER)


def needed(limit: LcsThreshold, m: int, n: int) -> int:
    return int(limit.needed(m, np.array([n]))[0])


@given(THRESHOLDS, LENGTHS, LENGTHS)
def test_it_is_the_smallest_common_length_whose_score_is_above_the_threshold(threshold: float, m: int, n: int) -> None:
    assert needed(LcsThreshold(threshold), m, n) == smallest(threshold, m, n)


@given(LENGTHS, LENGTHS, st.data())
def test_a_threshold_that_is_a_score_is_not_above_itself(m: int, n: int, data: st.DataObject) -> None:
    threshold = score(data.draw(st.integers(1, min(m, n))), m, n)

    assert needed(LcsThreshold(threshold), m, n) == smallest(threshold, m, n)


def test_all_short_lengths_at_the_usual_threshold() -> None:
    limit, lengths = LcsThreshold(0.7), np.arange(1, 100)

    assert all(limit.needed(m, lengths).tolist() == [smallest(0.7, m, n) for n in lengths] for m in range(1, 100))


@given(st.floats(0.01, 1), st.integers(1, 10**6), st.integers(1, 10**6))
def test_long_texts_have_a_limit_too(threshold: float, m: int, n: int) -> None:
    found = needed(LcsThreshold(threshold), m, n)

    if found == NEVER:
        assert score(min(m, n), m, n) <= threshold
    else:
        assert score(found - 1, m, n) <= threshold < score(found, m, n)


@pytest.mark.parametrize("threshold", [0.001, 0.7])
def test_rows_end_where_lengths_have_to_be_reported_apart(threshold: float) -> None:
    lengths = [1, ROW - 2, ROW - 1, ROW, ROW + 1, 3 * ROW]
    limit = LcsThreshold(threshold)

    for m in (1, 2, 500, ROW - 1, ROW, 3 * ROW):
        assert limit.needed(m, np.array(lengths)).tolist() == [smallest(threshold, m, n) for n in lengths]


@given(THRESHOLDS, LENGTHS)
def test_the_fewest_is_the_least_that_any_length_needs(threshold: float, m: int) -> None:
    assert LcsThreshold(threshold).fewest(m) == min(smallest(threshold, m, n) for n in range(1, m + 1))


def test_nothing_is_above_one() -> None:
    limit = LcsThreshold(1.0)

    assert [limit.fewest(m) for m in (0, 1, 2, 1000)] == [NEVER] * 4
    assert limit.needed(5, np.arange(1, 20)).tolist() == [NEVER] * 19


def test_a_text_without_tokens_needs_more_than_there_is() -> None:
    assert LcsThreshold(0.001).fewest(0) == NEVER
