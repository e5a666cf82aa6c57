import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq

from selfinstruct.filters import neighborhood
from selfinstruct.filters.f_measure import encode
from selfinstruct.filters.neighborhood import Neighborhood, nearest

TEXTS = st.lists(st.integers(1, 5), max_size=8) | st.lists(st.integers(1, 30), max_size=100)


def score(one: list[int], other: list[int]) -> float:
    """The score as rouge-score computes it."""
    common = LCSseq.similarity(one, other)
    precision, recall = common / max(1, len(other)), common / max(1, len(one))
    return 2 * precision * recall / (precision + recall) if one and other and common else 0.0


def expected(texts: list[list[int]], place: int, count: int) -> neighborhood.Measured:
    scores = [score(texts[place], other) for other in texts[:place]]
    order = sorted(range(place), key=lambda other: -scores[other])[:count]
    return [(other, scores[other]) for other in order], math.fsum(scores) / place if place else None


def filled(texts: list[list[int]]) -> Neighborhood:
    neighborhood = Neighborhood()
    neighborhood.extend([encode(text) for text in texts])
    return neighborhood


@given(st.lists(TEXTS, max_size=12), st.integers(1, 14))
def test_nearest_and_mean_are_those_of_all_scores(texts: list[list[int]], count: int) -> None:
    measured = filled(texts).measure(range(len(texts)), count)

    assert measured == [expected(texts, place, count) for place in range(len(texts))]


@given(st.lists(TEXTS, min_size=2, max_size=12), st.data())
def test_texts_that_came_later_do_not_count(texts: list[list[int]], data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=4))

    assert filled(texts).measure(places, 3) == [expected(texts, place, 3) for place in places]


def test_texts_may_come_in_several_parts() -> None:
    texts = [[1, 2, 3], [], [1, 2], list(range(1, 80)), [2, 3], list(range(1, 90))]
    encoded = [encode(text) for text in texts]
    neighborhood = Neighborhood()

    for size in (0, 2, 2, 5, 6):
        neighborhood.extend(encoded[:size])
        assert neighborhood.measure(range(size), 10) == [expected(texts, place, 10) for place in range(size)]


def test_many_long_texts_are_compared_in_batches() -> None:
    texts = [[number % 7, *range(100, 165 + number % 5)] for number in range(3 * neighborhood.BATCH)]

    assert filled(texts).measure([150, 70, 191], 4) == [expected(texts, place, 4) for place in (150, 70, 191)]
    assert len(filled(texts).measure(range(len(texts)), 1)) == len(texts)


@pytest.mark.parametrize("size", [20_000, 1])
def test_a_text_may_be_very_long(size: int) -> None:
    texts = [list(range(1, 20_001)), [5, 6], list(range(1, size + 1)), list(range(9, 20_001, 2))]

    assert filled(texts).measure([2, 3], 2) == [expected(texts, 2, 2), expected(texts, 3, 2)]


def test_what_scores_nothing_fills_up_in_the_order_of_the_pool() -> None:
    assert nearest([(3, 0.5), (1, 0.5)], 4, 9) == [(1, 0.5), (3, 0.5), (0, 0.0), (2, 0.0)]
    assert nearest([(3, 0.5), (1, 0.7)], 1, 9) == [(1, 0.7)]
    assert nearest([], 3, 2) == [(0, 0.0), (1, 0.0)]
